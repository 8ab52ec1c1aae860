"""What the notices of the library say: as text and HTML, in which language, and how they are turned off."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

from django.core import mail
from django.test import override_settings
from django.utils.translation import override

from accounts.models import User
from accounts.tests.cast import PASSWORD
from books.tests.builders import make_book
from common.outbox import send_waiting
from rentals.services import payment_record, payment_void, rental_return
from rentals.tests.builders import make_rental
from rentals.tests.line import make_hold
from rentals.tests.test_notices import DAY, DUE, START, NoticeTestCase

AT = datetime(2026, 3, 30, 10, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script> & \"'"


@override_settings(SITE_URL="https://town.example", DEFAULT_FROM_EMAIL="Town hall <hall@town.example>")
class MailTestCase(NoticeTestCase):
    def ready(self) -> Any:
        """Sends the notice that a copy is set aside, and returns it."""
        book = make_book("Emma")
        rental = make_rental(self.other, book, at=START)
        make_hold(self.reader, book, at=START)
        with self.captureOnCommitCallbacks(execute=True):
            rental_return(rental=rental, at=START + DAY)
        return mail.outbox[-1] if mail.outbox else None

    def pay(self, amount: str = "12.00") -> Any:
        return payment_record(user=self.reader, amount=Decimal(amount), note="from Tom", by=self.clerk, at=AT)

    def html(self, message: Any) -> str:
        [(content, kind)] = message.alternatives
        self.assertEqual(kind, "text/html")
        return str(content)


class ContentTests(MailTestCase):
    def test_due_soon_names_the_books_their_due_dates_and_charges(self) -> None:
        self.rent("Dune")
        self.assertEqual(self.send(DUE - DAY), ["A book is due soon"])
        body = str(mail.outbox[0].body)
        for text in ("- Dune", "Due: March 29, 2026, 9:30\xa0AM", "Charge so far:", "https://town.example/rentals/"):
            self.assertIn(text, body)

    def test_overdue_says_what_is_owed(self) -> None:
        self.rent("Dune")
        payment_record(user=self.reader, amount=Decimal("1.00"), note="", by=self.clerk, at=START)
        self.send(DUE + DAY)
        self.assertIn("Charge so far: 42.50\xa0USD", str(mail.outbox[-1].body))
        self.assertIn("In all, you owe 41.50\xa0USD.", str(mail.outbox[-1].body))

    def test_a_copy_that_is_set_aside_says_until_when(self) -> None:
        message = self.ready()
        self.assertEqual(message.subject, "A book is ready for you")
        self.assertIn("- Emma", message.body)
        self.assertIn("until March 5, 2026, 9:30\xa0AM", message.body)

    def test_a_payment_sends_a_receipt_with_what_is_left(self) -> None:
        self.rent("Dune", at=AT - DAY)
        with self.captureOnCommitCallbacks(execute=True):
            payment = self.pay()
        [receipt] = mail.outbox
        self.assertEqual((receipt.subject, receipt.to), ("Receipt for your payment", [self.reader.email]))
        self.assertIn("payment of 12.00\xa0USD on March 30, 2026, 10:00\xa0AM (receipt number", str(receipt.body))
        self.assertIn(f"receipt number {payment.pk})", str(receipt.body))
        self.assertIn("Your credit is now", str(receipt.body))
        self.assertNotIn("Tom", str(receipt.message()))

    def test_a_payment_that_was_voided_sends_none(self) -> None:
        payment_void(payment=self.pay(), reason="recorded twice", by=self.clerk, at=AT)
        send_waiting(at=AT)
        self.assertEqual(mail.outbox, [])

    def test_text_and_html_say_the_same_and_nothing_is_loaded(self) -> None:
        self.rent(HOSTILE)
        self.send(DUE + DAY)
        message: Any = mail.outbox[0]
        html = self.html(message)
        self.assertNotIn("<script>", html)
        self.assertNotRegex(html, r"<img|<link|@import|url\(")
        own = {"Town hall", "See your rentals", "Turn notices off", message.subject}
        texts = re.split(r"<[^>]+>", html.partition("<body>")[2])
        said = {unescape(" ".join(text.split())) for text in texts} - own
        self.assertGreater(len(said), 5)
        for text in said:
            self.assertIn(text, " ".join(str(message.body).split()))
        self.assertIn(HOSTILE, message.body)
        links = [set(re.findall(r"https?://[^\s\"<]+", part)) for part in (html, str(message.body))]
        self.assertEqual(links[0], links[1])
        self.assertEqual(len(links[0]), 2)
        self.assertTrue(all(link.startswith("https://town.example/") for link in links[0]))

    def test_no_notice_has_a_word_that_its_resident_chose(self) -> None:
        words = {"name": "evilname", "address": "eviladdress"}
        User.objects.filter(pk=self.reader.pk).update(username="evilreader", **words)
        self.rent("Dune")
        self.send(DUE + DAY)
        self.ready()
        with self.captureOnCommitCallbacks(execute=True):
            self.pay()
        self.assertEqual(len(mail.outbox), 3)
        for message in mail.outbox:
            self.assertNotIn("evil", str(message.message()))


class LanguageTests(MailTestCase):
    def test_notices_are_in_the_language_of_the_account(self) -> None:
        User.objects.filter(pk=self.reader.pk).update(language="es")
        self.rent("Dune")
        with override("en"):
            self.send(DUE + DAY)
            self.reader.refresh_from_db()
            self.ready()
            with self.captureOnCommitCallbacks(execute=True):
                self.pay()
        self.assertEqual(len(mail.outbox), 3)
        for message in mail.outbox:
            self.assertIn("Hola", str(message.body))
            self.assertIn('<html lang="es">', self.html(message))
        self.assertIn("29 de marzo de 2026", str(mail.outbox[0].body))

    def test_registration_keeps_the_language_of_the_request(self) -> None:
        for path, form in (("/api/rest-auth/registration/", False), ("/accounts/signup/", True)):
            for language, kept in (("es-MX,es;q=0.9", "es"), ("en-GB", "en"), ("fr", "en")):
                name = f"{kept}{form}{language[:2]}"
                body = {"username": name, "email": f"{name}@example.org", "password1": PASSWORD, "password2": PASSWORD}
                if form:
                    self.client.logout()
                    self.client.post(path, body, headers={"accept-language": language})
                else:
                    headers: dict[str, Any] = {"accept_language": language}
                    self.assert_status(self.call("POST", path, body, **headers), 201)
                self.assertEqual(User.objects.get(username=name).language, kept)

    def test_the_switch_of_pages_sets_it(self) -> None:
        self.client.force_login(self.reader)
        for chosen, kept in (("es", "es"), ("xx", "es"), ("", "es"), ("en", "en")):
            self.client.post("/language/", {"language": chosen})
            self.assertEqual(User.objects.get(pk=self.reader.pk).language, kept)
        self.client.logout()
        self.assertEqual(self.client.post("/language/", {"language": "es"}).status_code, 302)


class OffTests(MailTestCase):
    def link(self) -> str:
        self.rent("Dune")
        self.send(DUE + DAY)
        headers = mail.outbox[-1].message()
        self.assertEqual(headers["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click")
        link = re.fullmatch(r"<https://town\.example(/\S+)>", headers["List-Unsubscribe"])
        assert link is not None  # noqa: S101
        return link[1]

    def wants(self) -> bool:
        return User.objects.get(pk=self.reader.pk).wants_notices

    def test_one_click_turns_notices_off_without_signing_in(self) -> None:
        path = self.link()
        page = self.client.get(path)
        self.assertContains(page, "Turn notices off")
        self.assertIn("no-store", page["Cache-Control"])
        self.assertEqual(self.client.head(path).status_code, 200)
        self.assertTrue(self.wants())
        for _time in range(2):
            answer = self.call(
                "POST", path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
            )
            self.assertEqual(answer.status_code, 200)
            self.assertFalse(self.wants())
        self.assertEqual(self.client.put(path).status_code, 405)
        self.assertFalse("_auth_user_id" in self.client.session)

    def test_other_links_are_404(self) -> None:
        path = self.link()
        gone = path.replace(f"/{self.reader.pk}:", f"/{self.reader.pk + 99}:")
        for wrong in (path[:-2] + "/", "/accounts/notices/off/x/", "/accounts/notices/off/%00/", gone):
            for method in ("GET", "POST"):
                self.assertEqual(self.call(method, wrong).status_code, 404, wrong)
        self.assertTrue(self.wants())
        User.objects.filter(pk=self.reader.pk).update(is_active=False, closed_at=AT, email="", name="")
        self.assertEqual(self.call("POST", path).status_code, 404)

    def test_the_account_page_has_the_switch(self) -> None:
        self.client.force_login(self.reader)
        for value, wanted in (("off", False), ("on", True), ("", False)):
            page = self.client.post("/accounts/notices/", {"wanted": value}, follow=True)
            self.assertContains(page, "Turn notices on" if not wanted else "Turn notices off")
            self.assertEqual(self.wants(), wanted)
        self.assertRedirects(self.client.get("/accounts/notices/"), "/accounts/me/")

    def test_the_choice_stops_the_notices_of_holds_and_payments_too(self) -> None:
        User.objects.update(wants_notices=False)
        self.reader.refresh_from_db()
        self.assertIsNone(self.ready())
        with self.captureOnCommitCallbacks(execute=True):
            self.pay()
        self.assertEqual(mail.outbox, [])

    def test_the_export_has_the_choice_and_the_language(self) -> None:
        data = self.call("GET", "/api/rest-auth/export/", by=self.reader).json()
        self.assertIs(data["library"]["wants_notices"], True)
        self.assertEqual(data["account"]["language"], "en")

    def test_they_do_not_count_against_the_rate_of_mail(self) -> None:
        with override_settings(THROTTLES={"mail_address": "1/hour", "mail_recipient": "1/hour"}):
            for number in range(3):
                with self.captureOnCommitCallbacks(execute=True):
                    self.pay(f"{number + 1}.00")
        self.assertEqual(len(mail.outbox), 3)


class TimeTests(MailTestCase):
    def test_a_notice_that_waits_for_a_mail_server_is_dropped_once_the_hold_has_ended(self) -> None:
        book = make_book("Dune")
        rental = make_rental(self.other, book, at=START)
        make_hold(self.reader, book, at=START)
        rental_return(rental=rental, at=START + DAY)
        send_waiting(at=START + DAY + timedelta(days=3))
        self.assertEqual(mail.outbox, [])
