"""Who makes a request: its address, and the kind of program, in words that the sender cannot choose."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from common.throttling import client_address

UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104  what a proxy passed on was no address
MAX_USER_AGENT_LENGTH = 200
# In this order, because Edge and Opera also name Chrome, and Chrome also names Safari.
BROWSERS = {
    r"Edg(e|A|iOS)?/": "Edge",
    r"OPR/": "Opera",
    r"(Firefox|FxiOS)/": "Firefox",
    r"(Chrome|CriOS)/": "Chrome",
    r"Safari/": "Safari",
}
SYSTEMS = {
    r"Android": "Android",
    r"iPhone|iPad": "iOS",
    r"Windows": "Windows",
    r"Macintosh": "macOS",
    r"CrOS": "ChromeOS",
    r"Linux": "Linux",
}


@dataclass(frozen=True)
class Client:
    """The address of a client, and its User-Agent header."""

    address: str
    user_agent: str

    @property
    def name(self) -> str:
        return client_name(self.user_agent)


def client_of(request: Any) -> Client:
    return Client(
        valid_address(client_address(request)), request.META.get("HTTP_USER_AGENT", "")[:MAX_USER_AGENT_LENGTH]
    )


def valid_address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return UNKNOWN_ADDRESS


def client_name(user_agent: str) -> str:
    """Returns words such as "Firefox on Linux". They never quote the header, because its sender writes it."""
    browser = first_match(BROWSERS, user_agent)
    system = first_match(SYSTEMS, user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or _("a program")


def first_match(names: dict[str, str], user_agent: str) -> str | None:
    return next((name for pattern, name in names.items() if re.search(pattern, user_agent)), None)
