"""What is promised about accounts."""

from common.promises import Promise, rows_of, unique

CLOSED = """
    SELECT 'accounts_user ' || closed.id AS row, is_active, is_staff, is_superuser,
        email <> '' OR name <> '' OR phone <> '' OR address <> '' OR remarks <> '' AS has_personal_data,
        EXISTS (SELECT FROM accounts_issuedrefreshtoken token WHERE token.user_id = closed.id) AS has_tokens,
        EXISTS (SELECT FROM account_emailaddress address WHERE address.user_id = closed.id) AS has_addresses,
        EXISTS (SELECT FROM accounts_user_groups member WHERE member.user_id = closed.id) AS has_groups
    FROM accounts_user closed WHERE closed_at IS NOT NULL
"""

PROMISES = (
    unique("unique_usernames", "A username belongs to one account, in any case.", "accounts_user", "lower(username)"),
    unique(
        "unique_lookalikes",
        "No username looks like another one.",
        "accounts_user",
        "username_skeleton",
        where="username_skeleton IS NOT NULL",
    ),
    unique(
        "unique_emails",
        "An email address belongs to one account, in any case.",
        "accounts_user",
        "lower(email)",
        where="email <> ''",
    ),
    Promise(
        "closed_accounts",
        "A closed account is empty, and nothing signs in to it.",
        rows_of(
            f"SELECT * FROM ({CLOSED}) found WHERE is_active OR is_staff OR is_superuser OR has_personal_data"  # noqa: S608
            " OR has_tokens OR has_addresses OR has_groups"
        ),
    ),
)
