from django.db import migrations

from common.history import HistoryTable
from common.history_triggers import keep_history


class Migration(migrations.Migration):
    """Keeps the history of accounts, rights and what signs in to an account from now on."""

    dependencies = [
        ("accounts", "0017_language_and_notices"),
        ("common", "0011_history"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
    ]

    operations = [
        keep_history(
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
            ),
            HistoryTable(
                "socialaccount_socialaccount",
                owner="user_id",
                shown=("provider", "date_joined"),
                hidden=("uid", "extra_data"),
                derived=("last_login",),
            ),
        )
    ]
