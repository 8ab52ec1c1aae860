"""Scores: what a client sends in is turned into a score, and the best stand on a leaderboard."""
