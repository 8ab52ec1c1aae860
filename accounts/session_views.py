"""The API of sessions: where somebody is signed in."""

from typing import Any
from uuid import UUID

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import sessions
from accounts.authentication import current_user
from accounts.session_serializers import SignInsSerializer
from accounts.tokens import FAMILY_CLAIM
from common.api.schema import documented
from common.api.views import ApiView


def current_sign_in(request: Request) -> str | UUID | None:
    """Returns what `sessions.sign_ins` needs to know the caller's own sign-in."""
    if request.auth is None:
        return request._request.session.session_key
    token: Any = request.auth
    family = token.get(FAMILY_CLAIM)
    return UUID(family) if family else None


class SignInsView(ApiView):
    @documented(
        summary="Where I am signed in",
        answers={200: SignInsSerializer},
        errors=(401,),
        description="Sessions of browsers and refresh tokens of programs, the one used last first. `since` and the "
        "others are null where they were not recorded.",
    )
    def get(self, request: Request) -> Response:
        found = sessions.sign_ins(current_user(request), at=self.at, current=current_sign_in(request))
        return Response(SignInsSerializer({"results": found}).data)

    @documented(
        summary="Sign out everywhere else",
        answers={204: None},
        errors=(401,),
        description="Ends all sessions and refresh tokens except the caller's own.",
    )
    def delete(self, request: Request) -> Response:
        sessions.other_sign_ins_end(user=current_user(request), at=self.at, current=current_sign_in(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class SignInView(ApiView):
    @documented(
        summary="End a session",
        answers={204: None},
        errors=(401, 404),
        description="The session or refresh token stops working at once.",
    )
    def delete(self, request: Request, sign_in_id: str) -> Response:
        sessions.sign_in_end(user=current_user(request), sign_in_id=sign_in_id, at=self.at)
        return Response(status=status.HTTP_204_NO_CONTENT)
