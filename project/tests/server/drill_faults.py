"""The drill of faults: `script/drill faults` runs it on this machine and prints a table.

Clients write through the API of a served site while a part of it is killed, stopped, frozen, full or away. Afterwards
each write that was acknowledged must exist exactly once, `manage.py verify` must find nothing, and each receipt must
have been sent. DRILL_RATE is the number of new writes a second.
"""

import io
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any

import psycopg2
from django.db import connection
from PIL import Image

from accounts.tests.cast import access_token
from books.models import Book
from common.models import Mail
from project.local.locks import locked
from project.tests.processes import SAFETY_NET_SECONDS
from project.tests.server.fault_case import FaultCase
from project.tests.server.ledger import ANSWER_SECONDS
from project.tests.server.mail_server import MailServer
from project.tests.server.proxies import Balancer
from project.tests.server.servers import eventually

STOPPED_SECONDS = 5
FROZEN_SECONDS = ANSWER_SECONDS + 5  # longer than any request may wait
END_SESSIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"


class FaultDrill(FaultCase):
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
