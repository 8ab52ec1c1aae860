"""The server as operators run it: its log, its metrics over all workers, and how it stops."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.test import SimpleTestCase

from common.models import ThrottleWindow
from project.tests.processes import SAFETY_NET_SECONDS
from project.tests.server.servers import Gunicorn, database_url, eventually


class GunicornTests(SimpleTestCase):
    databases = {"default"}
    server: Gunicorn

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.server = Gunicorn(WEB_CONCURRENCY="2", TRUSTED_PROXIES="1")
        cls.addClassCleanup(cls.server.stop)

    def count(self, view: str) -> float:
        """Returns how many requests to a view the metrics count."""
        page = self.server.get("/metrics")[1]
        lines = re.findall(
            rf'^http_requests_total\{{method="GET",status="\d+",view="{view}"\}} (.+)$', page, re.MULTILINE
        )
        return sum(map(float, lines))

    def test_metrics_add_up_all_workers_including_those_that_ended(self) -> None:
        before = self.count("questions")
        for _ in range(12):
            self.server.get("/api/v3/questions/")
        self.assertEqual(self.count("questions"), before + 12)
        old = self.server.workers()
        for worker in old:
            os.kill(worker, signal.SIGKILL)
        eventually(lambda: len(set(self.server.workers()) - set(old)) == 2)
        eventually(lambda: self.server.get("/healthz")[0].status == 200)
        for _ in range(12):
            self.server.get("/api/v3/questions/")
        self.assertEqual(self.count("questions"), before + 24)
        folder = Path(f"/proc/{self.server.workers()[0]}/environ").read_bytes().decode()
        self.assertNotIn("PROMETHEUS", folder)  # made by the server itself

    def test_metrics_are_404_through_a_proxy(self) -> None:
        self.assertEqual(self.server.get("/metrics", X_Forwarded_For="203.0.113.7")[0].status, 404)

    def test_the_log_is_json_with_the_request_and_the_user(self) -> None:
        answer, _ = self.server.get("/api/v3/books/?q=needle-in-query", X_Request_ID="from.the-proxy_1")
        self.assertEqual(answer.headers["X-Request-ID"], "from.the-proxy_1")
        line = next(line for line in self.server.lines() if line["request_id"] == "from.the-proxy_1")
        self.assertEqual(
            (line["level"], line["method"], line["path"], line["status"], line["user_id"]),
            ("INFO", "GET", "/api/v3/books/", 200, None),
        )
        self.assertGreater(line["duration_ms"], 0)
        self.assertRegex(line["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$")
        self.assertNotIn("needle", self.server.said(self.server.log))
        self.assertEqual(self.server.said(self.server.errors), "")

    def test_statements_of_the_server_have_a_timeout(self) -> None:
        self.server.get("/api/v3/questions/")
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            self.assertEqual(cursor.fetchone(), ("0",))  # ours has none: it is a command
        code = (
            "import project.wsgi; from django.db import connection as c; u = c.cursor();"
            "u.execute('SHOW statement_timeout'); print(u.fetchone()[0])"
        )
        environment = {**os.environ, "DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "project.settings"}
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-c", code],
            cwd=settings.BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(done.stdout, "30s\n", done.stderr)

    def test_probes_answer_any_host_and_are_not_logged(self) -> None:
        for path in ("/healthz", "/readyz", "/metrics"):
            self.assertEqual(self.server.get(path, Host="10.1.2.3:8000")[0].status, 200)
        self.assertNotIn("/healthz", [line.get("path") for line in self.server.lines()])
        self.assertEqual(self.server.get("/api/v3/books/", Host="10.1.2.3:8000")[0].status, 400)

    def test_gunicorn_ignores_the_headers_of_a_local_proxy(self) -> None:
        page = self.server.get("/swagger.json", X_Forwarded_Proto="http", X_Forwarded_Ssl="on")[1]
        self.assertIn('"schemes": ["http"]', page)


class StopTests(SimpleTestCase):
    databases = {"default"}

    def test_a_stopping_server_finishes_its_requests_and_accepts_no_new_ones(self) -> None:
        server = Gunicorn(WEB_CONCURRENCY="1")
        self.addCleanup(server.stop)
        self.addCleanup(ThrottleWindow.objects.all().delete)
        eventually(lambda: server.get("/healthz")[0].status == 200)
        body = b'{"input_value": "many"}'
        slow = server.connect()
        slow.putrequest("POST", "/api/v3/scores/")
        slow.putheader("Content-Type", "application/json")
        slow.putheader("Content-Length", str(len(body)))
        slow.endheaders(body[:5])
        eventually(lambda: server.get("/healthz")[0].status == 200)  # by now the worker has begun with the other one
        folder = self.folder_of_metrics(server)
        server.process.send_signal(signal.SIGTERM)
        eventually(lambda: is_refused(server))
        slow.send(body[5:])
        answer = slow.getresponse()
        self.assertEqual((answer.status, b"valid number" in answer.read()), (400, True))  # it was read to its end
        self.assertEqual(server.process.wait(SAFETY_NET_SECONDS), 0)
        self.assertFalse(folder.exists())

    def folder_of_metrics(self, server: Gunicorn) -> Path:
        server.get("/api/v3/nothing/")
        maps = Path(f"/proc/{server.workers()[0]}/maps").read_text()
        found = re.search(r"/\S*/townhall-metrics-\w+", maps)
        return Path(found[0] if found else "/")


def is_refused(server: Gunicorn) -> bool:
    try:
        server.get("/healthz")
    except ConnectionRefusedError:
        return True
    return False


class StartTests(SimpleTestCase):
    def test_a_missing_value_stops_the_server_with_one_line(self) -> None:
        for missing, instead in (("SECRET_KEY", ""), ("JWT_SIGNING_KEY", "short"), ("PORT", "nowhere")):
            with self.subTest(missing):
                environment = {**os.environ, "DOTENV": os.devnull, missing: instead}
                done = subprocess.run(
                    [sys.executable, "-m", "gunicorn", "project.wsgi"],
                    cwd=settings.BASE_DIR,
                    env=environment,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
                self.assertIn(missing, done.stderr)
