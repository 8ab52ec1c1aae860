"""A served site on a database of its own, with clients that write while a fault is caused (see `drill_faults`)."""

import io
import os
import subprocess
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from itertools import count
from pathlib import Path
from time import sleep
from typing import Any, ClassVar

from django.core.management import CommandError, call_command
from django.db import connection
from django.test import SimpleTestCase, override_settings
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import access_token, make_user
from books.models import Book
from books.tests.builders import make_book
from common.models import Mail
from common.outbox import MAX_DELAY, send_waiting
from devices.models import Device
from devices.tests.builders import device_body
from infractions.models import Infraction
from infractions.tests.builders import make_officer, make_vehicle
from project.config import values
from project.local import command_line, migrated_cluster
from project.local.cluster import Cluster, copy_data, remove_with_process, throwaway_folder
from project.tests import drills
from project.tests.server.ledger import ANSWER_SECONDS, Load, Write
from project.tests.server.mail_server import MailServer
from project.tests.server.servers import Gunicorn, eventually
from questions.models import Question
from rentals.models import Payment, Rental
from scores.models import Score

RATE = float(os.environ.get("DRILL_RATE", "100"))
CALM_SECONDS = 3  # of writes before a fault and after it
RECOVERY_SECONDS = 5  # after a fault has ended, within which requests succeed again
RESIDENTS, BOOKS = 40, 250
MAX_CONNECTIONS = 60
COLUMNS = ("fault", "acknowledged", "refused", "cut off", "slowest", "recovered in", "lost", "twice", "verify", "mails")


class FaultCase(SimpleTestCase):
    databases = {"default"}
    rows: ClassVar[list[tuple[str, ...]]] = []
    numbers: "ClassVar[count[int]]" = count(1)  # of writes, over all drills
    cluster: Cluster
    url: str  # of its database
    server: Gunicorn
    mails: MailServer
    mail_url: str
    media: Path
    is_root: bool
    admin: User
    residents: list[User]
    books: list[Book]
    token: str  # of an officer

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.start_database()
        cls.mails = MailServer()
        cls.addClassCleanup(lambda: cls.mails.close())
        cls.mail_url = f"smtp://127.0.0.1:{cls.mails.port}"
        cls.enterClassContext(override_settings(**values.mail(cls.mail_url)))
        cls.media = Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="townhall-drill-")))
        cls.is_root = os.geteuid() == 0
        if cls.is_root:
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(cls.media)], check=True)  # noqa: S603, S607
            cls.addClassCleanup(subprocess.run, ["umount", str(cls.media)], check=True)
        cls.admin = make_user("admin", is_superuser=True)
        cls.residents = [make_user(f"resident{number}") for number in range(RESIDENTS)]
        cls.books = [make_book(f"Book {number}", copies=1000) for number in range(BOOKS)]
        cls.token = make_officer()[1]
        make_vehicle("AAA-123")
        cls.server = cls.serve()
        cls.addClassCleanup(cls.server.stop)

    @classmethod
    def start_database(cls) -> None:
        """Starts a durable cluster: that of the tests may lose what it has committed."""
        kept = command_line.PROJECT / ".run" / "tests" / migrated_cluster.version(command_line.PROJECT)
        folder = throwaway_folder()
        cls.addClassCleanup(remove_with_process(folder))
        copy_data(kept, folder / "data")
        cls.cluster = Cluster(folder)
        cls.cluster.settings |= {"max_connections": str(MAX_CONNECTIONS)}
        url = f"{cls.cluster.enter().rpartition('/')[0]}/{migrated_cluster.NAME}"
        cls.addClassCleanup(cls.cluster.leave)
        before = connection.settings_dict.copy()
        connection.close()
        connection.settings_dict.update(values.database(url))
        cls.addClassCleanup(connection.settings_dict.update, before)
        cls.addClassCleanup(connection.close)
        cls.url = url

    @classmethod
    def serve(cls) -> Gunicorn:
        server = Gunicorn(
            DATABASE_URL=cls.url,
            EMAIL_URL=cls.mail_url,
            MAX_RENTALS="1000",
            MEDIA_ROOT=str(cls.media),
            WEB_CONCURRENCY="2",
        )
        eventually(lambda: server.get("/readyz")[0].status == 200)
        return server

    @classmethod
    def tearDownClass(cls) -> None:
        drills.report("faults", COLUMNS, cls.rows, f"{RATE:.0f} new writes a second")
        super().tearDownClass()

    def new_write(self, number: int) -> Write:
        """Returns one of six kinds of writes."""
        turn, kind = divmod(number, 6)
        resident = self.residents[turn % RESIDENTS]
        book = self.books[turn // RESIDENTS % BOOKS]
        text = f"write {number}"
        admin, own = f"Bearer {access_token(self.admin)}", f"Bearer {access_token(resident)}"
        return (
            Write(("score", float(number + 1)), "/api/v3/scores/", {"input_value": number}, own),
            Write(("question", text), "/api/v3/questions/", {"title": text, "description": text}, own),
            Write(("rental", resident.pk, book.pk), "/api/v3/book_rentals/", {"book": book.pk}, own),
            Write(("payment", text), "/api/v3/payments/", {"user": resident.pk, "amount": "0.01", "note": text}, admin),
            Write(
                ("infraction", text),
                "/api/v3/infractions/",
                {"license_plate": "AAA-123", "comments": text},
                f"Token {self.token}",
            ),
            Write(
                ("device", f"device-{number}"),
                "/api/v3/devices/",
                device_body(f"device-{number}"),
                admin,
            ),
        )[kind]

    def rows_by_identity(self) -> Counter[tuple[Any, ...]]:
        found: Counter[tuple[Any, ...]] = Counter()
        for name, queryset in {
            "score": Score.objects.values_list("score"),
            "question": Question.objects.values_list("title"),
            "rental": Rental.objects.values_list("user_id", "book_id"),
            "payment": Payment.objects.values_list("note"),
            "infraction": Infraction.objects.values_list("comments"),
            "device": Device.objects.values_list("slug"),
        }.items():
            found.update((name, *row) for row in queryset)
        return found

    def drill(self, fault: Callable[[], float], *, port: int = 0, refuses: bool = False, cuts: bool = False) -> Load:
        """Writes before, during and after a fault, and checks what is promised.

        `fault` returns when it had ended. Only with `refuses` may requests be answered by 503, and only with `cuts` may
        a connection end without an answer.
        """
        load, ended = self.write_around(fault, port=port or self.server.port)
        acknowledged, failures = load.acknowledged(), load.failures()
        wrong_rows = self.wrong_rows(acknowledged)
        refused = [attempt for attempt in failures if attempt.result == 503]
        cut_off = [attempt for attempt in failures if isinstance(attempt.result, str)]
        unclear = [attempt for attempt in failures if attempt not in cut_off and not attempt.is_clear]
        slowest = max(attempt.answered - attempt.sent for attempt in load.attempts)
        recovered = load.recovery_seconds(since=ended)
        numbers, times = (len(acknowledged), len(refused), len(cut_off)), (f"{slowest:.1f} s", f"{recovered:.1f} s")
        figures = (*numbers, *times, *map(len, wrong_rows))
        self.rows.append((drills.name_of(self._testMethodName), *map(str, figures)))
        self.assertTrue(acknowledged)
        self.assertEqual(wrong_rows, ([], [], [], []))
        self.assertEqual(Counter((attempt.result, attempt.said) for attempt in unclear), Counter())
        self.assertTrue(refuses or not refused, Counter(attempt.result for attempt in refused))
        self.assertTrue(cuts or not cut_off, Counter(attempt.result for attempt in cut_off))
        self.assertLessEqual(slowest, ANSWER_SECONDS)
        self.assertLessEqual(recovered, RECOVERY_SECONDS)
        return load

    def write_around(self, fault: Callable[[], float], *, port: int) -> tuple[Load, float]:
        """Writes before, during and after a fault. Returns what was written, and when the fault had ended."""
        load = Load(port, RATE, self.new_write, self.numbers)
        try:
            sleep(CALM_SECONDS)
            ended = fault()
            eventually(lambda: any(attempt.is_success and attempt.sent > ended for attempt in load.attempts))
            sleep(CALM_SECONDS)
        finally:
            load.stop(seconds=2 * ANSWER_SECONDS)
        return load, ended

    def wrong_rows(self, acknowledged: list[Write]) -> tuple[list[Any], ...]:
        """Returns writes without a row, rows that are there twice, what `verify` finds, and unsent receipts."""
        connection.close()
        rows = self.rows_by_identity()
        lost = [write.identity for write in acknowledged if rows[write.identity] == 0]
        twice = [identity for identity, number in rows.items() if number > 1]
        return lost, twice, self.verify(), self.unsent_receipts(acknowledged)

    def verify(self) -> list[str]:
        out = io.StringIO()
        try:
            call_command("verify", stdout=out, stderr=io.StringIO())
        except CommandError:
            return out.getvalue().splitlines()
        return []

    def unsent_receipts(self, acknowledged: list[Write]) -> list[int]:
        """Sends what waits in the outbox, as `send_notices` does, and returns the payments without a receipt."""

        def is_empty() -> bool:
            send_waiting(at=timezone.now() + MAX_DELAY)
            return not Mail.objects.waiting().exists()

        eventually(is_empty)
        text = b"\n".join(self.mails.mails).decode().replace("=\r\n", "")
        paid = [write.answer["id"] for write in acknowledged if write.identity[0] == "payment" and write.answer]
        return [number for number in paid if f"receipt number {number})" not in text]

    @contextmanager
    def probing(self) -> Iterator[list[int]]:
        """Calls /healthz all the time, and asserts that each call is answered by 200."""
        statuses: list[int] = []
        done = threading.Event()

        def probe() -> None:
            while not done.wait(0.2):
                try:
                    statuses.append(self.server.get("/healthz")[0].status)
                except (OSError, HTTPException):
                    statuses.append(0)

        thread = threading.Thread(target=probe)
        thread.start()
        yield statuses
        done.set()
        thread.join()
        self.assertEqual(set(statuses), {200})
