"""The table behind the throttles."""

from django.db import models


class ThrottleWindow(models.Model):
    """How often something was tried since the window began. The key is a hash: no name or address is kept."""

    key = models.CharField(max_length=64, primary_key=True)
    hits = models.PositiveIntegerField()
    ends = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.hits} until {self.ends:%H:%M:%S}"
