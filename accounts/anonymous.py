"""The base classes of the API's views that take passwords or give tokens."""

from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import token_serializers, tokens
from accounts.authentication import TokenAuthentication
from common.api.views import ApiView


@method_decorator(sensitive_post_parameters(), name="dispatch")
class SecretView(ApiView):
    """An endpoint whose bodies hold passwords, which an error report must not show."""


class AnonymousView(SecretView):
    """An endpoint that needs no credentials.

    It ignores an `Authorization` header, because a client whose token has expired must still be able to sign in.
    """

    authentication_classes = []
    public_methods = {"POST"}

    def get_authenticate_header(self, request: Request) -> str:
        return TokenAuthentication().authenticate_header(request)

    def pair_response(self, pair: tokens.TokenPair) -> Response:
        return Response(token_serializers.PairSerializer({"token": pair["access"], **pair}).data)
