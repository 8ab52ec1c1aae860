"""The drill of faults: `script/drill faults` runs it on this machine and prints a table.

Clients write through the API of a served site while a part of it is killed, stopped, frozen, full or away. Afterwards
each write that was acknowledged must exist exactly once, `manage.py verify` must find nothing, and each receipt must
have been sent. DRILL_RATE is the number of new writes a second.
"""

import io
import os
import resource
import signal
import subprocess
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from itertools import count
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any, ClassVar

import psycopg2
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import SimpleTestCase, override_settings
from django.utils import timezone
from PIL import Image

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
from project.local.locks import locked
from project.tests import drills
from project.tests.processes import SAFETY_NET_SECONDS
from project.tests.server.ledger import ANSWER_SECONDS, Load, Write
from project.tests.server.mail_server import MailServer
from project.tests.server.proxies import Balancer
from project.tests.server.servers import Gunicorn, eventually
from questions.models import Question
from rentals.models import Payment, Rental
from scores.models import Score

RATE = float(os.environ.get("DRILL_RATE", "100"))
CALM_SECONDS = 3  # of writes before a fault and after it
STOPPED_SECONDS = 5
FROZEN_SECONDS = ANSWER_SECONDS + 5
RECOVERY_SECONDS = 5  # after a fault has ended, within which requests succeed again
RESIDENTS, BOOKS = 40, 250
MAX_CONNECTIONS = 60
COLUMNS = ("fault", "acknowledged", "refused", "cut off", "slowest", "recovered in", "lost", "twice", "verify", "mails")
END_SESSIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"


class FaultDrill(SimpleTestCase):
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

    def drill(
        self,
        fault: Callable[[], float],
        *,
        port: int = 0,
        refuses: bool = False,
        cuts: bool = False,
    ) -> Load:
        """Writes before, during and after a fault, and checks what is promised.

        `fault` returns when it had ended. Only with `refuses` may requests be answered by 503, and only with `cuts` may
        a connection end without an answer.
        """
        load = Load(port or self.server.port, RATE, self.new_write, self.numbers)
        try:
            sleep(CALM_SECONDS)
            ended = fault()
            eventually(lambda: any(attempt.is_success and attempt.sent > ended for attempt in load.attempts))
            sleep(CALM_SECONDS)
        finally:
            load.stop(seconds=2 * ANSWER_SECONDS)
        connection.close()
        rows = self.rows_by_identity()
        acknowledged = load.acknowledged()
        lost = [write.identity for write in acknowledged if rows[write.identity] == 0]
        twice = [identity for identity, number in rows.items() if number > 1]
        violations = self.verify()
        unsent = self.unsent_receipts(acknowledged)
        failures = load.failures()
        refused = [attempt for attempt in failures if attempt.result == 503]
        cut_off = [attempt for attempt in failures if isinstance(attempt.result, str)]
        wrong = [attempt for attempt in failures if attempt not in cut_off and not attempt.is_clear]
        slowest = max(attempt.answered - attempt.sent for attempt in load.attempts)
        recovered = load.recovery_seconds(since=ended)
        figures = (len(acknowledged), len(refused), len(cut_off), f"{slowest:.1f} s", f"{recovered:.1f} s")
        self.rows.append(
            (
                drills.name_of(self._testMethodName),
                *map(str, figures),
                *(str(len(found)) for found in (lost, twice, violations, unsent)),
            )
        )
        self.assertTrue(acknowledged)
        self.assertEqual((lost, twice, violations, unsent), ([], [], [], []))
        self.assertEqual(Counter((attempt.result, attempt.said) for attempt in wrong), Counter())
        self.assertTrue(refuses or not refused, Counter(attempt.result for attempt in refused))
        self.assertTrue(cuts or not cut_off, Counter(attempt.result for attempt in cut_off))
        self.assertLessEqual(slowest, ANSWER_SECONDS)
        self.assertLessEqual(recovered, RECOVERY_SECONDS)
        return load

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

    def test_a_worker_is_killed(self) -> None:
        def fault() -> float:
            old = self.server.workers()
            os.kill(old[0], signal.SIGKILL)
            eventually(lambda: len(self.server.workers()) == len(old) and old[0] not in self.server.workers())
            return monotonic()

        self.drill(fault, cuts=True)

    def test_an_instance_ends_while_another_serves(self) -> None:
        other = self.serve()
        self.addCleanup(other.stop)
        balancer = Balancer(self.server.port, other.port)
        self.addCleanup(balancer.stop)

        def fault() -> float:
            other.process.send_signal(signal.SIGTERM)
            self.assertEqual(other.process.wait(SAFETY_NET_SECONDS), 0)
            return monotonic()

        load = self.drill(fault, port=balancer.server_port)
        self.assertEqual(load.failures(), [])

    def test_the_database_stops_hard(self) -> None:
        def fault() -> float:
            self.cluster.pg_ctl("stop", "--mode=immediate")
            with self.probing():
                sleep(STOPPED_SECONDS)
            connection.close()
            with locked(self.cluster.folder / "lock") as lock:
                self.cluster.start(lock)
            return monotonic()

        self.drill(fault, refuses=True)

    def test_the_database_freezes(self) -> None:
        def fault() -> float:
            postmaster = self.cluster.read_pidfile()[0].strip()
            children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
            frozen = [int(process) for process in (postmaster, *children)]
            for process in frozen:
                os.kill(process, signal.SIGSTOP)
            try:
                with self.probing():
                    sleep(FROZEN_SECONDS)
            finally:
                for process in frozen:
                    with suppress(ProcessLookupError):
                        os.kill(process, signal.SIGCONT)
            return monotonic()

        self.drill(fault, refuses=True)

    def test_all_connections_are_taken(self) -> None:
        def fault() -> float:
            where = connection.settings_dict
            taken: list[Any] = []
            with self.probing():
                end = monotonic() + STOPPED_SECONDS
                while monotonic() < end:
                    try:
                        taken.append(
                            psycopg2.connect(
                                host=where["HOST"], port=where["PORT"], user=where["USER"], dbname="postgres"
                            )
                        )
                    except psycopg2.OperationalError:
                        with taken[0].cursor() as cursor:
                            cursor.execute(END_SESSIONS, [where["NAME"]])
                        taken[0].commit()
            for one in taken:
                one.close()
            return monotonic()

        self.drill(fault, refuses=True)

    def test_the_disk_for_images_is_full(self) -> None:
        book = self.books[0]
        before = self.put_image(book)
        self.assertEqual(before[0], 200, before)
        kept, files = Book.objects.get(pk=book.pk).image.name, self.files()
        refused: list[Any] = []

        def fault() -> float:
            with self.full_disk():
                refused.extend(self.put_image(book) for _ in range(3))
            return monotonic()

        self.drill(fault)
        for status, headers, body in refused:
            self.assertEqual(
                (status, headers["Content-Type"], "Retry-After" in headers), (503, "application/json", True), body
            )
        self.assertEqual((Book.objects.get(pk=book.pk).image.name, self.files()), (kept, files))
        self.assertEqual(self.put_image(book)[0], 200)
        self.assertEqual(len(self.files()), len(files))

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.media)) for path in self.media.rglob("*") if path.is_file())

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        """Leaves no room for an image: root fills a small file system, and others limit the files of the workers."""
        if self.is_root:
            filler = self.media / "filler"
            with filler.open("wb", buffering=0) as file, suppress(OSError):
                while file.write(bytes(4096)):
                    pass
            yield
            filler.unlink()
            return
        for worker in self.server.workers():
            resource.prlimit(worker, resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
        yield
        for worker in self.server.workers():
            resource.prlimit(worker, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def put_image(self, book: Book) -> tuple[int, Any, bytes]:
        picture = io.BytesIO()
        Image.frombytes("RGB", (100, 150), Random(1).randbytes(45_000)).save(picture, "PNG")
        head = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
        headers = {
            "Authorization": f"Bearer {access_token(self.admin)}",
            "Content-Type": "multipart/form-data; boundary=x",
        }
        client = self.server.connect()
        client.request("PUT", f"/api/v3/books/{book.pk}/image/", head + picture.getvalue() + b"\r\n--x--\r\n", headers)
        answer = client.getresponse()
        body = answer.read()
        client.close()
        return answer.status, answer.headers, body

    def test_the_mail_server_is_away(self) -> None:
        def fault() -> float:
            kept, port = self.mails.mails, self.mails.port
            self.mails.close()
            sleep(STOPPED_SECONDS)
            type(self).mails = MailServer(port=port)
            self.mails.mails = kept
            return monotonic()

        self.drill(fault)
        self.assertGreater(Mail.objects.filter(attempts__gt=1).count(), 0)
