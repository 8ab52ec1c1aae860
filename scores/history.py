"""The tables whose history is kept: scores."""

from common.history import HistoryTable

TABLES = (HistoryTable("scores_score", shown=("user_id", "score", "date_submitted", "verified")),)
# Without a history: computed from scores
OTHERS = ("scores_personalbest",)
