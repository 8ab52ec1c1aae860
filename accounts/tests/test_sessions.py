"""Where somebody is signed in, how long staff stay signed in, and notices of new browsers."""

from datetime import timedelta
from typing import Any
from unittest import mock

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client, override_settings, tag
from django.utils import timezone

from accounts.models import IssuedRefreshToken, KnownBrowser
from accounts.session_store import stored_key
from accounts.tests.cast import PASSWORD, CastTestCase
from accounts.tests.test_factors import add_app

LIST = "/api/rest-auth/sessions/"
PAGE = "/accounts/sessions/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class SessionsTestCase(CastTestCase):
    def browser(self, name: str = "reader", **headers: str) -> Client:
        """Returns a browser that has signed in on the page."""
        client = Client(headers={"user-agent": FIREFOX, **headers})
        client.post("/accounts/login/", {"username": name, "password": PASSWORD})
        self.assert_signed_in(client)
        return client

    def program(self, name: str = "reader", **headers: Any) -> dict[str, str]:
        body = {"username": name, "password": PASSWORD}
        pair: dict[str, str] = self.assert_status(self.call("POST", "/api-token-auth/", body, **headers), 200)
        return pair

    def bearer(self, method: str, path: str, pair: dict[str, str], status: int) -> Any:
        return self.assert_status(self.call(method, path, authorization=f"Bearer {pair['access']}"), status)

    def assert_signed_in(self, client: Client, is_signed_in: bool = True) -> None:
        self.assertEqual(client.get("/accounts/me/").status_code, 200 if is_signed_in else 302)


class ListTests(SessionsTestCase):
    def test_lists_browsers_and_programs(self) -> None:
        self.browser()
        pair = self.program(**{"user-agent": "curl/8"})
        self.program("other")
        rows = self.bearer("GET", LIST, pair, 200)["results"]
        shown = [(row["kind"], row["client"], row["address"], row["current"]) for row in rows]
        self.assertEqual(
            shown, [("token", "a program", "127.0.0.1", True), ("session", "Firefox on Linux", "127.0.0.1", False)]
        )
        self.assertEqual(set(rows[0]), {"id", "kind", "since", "last_used", "address", "client", "current"})
        self.assertTrue(all(row["since"] and row["last_used"] for row in rows))

    def test_ids_are_opaque(self) -> None:
        client = self.browser()
        pair = self.program()
        text = str(self.bearer("GET", LIST, pair, 200))
        token, row = IssuedRefreshToken.objects.get(), Session.objects.get()
        for secret in (token.pk, token.family, row.session_key, client.cookies["sessionid"].value):
            self.assertNotIn(str(secret).replace("-", ""), text.replace("-", ""))

    def test_queries_do_not_grow_with_rows(self) -> None:
        pair = self.program()
        self.bearer("GET", LIST, pair, 200)
        for rows in (1, 10):
            for _ in range(rows):
                self.browser()
            with self.subTest(rows=rows), self.assertNumQueries(3):
                self.bearer("GET", LIST, pair, 200)

    def test_a_refreshed_token_stays_the_same_sign_in(self) -> None:
        pair = self.program()
        before = self.bearer("GET", LIST, pair, 200)["results"][0]
        pair = self.assert_status(self.call("POST", "/api-token-refresh/", {"refresh": pair["refresh"]}), 200)
        after = self.bearer("GET", LIST, pair, 200)["results"]
        self.assertEqual([(row["id"], row["since"]) for row in after], [(before["id"], before["since"])])
        self.assertTrue(after[0]["current"])

    def test_one_is_ended(self) -> None:
        client, pair, old = self.browser(), self.program(), self.program()
        rows = self.bearer("GET", LIST, pair, 200)["results"]
        for row in rows:
            if not row["current"]:
                self.bearer("DELETE", f"{LIST}{row['id']}/", pair, 204)
                self.bearer("DELETE", f"{LIST}{row['id']}/", pair, 404)
        self.assert_signed_in(client, False)
        self.bearer("GET", LIST, old, 401)
        self.assert_status(self.call("POST", "/api-token-refresh/", {"refresh": old["refresh"]}), 401)
        self.assertEqual(len(self.bearer("GET", LIST, pair, 200)["results"]), 1)

    def test_nobody_ends_somebody_elses(self) -> None:
        client, mine, others = self.browser(), self.program("other"), self.program()
        for row in self.bearer("GET", LIST, others, 200)["results"]:
            self.bearer("DELETE", f"{LIST}{row['id']}/", mine, 404)
        for odd in ("x", "0", "é", "a" * 500):
            self.bearer("DELETE", f"{LIST}{odd}/", mine, 404)
        self.bearer("DELETE", LIST, mine, 204)
        self.assert_signed_in(client)
        self.bearer("GET", LIST, others, 200)

    def test_all_others_are_ended(self) -> None:
        client, pair, old = self.browser(), self.program(), self.program()
        self.bearer("DELETE", LIST, pair, 204)
        self.assert_signed_in(client, False)
        self.bearer("GET", LIST, old, 401)
        self.assertEqual([row["current"] for row in self.bearer("GET", LIST, pair, 200)["results"]], [True])

    def test_the_page_lists_and_ends(self) -> None:
        client, other = self.browser(), self.browser()
        pair = self.program()
        page = client.get(PAGE)
        self.assertContains(page, "Firefox on Linux", count=2)
        self.assertContains(page, ">this session<", count=1)
        ended = next(each for each, _name in page.context["rows"] if each.kind == "session" and not each.is_current)
        self.assertRedirects(client.post(PAGE, {"id": ended.id}), PAGE)
        self.assert_signed_in(other, False)
        self.assertEqual(client.post(PAGE, {"id": ended.id}).status_code, 404)
        self.assertRedirects(client.post(PAGE), PAGE)
        self.bearer("GET", LIST, pair, 401)
        self.assert_signed_in(client)

    def test_a_new_password_ends_the_other_sessions(self) -> None:
        client, other = self.browser(), self.browser()
        new = {"old_password": PASSWORD, "new_password1": "another-sentence-9", "new_password2": "another-sentence-9"}
        client.post("/accounts/password/", new)
        self.assert_signed_in(client)
        self.assert_signed_in(other, False)
        self.assertEqual(UserSession.objects.count(), 1)

    def test_signing_out_leaves_the_list(self) -> None:
        client, pair = self.browser(), self.program()
        client.post("/accounts/logout/")
        self.assertEqual(len(self.bearer("GET", LIST, pair, 200)["results"]), 1)


class UseTests(SessionsTestCase):
    def seen_at(self) -> Any:
        return UserSession.objects.get().last_seen_at

    def later(self, **passed: float) -> Any:
        at = timezone.now() + timedelta(**passed)
        return mock.patch("django.utils.timezone.now", return_value=at)

    def test_use_is_recorded_at_most_once_a_minute(self) -> None:
        client = self.browser()
        first = self.seen_at()
        with self.later(seconds=50):
            client.get("/accounts/me/")
        self.assertEqual(self.seen_at(), first)
        with self.later(seconds=70):
            client.get("/accounts/me/", headers={"x-forwarded-for": "not an address"})
        self.assertGreater(self.seen_at(), first + timedelta(minutes=1))

    def test_sessions_of_staff_end_when_idle(self) -> None:
        admin, reader = self.browser("admin"), self.browser()
        for client, is_signed_in in ((admin, False), (reader, True)):
            with self.later(minutes=61):
                self.assert_signed_in(client, is_signed_in)

    def test_use_keeps_a_session_of_staff_but_not_beyond_its_hours(self) -> None:
        admin = self.browser("admin")
        for minutes in range(50, 8 * 60, 50):
            with self.later(minutes=minutes):
                self.assert_signed_in(admin)
        with self.later(minutes=8 * 60 - 1):
            self.assert_signed_in(admin)
        with self.later(minutes=8 * 60 + 1):
            self.assert_signed_in(admin, False)

    def test_both_times_are_settings(self) -> None:
        with override_settings(STAFF_SESSION_HOURS=1, STAFF_SESSION_IDLE_MINUTES=120):
            admin = self.browser("admin")
            with self.later(minutes=61):
                self.assert_signed_in(admin, False)


class NoticeTests(SessionsTestCase):
    def mails(self) -> list[str]:
        sent = [f"{message.to[0]} {message.subject}" for message in mail.outbox]
        mail.outbox.clear()
        return sent

    def test_a_new_browser_is_told_by_mail_but_not_the_first(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            first = self.browser()
        self.assertEqual(self.mails(), [])
        first.post("/accounts/logout/")
        with self.captureOnCommitCallbacks(execute=True):
            first.post("/accounts/login/", {"username": "reader", "password": PASSWORD})
        self.assertEqual(self.mails(), [])
        hostile = '<a href="https://evil.example">Firefox/1 Linux'
        with self.captureOnCommitCallbacks(execute=True):
            self.browser(**{"user-agent": hostile})
        self.assertIn("Firefox on Linux", mail.outbox[0].body)
        self.assertNotIn("evil", mail.outbox[0].body)
        self.assertEqual(self.mails(), ["reader@example.org New sign-in to your account"])

    def test_a_new_program_too(self) -> None:
        self.browser()
        for mails in (["reader@example.org New sign-in to your account"], []):
            with self.captureOnCommitCallbacks(execute=True):
                self.program(**{"user-agent": "curl/8"})
            self.assertEqual(self.mails(), mails)

    @tag("slow")
    def test_old_browsers_are_forgotten(self) -> None:
        for number in range(23):
            self.program(**{"user-agent": f"program {number}"})
        self.assertEqual(KnownBrowser.objects.count(), 20)


class SudoTests(SessionsTestCase):
    RIGHTS = "/admin/accounts/user/%s/change/"

    def form(self, **changes: Any) -> dict[str, Any]:
        return {"username": "other", "email": "other@example.org", "is_active": "on", **changes}

    def test_rights_are_given_after_the_password_was_entered_again(self) -> None:
        client, path = self.browser("admin"), self.RIGHTS % self.other.pk
        self.assertRedirects(client.post(path, self.form(name="A name")), "/admin/accounts/user/")  # not grave
        again = f"/accounts/reauthenticate/?next={path}"
        self.assertRedirects(client.post(path, self.form(is_staff="on", name="A name")), again)
        self.other.refresh_from_db()
        self.assertFalse(self.other.is_staff)
        self.assertContains(client.post(again, {"password": "wrong"}), 'class="errors"', status_code=400)
        self.assertRedirects(client.post(again, {"password": PASSWORD, "next": path}), "/admin/accounts/user/")
        self.other.refresh_from_db()
        self.assertTrue(self.other.is_staff)  # the form that waited was sent
        clock = mock.Mock(time=lambda: timezone.now().timestamp() + 901)
        with mock.patch("allauth.account.internal.flows.reauthentication.time", clock):
            self.assertRedirects(client.post(path, self.form(email="new@example.org", is_staff="on")), again)

    def test_a_waiting_form_is_not_readable_in_the_database(self) -> None:
        client = self.browser("admin")
        client.post(self.RIGHTS % self.other.pk, self.form(is_staff="on", address="Secretword"))
        store = client.session
        self.assertIn("Secretword", str(dict(store.items())))
        for row in Session.objects.all():
            self.assertNotIn("Secretword", str(row.get_decoded()))
            self.assertEqual(row.get_decoded(), {})

    def test_the_code_stands_in_for_the_password(self) -> None:
        client = self.browser("admin")
        add_app(self.admin)
        for page, other, text in (
            ("/accounts/reauthenticate/", "/accounts/2fa/reauthenticate/", "Use a code"),
            ("/accounts/2fa/reauthenticate/", "/accounts/reauthenticate/", "Use your password"),
        ):
            shown = client.get(f"{page}?next=/admin/")
            self.assertContains(shown, f'<a href="{other}?next=%2Fadmin%2F">{text}</a>')

    def test_stored_keys_fit_their_column(self) -> None:
        self.assertEqual(len(stored_key("x")), Session._meta.get_field("session_key").max_length)
