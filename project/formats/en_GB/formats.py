"""English with the day first, and times as in en/formats.py."""

TIME_FORMAT = "g:i A"
DATETIME_FORMAT = "j M Y, g:i A"
SHORT_DATETIME_FORMAT = "d/m/Y g:i A"
