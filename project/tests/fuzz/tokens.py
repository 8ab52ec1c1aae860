"""Access tokens for runs that take longer than a token lives."""

from datetime import timedelta

from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from accounts.tests.cast import access_token

LONGEST_RUN = timedelta(days=1)


def long_access_token(user: User) -> str:
    """Returns an access token that is accepted until the end of a run. Otherwise, the later calls would all get 401."""
    token = AccessToken(access_token(user))  # type: ignore[arg-type]  # the stubs ask for a token
    token.set_exp(lifetime=LONGEST_RUN)
    return str(token)
