"""Mail on the console, for laptops. It goes to stderr, because stdout is the server's log, which must hold no keys."""

import sys
from typing import Any

from django.core.mail.backends import console


class EmailBackend(console.EmailBackend):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{"stream": sys.stderr, **options})
