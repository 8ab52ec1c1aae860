"""POST /api/rest-auth/registration/."""

from typing import Any
from unittest import mock

from django.core import mail
from django.test import override_settings

from accounts.models import User
from accounts.tests.hostile import EMPTY_OR_WRONG, HostileTestCase

PATH = "/api/rest-auth/registration/"
NEW = {
    "username": "newcomer",
    "email": "newcomer@example.org",
    "password1": "a-long-sentence-9",
    "password2": "a-long-sentence-9",
}


@override_settings(
    THROTTLES={
        "registration": "1000/min",
        "login_name": "10/min",
        "login_address": "100/min",
        "sign_in": "30/min",
        "mail_address": "20/hour",
        "mail_recipient": "5/hour",
    }
)
class RegistrationTests(HostileTestCase):
    def register(self, status: int = 201, **changes: Any) -> Any:
        with self.captureOnCommitCallbacks(execute=True):
            return self.assert_status(self.call("POST", PATH, {**NEW, **changes}), status)

    def test_a_resident_registers_and_is_signed_in(self) -> None:
        answer = self.register()
        user = User.objects.get(username="newcomer")
        self.assertEqual(set(answer), {"access", "refresh", "user"})
        self.assertEqual(
            answer["user"],
            {
                "id": user.pk,
                "username": "newcomer",
                "email": "newcomer@example.org",
                "name": "",
                "phone": "",
                "address": "",
            },
        )
        own = self.call("GET", "/api/rest-auth/user/", authorization=f"JWT {answer['access']}")
        self.assertEqual(self.assert_status(own, 200), answer["user"])
        self.assertTrue(user.check_password("a-long-sentence-9"))
        self.assertFalse(user.has_rights() or user.has_verified_email())

    def test_works_without_the_trailing_slash(self) -> None:
        self.assert_status(self.call("POST", PATH.rstrip("/"), NEW), 201)

    def test_a_mail_to_verify_the_address_is_sent(self) -> None:
        self.register()
        self.assertEqual([message.to for message in mail.outbox], [["newcomer@example.org"]])

    def test_registering_gives_no_rights(self) -> None:
        self.register(is_staff=True, is_superuser=True, groups=[1], is_active=False, id=1, remarks="x")
        user = User.objects.get(username="newcomer")
        self.assertEqual((user.has_rights(), user.is_active, user.remarks), (False, True, ""))

    def test_an_expired_authorization_header_is_ignored(self) -> None:
        self.assert_status(self.call("POST", PATH, NEW, authorization="Bearer stale"), 201)

    def test_a_duplicate_username_is_refused_in_any_case(self) -> None:
        for username in ("reader", "READER", "\uff52\uff45\uff41\uff44\uff45\uff52"):
            with self.subTest(username=username):
                self.assertEqual(set(self.register(400, username=username)), {"username"})

    def test_a_duplicate_address_is_refused_in_any_case(self) -> None:
        for email in ("reader@example.org", "Reader@EXAMPLE.org"):
            with self.subTest(email=email):
                self.assertEqual(set(self.register(400, email=email)), {"email"})

    def test_an_address_is_stored_in_lower_case(self) -> None:
        self.assertEqual(self.register(email="NewComer@Example.ORG")["user"]["email"], "newcomer@example.org")

    def test_an_address_whose_mail_would_go_to_another_domain_is_refused(self) -> None:
        for domain, reached in (
            ("\uff45xample.org", "example.org"),
            ("exampl\u212f.org", "example.org"),
            ("stra\u00dfe.example", "strasse.example"),
            ("\u03c2.example", "\u03c3.example"),
        ):
            with self.subTest(domain=domain):
                answer = self.register(400, email=f"someone@{domain}")
                self.assertEqual(answer, {"email": [f"Mail to this address would go to someone@{reached}."]})
        self.assertEqual(mail.outbox, [])
        self.assertEqual(self.register(email="Me@CAFE\u0301.example")["user"]["email"], "me@caf\u00e9.example")
        self.register(username="ascii", email="me@xn--strae-oqa.example")

    def test_a_username_is_normalized_and_signs_in_in_any_unicode_form(self) -> None:
        self.assertEqual(self.register(username="\uff4e\uff45\uff57")["user"]["username"], "new")
        for username in ("\uff4e\uff45\uff57", "new", "NEW"):
            with self.subTest(username=username):
                body = {"username": username, "password": NEW["password1"]}
                self.assert_status(self.call("POST", "/api-token-auth/", body), 200)

    def test_a_username_may_contain_letters_digits_and_four_symbols(self) -> None:
        # NFKC turns the last three into several characters, among them a space or a fraction slash.
        for username in ("a b", "a@b", "a/b", "<b>", "a\nb", "\u200b", "ﷺ", "½", "ﷺ" * 150):
            with self.subTest(username=username):
                self.assertEqual(set(self.register(400, username=username)), {"username"})
        self.register(username="Zoë.O-Neil_2+x")

    def test_the_length_of_an_address_is_checked_in_lower_case(self) -> None:
        labels = ".".join(["a" * 60] * 3)
        self.assertEqual(set(self.register(400, email=f"x@{labels}.{'İ' * 55}.org")), {"email"})

    def test_a_weak_password_is_refused(self) -> None:
        for password in ("short-1", "12345678901", "password123", "newcomer1", "newcomer@example.org"):
            with self.subTest(password=password):
                self.assertEqual(set(self.register(400, password1=password, password2=password)), {"password1"})

    def test_spaces_in_passwords_are_kept(self) -> None:
        self.register(password1=" a-long-sentence-9 ", password2=" a-long-sentence-9 ")
        self.assertTrue(User.objects.get(username="newcomer").check_password(" a-long-sentence-9 "))
        self.assertEqual(set(self.register(400, username="b", email="b@b.org", password2="x")), {"password2"})

    def test_a_password_is_not_compared_with_long_input(self) -> None:
        with mock.patch("accounts.passwords.validate_password") as validate:
            self.register(400, username="many words " * 10_000, email="many words " * 10_000)
        user = validate.call_args.args[1]
        self.assertLessEqual(max(len(user.username), len(user.email)), 254)

    def test_a_number_is_read_as_its_digits(self) -> None:
        self.assertEqual(self.register(username=12345)["user"]["username"], "12345")
        for value in (-1, 1.5, 2**70):
            with self.subTest(value=value):
                self.register(400, email=value)

    def test_all_wrong_fields_are_named(self) -> None:
        self.assertEqual(
            set(self.register(400, username="reader", email="reader@example.org", password1="1", password2="2")),
            set(NEW),
        )
        self.assertEqual(set(self.assert_status(self.call("POST", PATH, {}), 400)), set(NEW))

    def test_bad_input_is_refused(self) -> None:
        self.assert_fields_refused("POST", PATH, set(NEW), every=False)
        for field in NEW:
            for value in EMPTY_OR_WRONG:
                with self.subTest(field=field, value=str(value)[:9].encode("ascii", "replace")):
                    self.assertIn(field, self.register(400, **{field: value}))
        self.assert_bodies_refused("POST", PATH)
        self.assert_only(PATH, "POST")
        self.assertFalse(User.objects.filter(username__startswith="new").exists())

    def test_other_routes_of_dj_rest_auth_do_not_exist(self) -> None:
        for path in ("token/refresh", "token/verify", "registration/account-confirm-email/x", "registration/verify"):
            with self.subTest(path=path):
                self.assert_status(self.call("POST", f"/api/rest-auth/{path}/", {}), 404)
