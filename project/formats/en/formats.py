"""English as in the United States. A time ends with AM or PM, on the same line: "a.m." would end a sentence with two
periods."""

TIME_FORMAT = "g:i\xa0A"
DATETIME_FORMAT = "N j, Y, g:i\xa0A"
SHORT_DATETIME_FORMAT = "m/d/Y g:i\xa0A"
