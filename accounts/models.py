"""Accounts, and the refresh tokens that may still be used."""

import unicodedata
import uuid
from typing import Self, TypeVar

from allauth.account.models import EmailAddress
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.search import filter_by_search_index, first_ids, search_index

USERNAME_PATTERN = r"^[\w.+-]+\Z"
USERNAME_HINT = _("Letters, digits and . + - _ only.")
PHONE_PATTERN = r"^\+?[0-9]{1,15}\Z"
SEARCH_COLUMNS = ("username", "name", "email")


def canonical_name(name: str) -> str:
    """Returns the same text for all spellings of a username or email address that `by_name` treats as one.

    Throttles count attempts by it. PostgreSQL lowers the dotted capital İ to i, but Python does not.
    """
    return unicodedata.normalize("NFKC", name).replace("İ", "i").casefold()


Row = TypeVar("Row", bound=models.Model, covariant=True)


class UserQuerySet(models.QuerySet["User"]):
    def by_name(self, name: str) -> "UserQuerySet":
        """Returns the account with this username or email address, in upper or lower case.

        A username never contains `@`.
        """
        if "@" in name:
            return self.alias(lowered=Lower("email")).filter(lowered=Lower(models.Value(name)))
        return self.alias(lowered=Lower("username")).filter(lowered=Lower(models.Value(User.normalize_username(name))))

    def search(self, text: str) -> "UserQuerySet":
        """Returns the accounts that have, for each word of `text`, a word that begins with it.

        Searches usernames, names and email addresses.
        """
        return filter_by_search_index(self, text, *SEARCH_COLUMNS)

    def visible_to(self, user: "User", permission: str = "accounts.view_user") -> "UserQuerySet":
        """Returns all accounts if `user` has the permission, otherwise only the user's own."""
        return self if user.has_perm(permission) else self.filter(pk=user.pk)


# django-stubs knows no base class that a call returns, nor that Django's own `objects` may be replaced.
class Manager(UserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Django's manager of users, with the methods of UserQuerySet."""

    use_in_migrations = False


class User(AbstractUser):
    """A person's account for all services of the town hall."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    username = models.CharField(
        _("username"),
        max_length=150,
        unique=True,
        validators=[RegexValidator(USERNAME_PATTERN, USERNAME_HINT)],
        error_messages={"unique": _("A user with that username already exists.")},
    )
    email = models.EmailField(_("email address"), blank=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    phone = models.CharField(
        _("phone"),
        max_length=16,
        blank=True,
        validators=[RegexValidator(PHONE_PATTERN, _("At most 15 digits, with or without a leading +."))],
    )
    address = models.CharField(_("address"), max_length=500, blank=True)
    remarks = models.TextField(_("remarks"), blank=True, help_text=_("Only staff see this."))

    objects = Manager()  # type: ignore[misc]

    class Meta:
        verbose_name, verbose_name_plural = _("user"), _("users")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                Lower("username"), name="username_unique", violation_error_message=_("This username is taken.")
            ),
            models.UniqueConstraint(
                Lower("email"),
                condition=~models.Q(email=""),
                name="email_unique",
                violation_error_message=_("This email address is taken."),
            ),
            models.CheckConstraint(condition=~models.Q(username__contains="@"), name="username_without_at"),
            models.CheckConstraint(
                condition=models.Q(phone="") | models.Q(phone__regex=r"^\+?[0-9]{1,15}$"), name="phone_is_digits"
            ),
        ]
        indexes = [
            search_index(*SEARCH_COLUMNS, name="user_words"),
            models.Index(fields=["date_joined"], name="user_by_date"),
            models.Index(fields=["id"], condition=models.Q(is_staff=True), name="user_staff"),
        ]

    def __str__(self) -> str:
        return self.username

    @property
    def public_name(self) -> str:
        """The name that other residents see."""
        return self.name or gettext("Resident %(number)s") % {"number": self.pk}

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name or self.username

    def has_rights(self) -> bool:
        """Returns whether the account is more than a resident's: staff, superuser, in a group or with a permission."""
        return self.is_staff or self.is_superuser or self.groups.exists() or self.user_permissions.exists()

    def has_verified_email(self) -> bool:
        """Returns whether the current email address of the account is verified."""
        return bool(self.email) and self.has_verified(self.email)

    def has_verified(self, email: str) -> bool:
        """Returns whether `email` is the current address of the account, in upper or lower case, and is verified."""
        addresses = EmailAddress.objects.filter(user=self, verified=True).alias(lowered=Lower("email"))
        current = addresses.filter(lowered=Lower(models.Value(self.email)))
        return bool(current.filter(lowered=Lower(models.Value(email))).exists())


class ByUserQuerySet(models.QuerySet[Row]):
    """Rows that belong to a user."""

    def search_by_user(self, text: str) -> Self:
        """Returns the rows of users whom `UserQuerySet.search` finds."""
        return self.filter(user__in=first_ids(User.objects.search(text)))


class IssuedRefreshToken(models.Model):
    """A refresh token that may still be used.

    Only its id is stored, which is useless without the signing key. Using a token deletes its row, so that only one of
    several simultaneous refreshes succeeds.
    """

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(User, verbose_name=_("user"), on_delete=models.CASCADE, related_name="refresh_tokens")
    expires = models.DateTimeField(_("expires"))

    class Meta:
        verbose_name, verbose_name_plural = _("refresh token"), _("refresh tokens")
        indexes = [models.Index(fields=["user", "expires"], name="refresh_token_by_user")]

    def __str__(self) -> str:
        return f"of user {self.user_id} until {self.expires:%Y-%m-%d %H:%M}"
