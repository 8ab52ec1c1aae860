"""English as in the United States. A time ends with AM or PM: "a.m." would end a sentence with two periods."""

TIME_FORMAT = "g:i A"
DATETIME_FORMAT = "N j, Y, g:i A"
SHORT_DATETIME_FORMAT = "m/d/Y g:i A"
