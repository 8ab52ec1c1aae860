"""What the project's worker adds to that of gunicorn."""

import socket
from types import SimpleNamespace
from unittest import mock

from django.test import RequestFactory, SimpleTestCase, TestCase
from gunicorn.workers.gthread import ThreadWorker

from common.wsgi import Handler
from project.monitoring.logging import REQUEST_ID
from project.server import worker


class Silent:
    """The body of a request whose client stopped sending."""

    def read(self, *sizes: int) -> bytes:
        raise BlockingIOError

    readline = read


class SilentClientTests(TestCase):
    def test_a_client_that_stops_sending_gets_an_answer(self) -> None:
        request = RequestFactory().post("/api-token-auth/", b"{}", content_type="application/json")
        handler = Handler()
        handler.load_middleware()
        body = {"wsgi.input": Silent(), "HTTP_HOST": "localhost"}
        response = handler.get_response(handler.request_class(request.environ | body))
        self.assertEqual((response.status_code, response["Content-Type"]), (408, "application/json"))


class WorkerTests(SimpleTestCase):
    def setUp(self) -> None:
        self.worker = worker.Worker.__new__(worker.Worker)

    def test_a_client_that_stops_sending_is_disconnected(self) -> None:
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        with (
            mock.patch.object(worker, "CLIENT_TIMEOUT_SECONDS", 1),
            mock.patch.object(ThreadWorker, "enqueue_req") as enqueue,
        ):
            self.worker.enqueue_req(SimpleNamespace(sock=ours))
        enqueue.assert_called_once()
        ours.setblocking(True)  # as gunicorn does
        with self.assertRaises(BlockingIOError):
            ours.recv(1)

    def test_a_request_does_not_start_with_the_id_of_another(self) -> None:
        token = REQUEST_ID.set("another")
        self.addCleanup(REQUEST_ID.reset, token)
        with mock.patch.object(ThreadWorker, "handle", side_effect=lambda conn: REQUEST_ID.get()):
            self.assertIsNone(self.worker.handle(None))
