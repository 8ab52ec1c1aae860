"""The base classes of the API's views that take passwords or give tokens."""

from typing import Any

from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import serializers, tokens
from accounts.authentication import TokenAuthentication
from common.api.views import ApiView


@method_decorator(sensitive_post_parameters(), name="dispatch")
class SecretView(ApiView):
    """An endpoint whose answers or bodies hold tokens or passwords: its answers are not stored by any cache."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response


class AnonymousView(SecretView):
    """An endpoint that needs no credentials.

    It ignores an `Authorization` header, because a client whose token has expired must still be able to sign in.
    """

    authentication_classes = []
    public_methods = {"POST"}

    def get_authenticate_header(self, request: Request) -> str:
        return TokenAuthentication().authenticate_header(request)

    def pair_response(self, pair: tokens.TokenPair) -> Response:
        return Response(serializers.PairSerializer({"token": pair["access"], **pair}).data)
