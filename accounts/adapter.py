"""Adapts allauth to this project."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from common.throttling import client_address


class Adapter(DefaultAccountAdapter):
    def get_client_ip(self, request: HttpRequest) -> str:
        """Returns the address that our throttles count.

        allauth's own method raises an error if X-Forwarded-For has fewer entries than there are trusted proxies.
        """
        return client_address(request)
