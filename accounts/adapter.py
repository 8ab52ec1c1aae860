"""What allauth asks of us."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from common.throttling import client_address


class Adapter(DefaultAccountAdapter):
    def get_client_ip(self, request: HttpRequest) -> str:
        """As our throttles count it: allauth's own fails where X-Forwarded-For is shorter than it should be."""
        return client_address(request)
