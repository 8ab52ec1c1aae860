"""What the history says: names, labels and values, and nothing about rows that the reader may not view."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission
from django.db import connection, models
from django.test import tag
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from accounts.models import User
from accounts.tests.cast import CastTestCase, make_user
from books.models import Book
from books.tests.builders import make_book
from common.admin.history_text import MONEY_PLACES, column_title, fields_of, table_title
from common.history import history_tables
from common.models import HistoryEntry
from devices.models import Device
from devices.tests.builders import make_device
from infractions.models import Infraction, Officer, Vehicle
from infractions.tests.builders import make_infraction, make_officer, make_person, make_vehicle
from project.tests.history.entries import sql
from rentals.models import Payment, Rental
from rentals.services import payment_record
from rentals.tests.builders import make_rental
from scores.models import Score
from scores.tests.builders import make_score

LIST = reverse("admin:common_historyentry_changelist")
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
LINE = re.compile(r"<div>((?:(?!<div>).)*?)</div>")
NONE = "\u2013"  # an en dash
SAME_IN_SPANISH = {"ID", "Id", "ISBN", "Color", "Token"}


def page(row: Any, name: str = "history") -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{name}", args=[row.pk])


class TextTestCase(CastTestCase):
    def sign_in(self, *permissions: str) -> User:
        """Signs in as a member of staff who may view these models, and the whole history."""
        user = make_user(f"staff{User.objects.count()}", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=[f"view_{name}" for name in permissions]))
        self.client.force_login(user)
        return user

    def shown(self, path: str, language: str = "en") -> str:
        response = self.client.get(path, headers={"accept-language": language})
        self.assertEqual(response.status_code, 200)
        text: str = response.content.decode()
        return text


class ValueTests(TextTestCase):
    def setUp(self) -> None:
        self.client.force_login(self.admin)

    def assert_says(self, row: models.Model, *texts: str, language: str = "en") -> None:
        lines = LINE.findall(self.shown(page(row), language))
        for text in texts:
            self.assertIn(text, lines)

    def test_rows_are_named_with_links(self) -> None:
        vehicle, buyer = make_vehicle("AAA-1", owner=make_person(name="Ann Lee")), make_person(name="Bob Ray")
        Vehicle.objects.filter(pk=vehicle.pk).update(owner=buyer)
        shown = self.shown(page(vehicle))
        for person in (vehicle.owner, buyer):
            self.assertIn(f'href="{page(person, "change")}"><bdi>{person.name}</bdi></a>', shown)

    def test_people_are_named_with_links(self) -> None:
        book = make_book()
        self.admin.name = "Ada Fennimoor"
        self.admin.save()
        self.call("PATCH", f"/api/v3/books/{book.pk}/", {"copies": 7}, by=self.admin)
        shown = self.shown(page(book))
        self.assertIn(f'href="{page(self.admin, "change")}"><bdi>Ada Fennimoor (admin)</bdi></a> (API)', shown)

    def test_officers_are_named_with_their_badges(self) -> None:
        officer, token = make_officer("B-7", name="Olga Officer")
        body = {"license_plate": make_vehicle().license_plate, "comments": "Parked on the lawn."}
        made = self.call("POST", "/api/v3/infractions/", body, authorization=f"Token {token}").json()
        infraction = Infraction.objects.get(pk=made["id"])
        for path in (page(infraction), f"{LIST}?table=infractions_infraction"):
            link = f'href="{page(officer, "change")}"><bdi>Olga Officer (B-7)</bdi></a> (API)'
            self.assertIn(link, self.shown(path))

    def test_those_who_are_gone_are_named_by_number(self) -> None:
        book, gone = make_book(), make_user("gone")
        Book.objects.filter(pk=book.pk).update(copies=2)
        HistoryEntry.objects.filter(act="update").update(user_id=gone.pk)
        number = gone.pk
        gone.delete()
        self.assertIn(f"User {number} (command)", self.shown(page(book)))

    def test_times_and_choices_are_written_as_people_write_them(self) -> None:
        rental = make_rental(self.reader, make_book(book_type="novel"), at=AT)
        Rental.objects.filter(pk=rental.pk).update(date_returned=AT, book_type="fiction", is_self_service=False)
        self.assert_says(rental, f"Returned: {NONE} → March 1, 2026, 9:30\xa0AM", "Kind: Novel → Fiction")
        self.assert_says(rental, "Rented by the resident: Yes → No")
        self.assert_says(rental, f"Devuelto: {NONE} → 1 de marzo de 2026 a las 09:30", language="es")
        self.assert_says(rental, "Tomado en préstamo por el residente: Sí → No", language="es")

    def test_a_time_that_the_time_zone_cannot_show_is_written_as_it_was_stored(self) -> None:
        officer, _ = make_officer("B-7")
        Officer.objects.filter(pk=officer.pk).update(token_expires=datetime(9999, 12, 31, 23, tzinfo=UTC))
        Officer.objects.filter(pk=officer.pk).update(token_expires=None)
        with timezone.override(ZoneInfo("Asia/Tokyo")):
            self.assertIn("9999-12-31 23:00:00", self.shown(page(officer)))

    def test_amounts_have_a_currency_and_other_numbers_no_needless_zeros(self) -> None:
        payment = payment_record(user=self.reader, amount=Decimal("1234.5"), note="", by=self.clerk, at=AT)
        Payment.objects.filter(pk=payment.pk).update(amount=Decimal(20))
        self.assert_says(payment, "Amount: 1,234.50\xa0USD → 20.00\xa0USD")
        self.assert_says(payment, "Importe: 1\xa0234,50\xa0USD → 20,00\xa0USD", language="es")
        score = make_score(self.reader, Decimal("2.5"), at=AT)
        Score.objects.filter(pk=score.pk).update(score=Decimal(7))
        self.assert_says(score, "Score: 2.5 → 7")
        places = {
            (name, column)
            for name, table in history_tables().items()
            for column, field in fields_of(name).items()
            if column in table.shown and getattr(field, "decimal_places", None) == MONEY_PLACES
        }
        self.assertEqual(places, {("rentals_payment", "amount")})

    def test_secret_and_personal_values_are_said_to_be_unrecorded(self) -> None:
        infraction = make_infraction(make_vehicle(), make_officer()[0], comments="Parked on the lawn.")
        infraction.comments = "Parked on the road."
        infraction.save()
        self.assert_says(infraction, "Comments: changed; the value is not recorded")
        self.assert_says(infraction, "Comentarios: cambió; el valor no se registra", language="es")
        self.assertNotIn("Parked on", self.shown(page(infraction)))

    def test_a_long_text_is_shown_from_where_it_changed(self) -> None:
        book = make_book(description="Once upon a time. " * 30 + "They were happy.")
        Book.objects.filter(pk=book.pk).update(description="Once upon a time. " * 30 + "They were sad.")
        shown = self.shown(page(book))
        for text in ("Once upon a time. They were happy.", "Once upon a time. They were sad."):
            self.assertIn(text, shown)
        self.assertLess(shown.count("Once upon a time."), 10)

    def test_the_rights_of_an_account_are_named(self) -> None:
        group = self.librarian.groups.get()
        self.other.groups.add(group)
        self.other.user_permissions.add(Permission.objects.get(codename="add_book"))
        Authenticator.objects.create(user=self.other, type="totp", data={"secret": "x"})
        self.other.groups.remove(group)
        name = f'<a class="text-primary-600 underline dark:text-primary-500" href="{page(group, "change")}">'
        self.assert_says(self.other, f"Grupo: {name}<bdi>Personal de biblioteca</bdi></a>", language="es")
        shown = self.shown(page(self.other), "es")
        for text in ("Grupos: se añadió", "Grupos: se borró", "Permiso: Biblioteca: añadir libros"):
            self.assertIn(text, shown)
        self.assertIn("Segundo factor: se añadió", shown)

    def test_a_row_that_was_deleted_shows_what_it_had(self) -> None:
        device = make_device("d-1", note="Broken screen.")
        sql("DELETE FROM devices_device")
        shown = self.shown(f"{LIST}?table={Device._meta.db_table}&row=d-1")
        self.assertIn("Note: Broken screen.", LINE.findall(shown))
        self.assertNotIn("Broken screen. →", shown)
        self.assertNotIn(page(device, "change"), shown)

    def test_the_deletion_of_old_entries_has_labels(self) -> None:
        changes = {"before": "2025-03-01T09:30:00+00:00", "number": 1204}
        entry = {"table_name": HistoryEntry._meta.db_table, "row_key": "", "act": "prune", "changes": changes}
        made = HistoryEntry.objects.create(at=AT, door="command", request_id="", **entry)
        for path in (LIST, page(made, "change")):
            shown = self.shown(path, "es")
            for text in ("Historial", "e borró el historial antiguo", "Número de entradas: 1204"):
                self.assertIn(text, shown)
            self.assertIn("Entradas anteriores a: 1 de marzo de 2025", shown)
            self.assertNotIn("Before: 2025", self.shown(path))

    def test_every_table_and_column_has_a_name_in_spanish(self) -> None:
        untranslated = []
        for name, table in history_tables().items():
            entry = HistoryEntry(table_name=name)
            for text in (partial(table_title, name), *(partial(column_title, entry, one) for one in table.recorded)):
                with override("en"):
                    english = text()
                with override("es"):
                    spanish = text()
                if spanish == english and spanish not in SAME_IN_SPANISH:
                    untranslated.append(f"{name}: {spanish}")
        self.assertEqual(untranslated, [])


class RightsTests(TextTestCase):
    def setUp(self) -> None:
        self.vehicle = make_vehicle("AAA-1", owner=make_person(name="Ann Lee"))
        Vehicle.objects.filter(pk=self.vehicle.pk).update(owner=make_person(name="Bob Ray"), color="blue")
        HistoryEntry.objects.filter(table_name="infractions_vehicle").update(user_id=self.reader.pk)

    def test_values_name_only_rows_that_the_reader_may_view(self) -> None:
        self.sign_in("vehicle")
        shown = self.shown(page(self.vehicle))
        lines = LINE.findall(shown)
        self.assertIn("Owner: not shown to you → not shown to you", lines)
        self.assertIn("Color: red → blue", lines)
        for secret in ("Ann Lee", "Bob Ray", f"person/{self.vehicle.owner_id}"):
            self.assertNotIn(secret, shown)

    def test_people_appear_as_to_residents_to_staff_who_may_not_view_accounts(self) -> None:
        self.sign_in("vehicle")
        shown = self.shown(page(self.vehicle))
        self.assertIn("<bdi>Rita Reader</bdi> (", shown)
        self.assertNotIn(page(self.reader, "change"), shown)
        self.sign_in("vehicle", "user")
        self.assertIn("Rita Reader (reader)", self.shown(page(self.vehicle)))

    def test_officers_are_named_only_to_staff_who_may_view_them(self) -> None:
        officer, _token = make_officer("B-7", name="Olga Officer")
        HistoryEntry.objects.update(officer_id=officer.pk)
        self.sign_in("vehicle")
        shown = self.shown(page(self.vehicle))
        self.assertIn("an officer (", shown)
        self.assertNotIn("Olga", shown)
        self.assertNotIn("B-7", shown)

    @tag("slow")
    def test_the_list_has_only_rows_that_the_reader_may_view(self) -> None:
        book = make_book("Dune")
        self.sign_in("historyentry", "book")
        shown = self.shown(LIST)
        self.assertIn("Dune", shown)
        self.assertNotIn("AAA-1", shown)
        self.assertNotIn('value="infractions_vehicle"', shown)
        for entry in HistoryEntry.objects.all():
            status = 200 if entry.table_name == "books_book" else 302  # as for an entry that does not exist
            self.assertEqual(self.client.get(page(entry, "change")).status_code, status, entry)
        hidden = HistoryEntry.objects.get(table_name="infractions_vehicle", act="insert", row_key=self.vehicle.pk)
        for query in (f"row={self.vehicle.pk}", "table=infractions_vehicle", f"q={hidden.request_id or 'x'}"):
            self.assertNotIn("AAA-1", self.shown(f"{LIST}?{query}"))
        self.assertIn(f'href="{page(book, "change")}"', shown)

    def test_what_belongs_to_a_row_is_shown_with_the_right_to_the_row(self) -> None:
        self.reader.groups.add(Group.objects.get(name="Librarians"))
        for permissions, is_shown in {("vehicle",): False, ("user",): True}.items():
            self.sign_in("historyentry", *permissions)
            entries = self.client.get(LIST).context["cl"].result_list
            self.assertEqual("accounts_user_groups" in {entry.table_name for entry in entries}, is_shown)

    def test_a_request_id_leads_to_the_changes_of_the_request_for_those_who_may_search(self) -> None:
        HistoryEntry.objects.update(request_id="r-1")
        link = f'href="{LIST}?q=r-1"'
        self.sign_in("vehicle")
        self.assertIn("r-1", self.shown(page(self.vehicle)))
        self.assertNotIn(link, self.shown(page(self.vehicle)))
        self.sign_in("vehicle", "historyentry")
        self.assertIn(link, self.shown(page(self.vehicle)))


@tag("slow")
class StatementTests(TextTestCase):
    """The number of statements is the same for any number of rows that the entries name."""

    def count(self, path: str) -> int:
        self.client.get(path)
        with CaptureQueriesContext(connection) as captured:
            self.shown(path)
        return len(captured)

    def change(self, vehicle: Vehicle, number: int) -> None:
        for user in User.objects.order_by("pk")[:number]:
            officer, _token = make_officer(user=make_user(f"officer{Officer.objects.count()}"))
            infraction = make_infraction(vehicle, officer)
            Vehicle.objects.filter(pk=vehicle.pk).update(owner=make_person())
            Infraction.objects.filter(pk=infraction.pk).update(owner=make_person(), officer=make_officer()[0])
            user.user_permissions.add(*Permission.objects.order_by("pk")[:number])
            newest = HistoryEntry.objects.order_by("-pk").values("pk")[:9]
            HistoryEntry.objects.filter(pk__in=newest).update(user_id=user.pk, officer_id=officer.pk, at=timezone.now())

    def test_the_pages(self) -> None:
        self.client.force_login(self.admin)
        vehicle, counts = make_vehicle(), []
        for number in (1, 5):
            self.change(vehicle, number)
            newest = HistoryEntry.objects.filter(table_name="infractions_infraction").latest("pk")
            rows = (vehicle, Infraction.objects.get(pk=newest.row_key), self.reader)
            counts.append([self.count(path) for path in (LIST, *map(page, rows))])
        self.assertEqual(counts[0], counts[1])
