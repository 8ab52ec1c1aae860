"""Questions that residents ask, with answers, votes, and the ranking computed from them."""
