"""Which passwords are refused, at every door that sets one."""

from typing import Any
from unittest import mock

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client, SimpleTestCase
from zxcvbn import zxcvbn

from accounts import passwords
from accounts.models import User
from accounts.tests.cast import PASSWORD, enter_sudo
from accounts.tests.hostile import HostileTestCase

GUESSABLE = ("aB3$x", "short-9Zq", "password123", "qwertyuiop12", "aaaaaaaaaaaa", "abcdefghijkl", "monkeymonkey")
STRONG = (
    "correct-horse-7",
    "quiet river 42 stones",
    "Zq8vK2mPx4",
    "\u00e1rbol-nube-lago-9",
    "correct-horse-" * 8,
)


class RuleTests(SimpleTestCase):
    def is_refused(self, password: str, **fields: str) -> bool:
        try:
            validate_password(password, User(**fields))
        except ValidationError:
            return True
        return False

    def test_short_common_and_guessable_passwords_are_refused(self) -> None:
        self.assertEqual([password for password in GUESSABLE if not self.is_refused(password)], [])

    def test_others_are_accepted(self) -> None:
        self.assertEqual([password for password in STRONG if self.is_refused(password)], [])

    def test_what_consists_of_the_persons_own_words_is_refused(self) -> None:
        fields = {"username": "quibblewick", "email": "zorpandra@example.org", "name": "Threnody Vlax"}
        for password in ("kciwelbbiuq-1", "Zorpandra1234", "threnodyvlax12", "quibblewickzorpandra"):
            with self.subTest(password=password):
                self.assertTrue(self.is_refused(password, **fields))
        self.assertFalse(self.is_refused("threnody-under-glass-7", username="another"))

    def test_a_long_password_does_not_take_long(self) -> None:
        with mock.patch.object(passwords, "zxcvbn", side_effect=zxcvbn) as estimate:
            self.is_refused("correct-horse-" * 9)
        self.assertEqual(len(estimate.call_args.args[0]), 72)

    def test_one_check_runs_at_a_time(self) -> None:
        """zxcvbn keeps the words of the person in a global variable."""

        def estimate(*args: Any, **kwargs: Any) -> dict[str, int]:
            self.assertTrue(passwords.lock.locked())
            return {"score": 4}

        with mock.patch.object(passwords, "zxcvbn", estimate):
            self.assertFalse(self.is_refused("correct-horse-7"))


class DoorTests(HostileTestCase):
    GUESSABLE = "password123"

    def assert_kept(self) -> None:
        self.assertTrue(User.objects.get(pk=self.reader.pk).check_password(PASSWORD))

    def test_every_door_refuses_a_guessable_password(self) -> None:
        new = {"new_password1": self.GUESSABLE, "new_password2": self.GUESSABLE}
        link = {"uid": user_pk_to_url_str(self.reader), "token": default_token_generator.make_token(self.reader)}
        registration = {"username": "x", "email": "x@example.org"}
        registration |= {"password1": self.GUESSABLE, "password2": self.GUESSABLE}
        own = {"old_password": PASSWORD, **new}
        for path, body, by in (
            ("/api/rest-auth/registration/", registration, None),
            ("/api/rest-auth/password/change/", own, self.reader),
            ("/api/rest-auth/password/reset/confirm/", {**link, **new}, None),
        ):
            with self.subTest(path=path):
                self.assert_status(self.call("POST", path, body, by=by), 400)
        self.client.force_login(self.admin)
        enter_sudo(self.client)
        set_password = {"password1": self.GUESSABLE, "password2": self.GUESSABLE, "usable_password": "true"}
        staff_new = {"username": "x", **set_password}
        for path, form in (
            (f"/admin/accounts/user/{self.reader.pk}/password/", set_password),
            ("/admin/accounts/user/add/", staff_new),
            ("/admin/password_change/", own),
            ("/accounts/password/", own),
        ):
            with self.subTest(path=path):
                self.assertIn(self.client.post(path, form).status_code, (200, 400))
        self.assertEqual(Client().post("/accounts/signup/", registration).status_code, 400)
        self.assert_kept()
        self.assertTrue(User.objects.get(pk=self.admin.pk).check_password(PASSWORD))
        self.assertFalse(User.objects.filter(username="x").exists())
