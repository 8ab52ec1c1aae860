"""Invalid charsets in Content-Type."""

from typing import Any

from django.test import RequestFactory, SimpleTestCase

from common.wsgi import Handler, Request

CHARSETS = ("hex", "rot13", "zlib", "punycode", "undefined", "idna", "utf-16", "bogus", "\0", "")


class RequestTests(SimpleTestCase):
    def request(self, content_type: str) -> Request:
        environ: dict[str, Any] = RequestFactory().get("/?q=%C3%A9").environ
        return Handler.request_class({**environ, "CONTENT_TYPE": content_type})

    def test_any_charset_is_read_as_utf8(self) -> None:
        for charset in CHARSETS:
            with self.subTest(charset=charset):
                request = self.request(f"application/json; charset={charset}")
                self.assertEqual(request.GET["q"], "é")
                self.assertEqual(request.content_type, "application/json")
                self.assertEqual(request.content_params, {"charset": charset})

    def test_a_content_type_that_cannot_be_parsed_is_empty(self) -> None:
        for content_type in ("application/json; x*=bogus''%41", "a/b; x*=undefined''%41"):
            with self.subTest(content_type=content_type[:40]):
                request = self.request(content_type)
                self.assertEqual((request.content_type, request.META["CONTENT_TYPE"]), ("", ""))
                self.assertEqual(request.GET["q"], "é")
