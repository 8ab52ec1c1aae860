"""Questions to the town, answers, votes, and the ranking that follows from them."""
