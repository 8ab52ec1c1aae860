"""The tables whose history is kept: accounts, rights and what signs in to an account."""

from django.utils.translation import gettext_lazy as _

from common.history import HistoryTable

TABLES = (
    HistoryTable(
        "accounts_user",
        shown=(
            "is_superuser",
            "is_staff",
            "is_active",
            "date_joined",
            "language",
            "wants_notices",
            "closed_at",
            "unconfirmed_since",
        ),
        hidden=("password", "username", "email", "name", "phone", "address", "remarks", "session_salt"),
        derived=("username_skeleton", "last_login"),
        labels={"session_salt": _("key of the sessions")},
    ),
    HistoryTable("accounts_user_groups", owner="user_id", shown=("group_id",)),
    HistoryTable("accounts_user_user_permissions", owner="user_id", shown=("permission_id",)),
    HistoryTable("auth_group", shown=("name",)),
    HistoryTable("auth_group_permissions", owner="group_id", shown=("permission_id",)),
    HistoryTable("account_emailaddress", owner="user_id", shown=("verified", "primary"), hidden=("email",)),
    HistoryTable(
        "accounts_onetimecode",
        primary_key="user_id",
        owner="user_id",
        shown=("expires_at", "created_by_id", "is_for_rights"),
        hidden=("code_hash",),
    ),
    HistoryTable(
        "mfa_authenticator",
        owner="user_id",
        shown=("type", "created_at"),
        hidden=("data",),
        derived=("last_used_at",),
        title=_("second factor"),
        labels={"type": _("kind"), "created_at": _("created"), "data": _("secret")},
    ),
    HistoryTable(
        "socialaccount_socialaccount",
        owner="user_id",
        shown=("provider", "date_joined"),
        hidden=("uid", "extra_data"),
        derived=("last_login",),
        title=_("account at the identity provider"),
        labels={"uid": _("number there"), "date_joined": _("linked"), "extra_data": _("what the provider tells")},
    ),
)
# Without a history: refresh tokens, sessions and what guards signing in, which have a log of their own
OTHERS = (
    "accounts_issuedrefreshtoken",
    "accounts_usedrefreshtoken",
    "accounts_usedappcode",
    "accounts_knownbrowser",
    "accounts_knownaddress",
    "accounts_wrongpasswordstreak",
)
