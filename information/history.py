"""The tables whose history is kept: the pages of information."""

from common.history import HistoryTable

TABLES = (
    HistoryTable(
        "information_informationpage", primary_key="slug", shown=("text_en", "text_es"), derived=("updated_at",)
    ),
)
