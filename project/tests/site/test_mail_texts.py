"""What all emails have in common."""

from django.conf import settings
from django.template.loader import render_to_string
from django.test import SimpleTestCase
from django.utils.translation import override


class MailTextTests(SimpleTestCase):
    def test_they_begin_with_a_greeting_and_a_capital_letter(self) -> None:
        folder = settings.BASE_DIR / "templates"
        paths = sorted(folder.glob("*/mail/*.txt"))
        self.assertGreater(len(paths), 10)
        for path in paths:
            for language, greeting in (("en", "Hello,"), ("es", "Hola:")):
                with self.subTest(path=path.name, language=language), override(language):
                    text = render_to_string(str(path.relative_to(folder)), {"content": {"lead": "Books"}})
                    self.assertRegex(text, rf"\A\s*{greeting}\n\n[A-Z]")
