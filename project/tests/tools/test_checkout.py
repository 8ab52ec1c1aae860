"""A clone on Windows, where Git may be set to end lines with CR and LF."""

import shutil
import subprocess
import tempfile
from pathlib import Path
from unittest import skipUnless

from django.conf import settings
from django.test import SimpleTestCase, tag


@skipUnless(Path(settings.BASE_DIR, ".git").exists() and shutil.which("git"), "an image has no repository")
class CheckoutTests(SimpleTestCase):
    @tag("slow")
    def test_no_text_ends_its_lines_with_a_carriage_return(self) -> None:
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        command = ["git", "clone", "--quiet", "--depth=1", "--config=core.autocrlf=true", f"file://{settings.BASE_DIR}"]
        subprocess.run([*command, folder], check=True, capture_output=True)  # noqa: S603
        files = [path for path in Path(folder).rglob("*") if path.is_file() and ".git" not in path.parts]
        self.assertIn(Path(folder, "entrypoint.sh"), files)
        found = [str(path) for path in files if b"\r\n" in (data := path.read_bytes()) and b"\0" not in data]
        self.assertEqual(found, [])
