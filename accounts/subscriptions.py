"""The choice of residents to get notices by email, and the link in each notice that turns them off.

Emails about the safety of an account are sent in any case. The link is signed and does not expire. It works without
signing in, and does nothing else (RFC 8058).
"""

from datetime import datetime

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from accounts.models import User
from accounts.services import account_change

signer = Signer(salt="accounts.subscriptions")


def notices_choose(*, user: User, wanted: bool, at: datetime) -> User:
    """Turns the notices of a resident on or off. Raises PermissionDenied if the account is closed."""
    return account_change(user=user, by=user, changes={"wants_notices": wanted}, at=at)


def unsubscribe_link(user: User) -> str:
    return settings.SITE_URL + reverse("unsubscribe", args=[signer.sign(str(user.pk))])


def unsubscribe_headers(link: str) -> dict[str, str]:
    """Returns the headers with which mail programs show a button that turns the notices off."""
    return {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def subscriber_of(token: str) -> User | None:
    """Returns the open account of a link. Returns None for another link, and for an account that is closed or gone."""
    try:
        user_id = int(signer.unsign(token))
    except (BadSignature, ValueError):
        return None
    user: User | None = User.objects.filter(pk=user_id, closed_at=None).first()
    return user
