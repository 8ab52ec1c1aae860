"""Scores: a submitted number becomes a score, and the best scores are shown on a leaderboard."""
