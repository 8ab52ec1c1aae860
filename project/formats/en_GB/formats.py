"""English with the day first, and times as in en/formats.py."""

TIME_FORMAT = "g:i\xa0A"
DATETIME_FORMAT = "j M Y, g:i\xa0A"
SHORT_DATETIME_FORMAT = "d/m/Y g:i\xa0A"
