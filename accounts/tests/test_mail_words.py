"""What emails to an unproven address may say, and the one that tells an owner of a second registration."""

from typing import Any

from django.core import mail
from django.utils.translation import override

from accounts.models import User
from accounts.tests.cast import PASSWORD, CastTestCase
from accounts.tests.pages import PageTestCase
from accounts.tests.test_throttles import limits

REGISTRATION = "/api/rest-auth/registration/"
WORDS = "evil.example"  # in everything that the stranger may type
TYPED = {"username": f"go.to.{WORDS}", "name": f"Pay your fine at https://{WORDS}/"}
OWNER = "owner@example.org"


class RegistrationCase(CastTestCase):
    def register(self, status: int = 201, **changes: Any) -> Any:
        body = {**TYPED, "email": OWNER, "password1": PASSWORD, "password2": PASSWORD, **changes}
        with self.captureOnCommitCallbacks(execute=True):
            return self.assert_status(self.call("POST", REGISTRATION, body), status)


class WordTests(RegistrationCase):
    def test_no_email_says_what_the_sender_typed(self) -> None:
        for language in ("en", "es"):
            with self.subTest(language=language), override(language), limits():
                User.objects.filter(email=OWNER).delete()
                mail.outbox.clear()
                token = self.register()["access"]
                header: dict[str, Any] = {"authorization": f"Bearer {token}"}
                profile = {"name": TYPED["name"], "address": WORDS, "phone": "1"}
                self.call("PATCH", "/api/rest-auth/user/", profile, **header)
                self.call("POST", REGISTRATION + "resend-email/", {"email": OWNER})
                self.call("POST", "/api/rest-auth/password/reset/", {"email": OWNER})
                self.register(400, username="b")
                change = {"email": f"x@{WORDS}", "password": PASSWORD}
                self.call("POST", "/api/rest-auth/email/", change, **header)
                new = {"new_password1": "another-sentence-9", "new_password2": "another-sentence-9"}
                with self.captureOnCommitCallbacks(execute=True):
                    self.call("POST", "/api/rest-auth/password/change/", {"old_password": PASSWORD, **new}, **header)
                to_owner = [message for message in mail.outbox if message.to == [OWNER]]
                self.assertEqual(len(to_owner), 5)
                for message in to_owner:
                    self.assertNotIn(WORDS, str(message.subject) + str(message.body))

    def test_emails_have_no_values_for_programs(self) -> None:
        self.register()
        self.call("POST", "/api/rest-auth/password/reset/", {"email": OWNER})
        for message in mail.outbox:
            self.assertNotRegex(str(message.body), r"/api/|(?m:^(uid|token|key)\b)")

    def test_a_name_may_be_given_when_registering(self) -> None:
        self.assertEqual(self.register(name=" Ann Brook ")["user"]["name"], "Ann Brook")
        self.assertEqual(set(self.register(400, username="c", email="c@example.org", name="x" * 151)), {"name"})


class TakenTests(RegistrationCase):
    def test_the_owner_is_told_of_a_second_registration_and_can_choose_a_password(self) -> None:
        self.assertEqual(set(self.register(400, email="Reader@example.org")), {"email"})
        self.assertEqual([message.to for message in mail.outbox], [["reader@example.org"]])
        self.assertIn("/accounts/password/reset/", mail.outbox[0].body)

    def test_only_a_registration_without_other_errors_sends_it(self) -> None:
        self.register(400, email="reader@example.org", password2="x")
        self.register(400, email="reader@example.org", username="other")
        self.assertFalse(mail.outbox)

    def test_it_is_throttled_and_the_answer_stays_the_same(self) -> None:
        with limits(mail_recipient="2/hour"):
            answers = [self.register(400, email="reader@example.org") for _ in range(4)]
        self.assertEqual(answers, [answers[0]] * 4)
        self.assertEqual(len(mail.outbox), 2)


class TakenPageTests(PageTestCase):
    def test_the_page_tells_the_owner_too(self) -> None:
        form = {**TYPED, "email": "reader@example.org", "password1": PASSWORD, "password2": PASSWORD}
        self.assertContains(self.client.post("/accounts/signup/", form), "already exists", status_code=400)
        self.assertEqual([message.to for message in mail.outbox], [["reader@example.org"]])

    def test_the_page_takes_a_name(self) -> None:
        form = {**TYPED, "email": OWNER, "password1": PASSWORD, "password2": PASSWORD}
        self.assertEqual(self.client.post("/accounts/signup/", form).status_code, 302)
        self.assertEqual(User.objects.get(email=OWNER).name, TYPED["name"])
