"""Figures about accounts for the dashboard of staff."""

from datetime import UTC, datetime, timedelta

from django.test import TestCase

from accounts.figures import accounts
from accounts.tests.cast import make_user
from common.tests.figures import figures_of

AT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)  # a Wednesday
MONDAY, NEXT = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC)


class AccountFiguresTests(TestCase):
    def test_accounts_of_this_week(self) -> None:
        instant = timedelta(microseconds=1)
        for number, joined in enumerate((MONDAY - instant, MONDAY, NEXT - instant, NEXT)):
            make_user(f"resident{number}", date_joined=joined)
        self.assertEqual(figures_of(accounts(at=AT)), {"New this week": 2})
