"""What accounts sign in with, and what keeps others from it."""

import uuid

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.users import User


class IssuedRefreshToken(models.Model):
    """A refresh token that may still be used.

    Only its id is stored, which is useless without the signing key. Using a token deletes its row, so that only one of
    several simultaneous refreshes succeeds.

    The tokens that follow from one sign-in are a family, which has one row as long as it lives: without a row, its
    access tokens are refused too.
    """

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(User, verbose_name=_("user"), on_delete=models.CASCADE, related_name="refresh_tokens")
    expires = models.DateTimeField(_("expires"))
    family = models.UUIDField(_("family"), default=uuid.uuid4, db_default=RandomUUID(), editable=False)
    # Null in rows of the release that did not record them.
    created_at = models.DateTimeField(_("since"), null=True)  # of the sign-in that the token follows from
    last_used_at = models.DateTimeField(_("last used"), null=True)
    address = models.GenericIPAddressField(_("address"), null=True)
    user_agent = models.CharField(max_length=200, null=True)  # noqa: DJ001

    class Meta:
        verbose_name, verbose_name_plural = _("refresh token"), _("refresh tokens")
        indexes = [
            models.Index(fields=["user", "expires"], name="refresh_token_by_user"),
            models.Index(fields=["family"], name="refresh_token_by_family"),
            models.Index(fields=["expires"], name="refresh_token_by_expiry"),
        ]

    def __str__(self) -> str:
        return f"of user {self.user_id} until {self.expires:%Y-%m-%d %H:%M}"


class UsedAppCode(models.Model):
    """The time step of the last code of an authenticator app that a user has used. Each code works once."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="+")
    step = models.BigIntegerField()

    def __str__(self) -> str:
        return f"of user {self.user_id}: {self.step}"


class KnownBrowser(models.Model):
    """A browser or program with which a user has signed in. The key is a hash of its cookie, or of its User-Agent."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="known_browsers")
    key = models.CharField(max_length=64)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="known_browser_unique")]

    def __str__(self) -> str:
        return f"of user {self.user_id} on {self.seen_at:%Y-%m-%d}"


class UsedRefreshToken(models.Model):
    """A refresh token that was used before it expired. If it comes again, it was stolen, or its successor was."""

    id = models.UUIDField(primary_key=True)
    family = models.UUIDField()
    used_at = models.DateTimeField()
    expires = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"used {self.used_at:%Y-%m-%d %H:%M}"


class WrongPasswordStreak(models.Model):
    """Wrong passwords in a row for one name, known or not, from any address. The key is a hash of the name."""

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField()
    waits_until = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.failures} until {self.failed_at:%Y-%m-%d %H:%M}"


class KnownAddress(models.Model):
    """An address from which somebody signed in to a name. The key is a hash of both, so that neither is stored."""

    key = models.CharField(max_length=64, primary_key=True)
    expires = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"until {self.expires:%Y-%m-%d}"


class OneTimeCode(models.Model):
    """A code that staff print for a resident who lost the password. It lets the resident choose a new one, once.

    Only a keyed hash is stored, which is useless without SECRET_KEY. A new code replaces the one before.
    """

    user = models.OneToOneField(
        User, verbose_name=_("user"), on_delete=models.CASCADE, primary_key=True, related_name="one_time_code"
    )
    code_hash = models.CharField(_("code"), max_length=64)
    expires_at = models.DateTimeField(_("expires"))
    created_by = models.ForeignKey(
        User, verbose_name=_("created by"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    # Whether it still works after the account was given rights: only a superuser's code does.
    is_for_rights = models.BooleanField(_("also with rights"), default=False)

    class Meta:
        verbose_name, verbose_name_plural = _("one-time code"), _("one-time codes")

    def __str__(self) -> str:
        return f"for user {self.user_id} until {self.expires_at:%Y-%m-%d %H:%M}"
