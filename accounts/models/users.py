"""Accounts."""

import unicodedata
from functools import cache
from typing import Any, Self, TypeVar

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models.functions import Lower
from django.shortcuts import get_object_or_404
from django.utils.crypto import get_random_string, salted_hmac
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.names import SkeletonField, check_one_script, skeleton
from common.fields import EmailLineField, LineField, LongTextField, PhoneField
from common.history import history_redact
from common.search import filter_by_search_index, first_ids, search_index

USERNAME_PATTERN = r"^[\w.+-]+\Z"
USERNAME_HINT = _("Letters, digits and . + - _ only.")
PHONE_PATTERN = r"^\+?[0-9]{1,15}\Z"
OLD_ALGORITHM = "pbkdf2_sha256"  # of the hashes from before Argon2id was used
SESSION_SALT_LENGTH = 22
LOOKS_LIKE_ANOTHER = _("This username looks like that of another account.")
PERSONAL_FIELDS = ("email", "name", "phone", "address", "remarks")
SEARCH_COLUMNS = ("username", "name", "email")
# The apps whose rows belong to an account itself: its addresses, tokens, sessions, factors and links to providers.
SIGN_IN_APPS = {"accounts", "account", "mfa", "socialaccount", "usersessions"}


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

    def never_confirmed(self) -> "UserQuerySet":
        """Returns the accounts that residents registered themselves and that have never confirmed an address."""
        confirmed = EmailAddress.objects.filter(user=models.OuterRef("pk"), verified=True)
        return self.filter(~models.Exists(confirmed), unconfirmed_since__isnull=False)

    def without_history(self) -> "UserQuerySet":
        """Returns the accounts without rights to which no row of any service refers.

        The rows are found by the foreign keys of all models, because this app does not know the apps above it. Rows
        that only serve to sign in do not count.
        """
        accounts = self.filter(is_staff=False, is_superuser=False, groups=None, user_permissions=None)
        for relation in self.model._meta.get_fields(include_hidden=True):
            if isinstance(relation, models.ManyToOneRel) and relation.related_model._meta.app_label not in SIGN_IN_APPS:
                rows = relation.related_model._base_manager.filter(**{relation.field.name: models.OuterRef("pk")})
                accounts = accounts.exclude(models.Exists(rows))
        return accounts

    def who_get_notices(self) -> "UserQuerySet":
        """Returns the active accounts with an address whose residents have not turned notices off."""
        return self.filter(is_active=True, wants_notices=True).exclude(email="")

    def with_old_hash(self) -> "UserQuerySet":
        """Returns the accounts whose password was set, and not entered again, before Argon2id was used."""
        return self.filter(password__startswith=f"{OLD_ALGORITHM}$")

    def visible_to(self, user: "User", permission: str = "accounts.view_user") -> "UserQuerySet":
        """Returns all accounts if `user` has the permission, otherwise only the user's own."""
        return self if user.has_perm(permission) else self.filter(pk=user.pk)

    def that_look_like(self, username: str) -> "UserQuerySet":
        """Returns the account whose username looks like another one, or is the same."""
        return self.filter(username_skeleton=skeleton(username))


# django-stubs knows no base class that a call returns, nor that Django's own `objects` may be replaced.
class Manager(UserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Django's manager of users, with the methods of UserQuerySet."""

    use_in_migrations = False

    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **fields: Any
    ) -> "User":
        """Creates a superuser. Raises ValidationError, whose message `createsuperuser` prints, for a lookalike."""
        if self.get_queryset().that_look_like(username).exists():
            raise ValidationError({"username": LOOKS_LIKE_ANOTHER})
        user: User = super().create_superuser(username, email, password, **fields)
        return user

    def lock(self, user: "User") -> "User":
        """Locks an account until the end of the transaction, and returns it as it is now. Raises Http404 if it is gone.

        FOR UPDATE also waits for, and keeps out, new rows that refer to the account: a group, a permission, an officer.
        """
        locked: User = get_object_or_404(self.select_for_update(), pk=user.pk)
        return locked


class User(AbstractUser):
    """A person's account for all services of the town hall."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    username = LineField(
        _("username"),
        max_length=150,
        unique=True,
        validators=[RegexValidator(USERNAME_PATTERN, USERNAME_HINT), check_one_script],
        error_messages={"unique": _("A user with that username already exists.")},
    )
    username_skeleton = SkeletonField(max_length=600, null=True, editable=False)
    email = EmailLineField(_("email address"), blank=True)
    name = LineField(_("name"), max_length=150, blank=True)
    is_staff = models.BooleanField(
        _("staff status"),
        default=False,
        help_text=_("Designates whether the user can log into this admin site."),
    )
    phone = PhoneField(
        _("phone"),
        max_length=16,
        blank=True,
        validators=[RegexValidator(PHONE_PATTERN, _("At most 15 digits, with or without a leading +."))],
    )
    address = LineField(_("address"), max_length=500, blank=True)
    # The language of emails that are not the answer to a request. Residents choose it at the foot of each page.
    language = models.CharField(
        _("language"),
        max_length=10,
        choices=settings.LANGUAGES,
        default=settings.LANGUAGE_CODE,
        db_default=settings.LANGUAGE_CODE,
    )
    wants_notices = models.BooleanField(_("notices of the library"), default=True, db_default=True)
    remarks = LongTextField(_("remarks"), blank=True, help_text=_("Only staff see this."))
    closed_at = models.DateTimeField(_("closed"), null=True, editable=False)
    # When the resident registered the account, until an address is confirmed. Null for accounts that staff made.
    unconfirmed_since = models.DateTimeField(_("unconfirmed since"), null=True, blank=True, editable=False)
    # Part of the session hash. A new one ends all sessions and tokens for good, as a new password does.
    session_salt = models.CharField(max_length=SESSION_SALT_LENGTH, default="", db_default="", editable=False)

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
            models.UniqueConstraint(
                fields=["username_skeleton"],
                name="username_skeleton_unique",
                violation_error_message=LOOKS_LIKE_ANOTHER,
            ),
            models.CheckConstraint(condition=~models.Q(username__contains="@"), name="username_without_at"),
            models.CheckConstraint(
                condition=models.Q(closed_at=None)
                | models.Q(is_active=False, is_staff=False, is_superuser=False, **dict.fromkeys(PERSONAL_FIELDS, "")),
                name="closed_account_is_empty",
                violation_error_message=_("This account is closed."),
            ),
            models.CheckConstraint(
                condition=models.Q(phone="") | models.Q(phone__regex=r"^\+?[0-9]{1,15}$"), name="phone_is_digits"
            ),
        ]
        indexes = [
            search_index(*SEARCH_COLUMNS, name="user_words"),
            models.Index(fields=["date_joined"], name="user_by_date"),
            models.Index(fields=["id"], condition=models.Q(is_staff=True), name="user_staff"),
            models.Index(
                fields=["id"], condition=models.Q(password__startswith=f"{OLD_ALGORITHM}$"), name="user_old_hash"
            ),
            models.Index(
                fields=["unconfirmed_since"],
                condition=models.Q(unconfirmed_since__isnull=False),
                name="user_unconfirmed",
            ),
        ]

    def __str__(self) -> str:
        """Returns what staff see: the name, by which they know a resident, and the username."""
        return f"{self.name} ({self.username})" if self.name else self.username

    def delete(self, *arguments: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Deletes the account, and the values in its history."""
        key = self.pk
        with transaction.atomic():
            deleted = super().delete(*arguments, **options)
            history_redact(table=self._meta.db_table, key=key)
        return deleted

    @property
    def public_name(self) -> str:
        """The name that other residents see."""
        return self.name or gettext("Resident %(number)s") % {"number": self.pk}

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name or self.username

    def check_password(self, raw_password: str | None) -> bool:
        """Returns whether this is the password. Unlike Django's method it never stores a new hash.

        A new hash ends the session in which a password is only asked for again. `PasswordBackend` renews old hashes.
        """
        return check_password(raw_password, self.password)

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """Returns what sessions and tokens were made for. It is Django's own hash while `session_salt` is empty."""
        key_salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
        value = self.password + self.session_salt
        return salted_hmac(key_salt, value, secret=secret, algorithm="sha256").hexdigest()

    def has_rights(self) -> bool:
        """Returns whether the account is more than a resident's.

        It is if it belongs to staff or a superuser, is in a group or has a permission, or if a row that `gives_rights`
        refers to it, such as an officer. Only an answer that was read while `User.objects.lock` holds the account
        stays true until the end of the transaction.
        """
        return (
            self.is_staff
            or self.is_superuser
            or self.groups.exists()
            or self.user_permissions.exists()
            or any(
                relation.related_model._base_manager.filter(user=self).exists() for relation in relations_with_rights()
            )
        )

    def has_factor(self) -> bool:
        """Returns whether signing in needs a second factor. Recovery codes only stand in for an app or a passkey."""
        types = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
        return bool(Authenticator.objects.filter(user=self, type__in=types).exists())

    def has_verified_email(self) -> bool:
        """Returns whether the current email address of the account is verified."""
        return bool(self.email) and self.has_verified(self.email)

    def has_verified(self, email: str) -> bool:
        """Returns whether `email` is the current address of the account, in upper or lower case, and is verified."""
        addresses = EmailAddress.objects.filter(user=self, verified=True).alias(lowered=Lower("email"))
        current = addresses.filter(lowered=Lower(models.Value(self.email)))
        return bool(current.filter(lowered=Lower(models.Value(email))).exists())


@cache
def relations_with_rights() -> list[Any]:
    """Returns the relations to accounts from models that set `gives_rights`. Apps above this one have such models."""
    return [one for one in User._meta.related_objects if getattr(one.related_model, "gives_rights", False)]


class ByUserQuerySet(models.QuerySet[Row]):
    """Rows that belong to a user."""

    def search_by_user(self, text: str) -> Self:
        """Returns the rows of users whom `UserQuerySet.search` finds."""
        return self.filter(user__in=first_ids(User.objects.search(text)))


def new_session_salt() -> str:
    return get_random_string(SESSION_SALT_LENGTH)
