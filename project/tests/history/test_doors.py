"""Who changes what, and by which way: the API, a page, the back office and a command."""

from io import StringIO

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import PASSWORD, CastTestCase, enter_sudo
from books.models import Book
from books.tests.builders import make_book
from devices.models import Device
from devices.tests.builders import device_body, make_device
from infractions.models import Infraction, Officer
from infractions.tests.builders import make_officer, make_vehicle
from project.tests.history.entries import Recorded
from questions.models import Question, Vote
from questions.tests.builders import make_question
from rentals.models import Rental
from rentals.tests.builders import make_rental

REQUEST_ID = "request-of-the-test"
# What is no id, and would otherwise be part of a statement and of a header.
ODD_REQUEST_IDS = ("é", "\u0661", "a\r\nX: y", "a\n", "\0", "x" * 65, "x" * 9000, "'", "', true); --", "a b", "%s", "")


class DoorTests(CastTestCase):
    def test_a_call_of_the_api_by_a_user(self) -> None:
        book, recorded = make_book(), Recorded()
        call = self.call(
            "PATCH", f"/api/v3/books/{book.pk}/", {"copies": 5}, by=self.admin, **{"X-Request-ID": REQUEST_ID}
        )
        self.assert_status(call, 200)
        self.assertEqual(recorded.acts(), [(str(book.pk), "update", {"copies": [1, 5]})])
        self.assertEqual(recorded.context(), ("api", self.admin.pk, None, REQUEST_ID))

    def test_an_odd_request_id_is_replaced(self) -> None:
        book = make_book()
        for number, odd in enumerate(ODD_REQUEST_IDS, start=2):
            with self.subTest(odd[:20]):
                recorded, headers = Recorded(), {"X-Request-ID": odd}
                call = self.call("PATCH", f"/api/v3/books/{book.pk}/", {"copies": number}, by=self.admin, **headers)
                self.assert_status(call, 200)
                door, user_id, officer_id, request_id = recorded.context()
                self.assertEqual((door, user_id, officer_id), ("api", self.admin.pk, None))
                self.assertRegex(request_id, r"\A[0-9a-f]{32}\Z")
                self.assertEqual(call.headers["X-Request-ID"], request_id)

    def test_a_long_request_id_is_kept(self) -> None:
        book, recorded, longest = make_book(), Recorded(), "A.z_9-" + "x" * 58
        self.call("PATCH", f"/api/v3/books/{book.pk}/", {"copies": 2}, by=self.admin, **{"X-Request-ID": longest})
        self.assertEqual(recorded.context(), ("api", self.admin.pk, None, longest))

    def test_a_call_of_the_api_by_an_officer(self) -> None:
        officer, token = make_officer()
        body, recorded = {"license_plate": make_vehicle().license_plate, "comments": "Parked."}, Recorded()
        made = self.assert_status(self.call("POST", "/api/v3/infractions/", body, authorization=f"Token {token}"), 201)
        self.assertEqual(recorded.acts(Infraction), [(str(made["id"]), "insert", {})])
        door, user_id, officer_id, request_id = recorded.context(Infraction)
        self.assertEqual((door, user_id, officer_id), ("api", None, officer.pk))
        self.assertRegex(request_id, "^[0-9a-f]{32}$")
        self.assertEqual(recorded.entries(Officer), [])  # the last use of the token is no change

    def test_the_rotation_of_an_officers_token(self) -> None:
        officer, _token = make_officer()
        recorded = Recorded()
        self.assert_status(
            self.call("POST", f"/api/v3/officers/{officer.pk}/token/", {"password": PASSWORD}, by=self.admin), 200
        )
        self.assertEqual(recorded.acts(Officer), [(str(officer.pk), "update", {"token_hash": None})])
        self.assertEqual(recorded.context(Officer)[:2], ("api", self.admin.pk))

    def test_a_page(self) -> None:
        question, recorded = make_question(self.other), Recorded()
        self.client.force_login(self.reader)
        self.client.post(reverse("pages:question_vote", args=[question.pk]), {"value": "like"})
        [(_key, act, _changes)] = recorded.acts(Vote)
        self.assertEqual(act, "insert")
        self.assertEqual(recorded.context(Vote)[:3], ("page", self.reader.pk, None))
        self.assertEqual(recorded.entries(Question), [])  # counts and the ranking are derived

    def test_a_sign_in_and_the_use_of_a_session(self) -> None:
        recorded = Recorded()
        self.client.force_login(self.reader)
        self.client.get(reverse("home"))
        self.assertEqual(recorded.entries(), [])

    def test_the_back_office(self) -> None:
        self.client.force_login(self.admin)
        enter_sudo(self.client)
        group, recorded = self.librarian.groups.get(), Recorded()
        form = {"username": "other", "email": "new@example.org", "is_active": "on", "groups": [group.pk]}
        page = reverse("admin:accounts_user_change", args=[self.other.pk])
        self.assertRedirects(self.client.post(page, form), reverse("admin:accounts_user_changelist"))
        key = str(self.other.pk)
        [email] = [changes for changed, act, changes in recorded.acts(User) if "email" in changes and changed == key]
        self.assertIsNone(email["email"])
        self.assertEqual(recorded.acts("accounts_user_groups"), [(key, "insert", {"group_id": [None, group.pk]})])
        self.assertEqual(recorded.context()[:2], ("office", self.admin.pk))

    def test_an_import_in_the_back_office(self) -> None:
        make_device("old", name="Before", model_id="m", note="n")
        self.client.force_login(self.admin)
        recorded = Recorded()
        lines = (
            "id,deviceModel,name,note,serial",
            "/devices/old,/devicemodels/m,After,n,",
            "/devices/new,/devicemodels/m,New,n,",
        )
        file = SimpleUploadedFile("d.csv", "\n".join(lines).encode())
        preview = self.client.post(reverse("admin:devices_device_import"), {"import_file": file})
        self.client.post(reverse("admin:devices_device_process_import"), preview.context["confirm_form"].initial)
        found = {(key, act): changes for key, act, changes in recorded.acts(Device)}
        self.assertEqual(found["new", "insert"], {})
        self.assertEqual(found["old", "update"], {"name": ["Before", "After"]})
        self.assertEqual(recorded.context(Device)[:2], ("office", self.admin.pk))

    def test_a_command(self) -> None:
        question = make_question(self.other)
        recorded = Recorded()
        call_command("update_daily_ranking", stdout=StringIO())
        self.assertEqual(recorded.entries(), [])
        Question.objects.filter(pk=question.pk).update(title="Another")
        self.assertEqual(recorded.acts(), [(str(question.pk), "update", {"title": None})])
        self.assertEqual(recorded.context(), ("command", None, None, ""))

    def test_a_bulk_is_one_entry_for_each_row(self) -> None:
        recorded = Recorded()
        body = [device_body(f"bulk-{number}") for number in range(5)]
        self.assert_status(self.call("POST", "/api/v3/devices/bulk/", body, by=self.admin), 201)
        self.assertEqual(
            {(key, act) for key, act, _ in recorded.acts(Device)}, {(f"bulk-{number}", "insert") for number in range(5)}
        )

    def test_a_rental_and_its_return(self) -> None:
        book, recorded = make_book(), Recorded()
        rental = make_rental(self.reader, book, at=timezone.now())
        self.assert_status(self.call("POST", f"/api/v3/book_rentals/{rental.pk}/return/", by=self.librarian), 200)
        added, returned = recorded.acts(Rental)
        self.assertEqual(added, (str(rental.pk), "insert", {}))
        self.assertEqual(returned[1], "update")
        self.assertEqual(set(returned[2]), {"date_returned"})
        self.assertEqual(recorded.entries(Book), [])  # copies out and times rented are derived
