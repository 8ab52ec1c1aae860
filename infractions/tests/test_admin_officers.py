"""Officers in the back office: the token of each is shown once."""

import re
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import call, make_user
from infractions import services
from infractions.models import Officer
from infractions.tests.test_admin import TrafficAdminTestCase, nonce_in, page
from infractions.tokens import token_revoke, token_rotate

TOKEN_INPUT = re.compile(r'id="token"[^>]*value="([A-Za-z0-9]{30})"')


def allow_view_user(user: User) -> None:
    user.user_permissions.add(Permission.objects.get(codename="view_user"))


class OfficerTests(TrafficAdminTestCase):
    def token_in(self, response: Any) -> str:
        self.assertEqual(response.status_code, 200)
        self.assertIn("no-store", response.headers["Cache-Control"])
        token = str(TOKEN_INPUT.findall(response.content.decode())[0])
        self.assertContains(response, token, count=1)  # not in a message as well
        return token

    def status_with(self, token: str) -> int:
        return int(call("GET", "/api/infractions/", authorization=f"Token {token}").status_code)

    def test_the_token_of_a_new_officer_is_shown_once_and_works(self) -> None:
        allow_view_user(self.traffic)
        form = {"name": "Otto Vale", "badge_number": "B-102", "user": self.other.pk}
        token = self.token_in(self.client.post(page("add", "officer"), form))
        officer = Officer.objects.get(badge_number="B-102")
        self.assertEqual(officer.user, self.other)
        self.assertEqual(self.status_with(token), 200)
        for path in (page("change", "officer", officer.pk), page("changelist", "officer"), reverse("admin:index")):
            self.assertNotContains(self.client.get(path), token)
        self.assertNotIn(token, str([session.get_decoded() for session in Session.objects.all()]))
        self.assertNotIn(token, str(self.client.cookies))
        self.assertNotIn(token, str(list(LogEntry.objects.values())))

    def test_a_taken_badge_number_or_user_is_an_error_of_its_field(self) -> None:
        allow_view_user(self.traffic)
        self.officer.user = self.other
        self.officer.save()
        shown = self.client.post(page("add", "officer"), {"name": "O", "badge_number": "B-101", "user": self.other.pk})
        self.assertContains(shown, "An officer with this badge number already exists.")
        self.assertContains(shown, "This user is already an officer.")

    def test_a_time_that_could_not_be_read_again_is_an_error_of_its_field(self) -> None:
        for zone, day, clock in (
            ("UTC", "0001-01-01", "00:00"),
            ("Asia/Tokyo", "0001-01-01", "00:00"),
            ("America/New_York", "1899-12-01", "00:00"),
            ("America/New_York", "9999-12-31", "23:59"),
        ):
            form = {"name": "O", "badge_number": "B", "token_expires_0": day, "token_expires_1": clock}
            with self.subTest(zone=zone, day=day), timezone.override(ZoneInfo(zone)):
                shown = self.client.post(page("add", "officer"), form)
                self.assertEqual(list(shown.context["adminform"].form.errors), ["token_expires"])

    def test_a_new_token_replaces_the_old_one(self) -> None:
        old = token_rotate(officer=self.officer, at=timezone.now())
        path = page("token", "officer", self.officer.pk)
        self.assertContains(self.client.get(page("change", "officer", self.officer.pk)), path)
        self.assertContains(self.client.get(path), "stops working at once")
        self.assertEqual(self.status_with(old), 200)
        new = self.token_in(self.client.post(path, {"form_nonce": nonce_in(self.client.get(path))}))
        self.assertEqual((self.status_with(old), self.status_with(new)), (401, 200))
        self.assertEqual(LogEntry.objects.get().get_change_message(), "New token.")

    def test_tokens_are_revoked(self) -> None:
        token = token_rotate(officer=self.officer, at=timezone.now())
        chosen = {"action": "revoke_tokens", "_selected_action": [self.officer.pk]}
        self.assertContains(self.client.post(page("changelist", "officer"), chosen, follow=True), "1 token revoked.")
        self.assertEqual(self.status_with(token), 401)
        self.assertEqual(LogEntry.objects.get().get_change_message(), "Token revoked.")

    def test_only_officers_with_a_token_are_counted_and_logged_as_revoked(self) -> None:
        without, _ = services.officer_create(name="Otto Vale", badge_number="B-102", user=None)
        token_revoke(officer=without)
        path = page("changelist", "officer")
        chosen = {"action": "revoke_tokens", "_selected_action": [self.officer.pk, without.pk]}
        self.assertContains(self.client.post(path, chosen, follow=True), "1 token revoked.")
        self.assertEqual(LogEntry.objects.get().object_id, str(self.officer.pk))
        self.assertContains(self.client.post(path, chosen, follow=True), "None of the selected officers had a token.")
        self.assertEqual(LogEntry.objects.count(), 1)

    def test_new_tokens_of_several_officers_are_confirmed_and_shown_once_on_one_page(self) -> None:
        second, _ = services.officer_create(name="Otto Vale", badge_number="B-102", user=None)
        old = token_rotate(officer=self.officer, at=timezone.now())
        path = page("changelist", "officer")
        chosen = {"action": "rotate_tokens", "_selected_action": [self.officer.pk, second.pk]}
        confirmation = self.client.post(path, chosen)
        self.assertContains(confirmation, "Make new tokens for these officers?")
        self.assertEqual(self.status_with(old), 200)
        self.assertContains(confirmation, '<input type="hidden" name="action" value="rotate_tokens">')
        made = self.client.post(path, {**chosen, "form_nonce": nonce_in(confirmation)})
        self.assertIn("no-store", made.headers["Cache-Control"])
        for officer in (self.officer, second):
            self.assertContains(
                made, f'<label for="token-{officer.pk}" class="font-semibold"><bdi>{officer}</bdi></label>'
            )
            self.assertContains(made, f'data-copy="token-{officer.pk}"')
            token = re.findall(rf'id="token-{officer.pk}"[^>]*value="([A-Za-z0-9]{{30}})"', made.content.decode())[0]
            self.assertEqual(self.status_with(token), 200)
            entry = LogEntry.objects.get(object_id=officer.pk)
            self.assertEqual((entry.get_change_message(), entry.user), ("New token.", self.traffic))
            self.assertNotIn(token, str(list(LogEntry.objects.values())) + str(self.client.get(path).content))
        self.assertEqual(self.status_with(old), 401)

    def test_staff_who_may_only_view_officers_change_no_token(self) -> None:
        old = token_rotate(officer=self.officer, at=timezone.now())
        once = nonce_in(self.client.get(page("token", "officer", self.officer.pk)))
        self.traffic.groups.clear()
        self.traffic.user_permissions.set(Permission.objects.filter(codename="view_officer"))
        for action in ("rotate_tokens", "revoke_tokens"):
            chosen = {"action": action, "form_nonce": once, "_selected_action": [self.officer.pk]}
            self.client.post(page("changelist", "officer"), chosen)
        self.assertEqual(self.status_with(old), 200)

    def test_a_token_has_a_copy_button_that_a_script_shows(self) -> None:
        path = page("token", "officer", self.officer.pk)
        shown = self.client.post(path, {"form_nonce": nonce_in(self.client.get(path))})
        self.assertContains(shown, 'hidden data-copy="token"')
        self.assertRegex(shown.content.decode(), r'<script src="[^"]*project/copy[^"]*\.js" defer></script>')

    def test_only_staff_who_may_change_officers_make_tokens(self) -> None:
        path = page("token", "officer", self.officer.pk)
        self.assertEqual(self.client.post(page("token", "officer", 10**9)).status_code, 302)
        self.clerk.is_staff = True
        self.clerk.save()
        self.client.force_login(self.clerk)
        before = Officer.objects.get(pk=self.officer.pk).token_hash
        self.assertEqual(self.client.post(path).status_code, 403)
        self.client.logout()
        self.assertRedirects(self.client.post(path), f"{resolve_url(settings.LOGIN_URL)}?next={path}")
        self.assertEqual(Officer.objects.get(pk=self.officer.pk).token_hash, before)

    def test_search_and_filter(self) -> None:
        services.officer_create(name="Otto Vale", badge_number="B-102", user=None)
        Officer.objects.filter(badge_number="B-102").update(token_hash=None)
        for query in ("?q=olga", "?q=B-101", "?token=yes"):
            with self.subTest(query=query):
                self.assertEqual(self.found("officer", query), {self.officer.pk})
        self.assertNotIn(self.officer.pk, self.found("officer", "?token=no"))


class LinkedAccountTests(TrafficAdminTestCase):
    """Staff who may not see accounts neither see nor change the linked one."""

    def setUp(self) -> None:
        super().setUp()
        self.linked = make_user("lonely-walrus")
        services.officer_update(officer=self.officer, user=self.linked)
        self.change = page("change", "officer", self.officer.pk)

    def pages(self) -> list[str]:
        own = [page(name, "officer", self.officer.pk) for name in ("change", "delete", "history", "token")]
        return [*own, page("changelist", "officer"), page("add", "officer")]

    def test_no_page_shows_the_linked_account(self) -> None:
        for path in self.pages():
            with self.subTest(path=path):
                shown = self.client.get(path)
                self.assertNotContains(shown, self.linked.username)
                self.assertNotContains(shown, 'name="user"')

    def test_no_account_is_linked_by_id_and_the_linked_one_stays(self) -> None:
        form = {"name": "Olga B.", "badge_number": "B-101"}
        for user in (self.other.pk, ""):
            self.assertRedirects(self.client.post(self.change, {**form, "user": user}), page("changelist", "officer"))
            officer = Officer.objects.get(pk=self.officer.pk)
            self.assertEqual((officer.name, officer.user), ("Olga B.", self.linked))
        self.client.post(page("add", "officer"), {**form, "badge_number": "B-102", "user": self.other.pk})
        self.assertIsNone(Officer.objects.get(badge_number="B-102").user)

    def test_the_search_does_not_find_an_officer_by_account(self) -> None:
        path = page("changelist", "officer")
        self.assertEqual(self.client.get(path + "?q=walrus").context["cl"].result_count, 0)
        for query in ("?user__username__startswith=l", "?user__email=lonely-walrus@example.org"):
            self.assertEqual(self.client.get(path + query).status_code, 400)

    def test_staff_who_may_see_accounts_see_and_change_it(self) -> None:
        allow_view_user(self.traffic)
        for path in (self.change, page("changelist", "officer")):
            self.assertContains(self.client.get(path), self.linked.username)
        form = {"name": "Olga B.", "badge_number": "B-101", "user": self.other.pk}
        self.assertRedirects(self.client.post(self.change, form), page("changelist", "officer"))
        self.assertEqual(Officer.objects.get(pk=self.officer.pk).user, self.other)
