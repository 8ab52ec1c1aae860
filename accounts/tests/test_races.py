"""Simultaneous registrations with one username or one address."""

from functools import partial
from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.test import TransactionTestCase

from accounts import services
from accounts.models import User
from accounts.tests.cast import PASSWORD, call, make_user
from accounts.tests.races import at_once, statuses

PATH = "/api/rest-auth/registration/"
REQUESTS = 20


def register(username: str, email: str) -> Any:
    return call("POST", PATH, {"username": username, "email": email, "password1": PASSWORD, "password2": PASSWORD})


class SimultaneousRegistrationTests(TransactionTestCase):
    def assert_one(self, answers: list[Any], field: str) -> None:
        self.assertEqual(statuses(answers), {201: 1, 400: REQUESTS - 1})
        self.assertEqual({tuple(answer.json()) for answer in answers if answer.status_code == 400}, {(field,)})
        self.assertEqual((User.objects.count(), EmailAddress.objects.count()), (1, 1))

    def test_one_username(self) -> None:
        calls = [partial(register, "newcomer", f"n{number}@example.org") for number in range(REQUESTS)]
        self.assert_one(at_once(calls), "username")

    def test_one_username_in_two_spellings(self) -> None:
        calls = [partial(register, ("new", "NEW")[number % 2], f"n{number}@example.org") for number in range(REQUESTS)]
        self.assert_one(at_once(calls), "username")

    def test_one_address_in_two_spellings(self) -> None:
        emails = ("newcomer@example.org", "NewComer@Example.ORG")
        calls = [partial(register, f"n{number}", emails[number % 2]) for number in range(REQUESTS)]
        self.assert_one(at_once(calls), "email")

    def test_a_key_that_is_used_simultaneously_verifies_once(self) -> None:
        user = make_user("newcomer")
        key = EmailConfirmationHMAC(EmailAddress.objects.create(user=user, email=user.email, primary=True)).key
        answers = at_once([partial(call, "POST", PATH + "verify-email/", {"key": key, "password": PASSWORD})] * 4)
        self.assertEqual(statuses(answers), {200: 1, 400: 3})

    def test_violations_of_other_constraints_are_raised_unchanged(self) -> None:
        with self.assertRaisesMessage(Exception, "username_without_at"):
            services.user_register(username="a@b", email="a@example.org", password=PASSWORD)
