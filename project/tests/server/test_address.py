import errno
import os
import socket
from unittest import mock

from django.test import SimpleTestCase

from project.errors import StartError
from project.server import address


class AddressTests(SimpleTestCase):
    def setUp(self) -> None:
        patcher = mock.patch.dict(os.environ)
        patcher.start()
        self.addCleanup(patcher.stop)
        for name in ("HOST", "PORT", "ALLOWED_HOSTS", "SITE_URL"):
            os.environ.pop(name, None)

    def test_the_default_address_is_the_loopback_address(self) -> None:
        self.assertEqual(address.host_and_port(), ("127.0.0.1", 8000))
        self.assertEqual(address.url(), "http://127.0.0.1:8000")

    def test_a_wrong_port_is_reported(self) -> None:
        for port in ("http", "0", "65536", "-1", "8000.5", "٣"):
            os.environ["PORT"] = port
            with (
                self.subTest(port),
                self.assertRaisesMessage(StartError, f"PORT={port} is invalid: set it to a number"),
            ):
                address.check_available()

    def test_a_wrong_number_of_processes_is_reported(self) -> None:
        os.environ["WEB_CONCURRENCY"] = "many"
        with self.assertRaisesMessage(StartError, "WEB_CONCURRENCY=many is invalid"):
            address.check_available()

    def test_the_address_for_all_interfaces_is_shown_as_one_for_a_browser(self) -> None:
        for host in ("0.0.0.0", "::", "[::]"):  # noqa: S104
            os.environ["HOST"] = host
            self.assertEqual(address.url(), "http://localhost:8000")

    def test_an_ipv6_address_is_in_brackets(self) -> None:
        os.environ["HOST"] = "::1"
        self.assertEqual(address.url(), "http://[::1]:8000")

    def test_a_port_in_use_is_reported_with_a_solution(self) -> None:
        with socket.socket() as other, mock.patch.object(address, "PORT_RELEASE_SECONDS", 0.2):
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            os.environ["PORT"] = str(port)
            with self.assertRaisesRegex(StartError, f"Port {port} on 127.0.0.1 is already in use. .*PORT="):
                address.check_available()
        address.check_available()

    def test_every_error_of_the_address_has_one_line(self) -> None:
        for error, line in (
            (OSError(errno.EADDRINUSE, "in use"), "PORT=8000 script/server"),
            (OSError(errno.EACCES, "denied"), "Port 65535 requires root"),
            (
                OSError(errno.EADDRNOTAVAIL, "not available"),
                r"HOST=h is not an address of this machine \(not available\)",
            ),
        ):
            self.assertRegex(address.explain(error, "h", 65535), line)

    def test_an_unknown_host_name_is_reported(self) -> None:
        os.environ["HOST"] = "no such host"
        with self.assertRaisesRegex(StartError, "HOST=no such host is not an address"):
            address.check_available()

    def test_allowed_hosts_includes_the_address_of_the_server(self) -> None:
        os.environ.update(HOST="192.0.2.7", PORT="8001")
        address.set_defaults()
        self.assertEqual(os.environ["ALLOWED_HOSTS"], "localhost,127.0.0.1,[::1],192.0.2.7")
        self.assertEqual(os.environ["SITE_URL"], "http://192.0.2.7:8001")

    def test_given_values_are_not_changed(self) -> None:
        os.environ.update(HOST="192.0.2.7", ALLOWED_HOSTS="a.example", SITE_URL="https://a.example")
        address.set_defaults()
        self.assertEqual((os.environ["ALLOWED_HOSTS"], os.environ["SITE_URL"]), ("a.example", "https://a.example"))
