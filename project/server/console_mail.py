"""Mail on the console, for a laptop: on stderr, since stdout is the server's log, in which no key of a mail belongs."""

import sys
from typing import Any

from django.core.mail.backends import console


class EmailBackend(console.EmailBackend):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{"stream": sys.stderr, **options})
