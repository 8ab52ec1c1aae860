"""What matters most of the pages, in a real Firefox (`script/test --firefox`)."""

import json
import os
import shutil
from http import HTTPStatus
from pathlib import Path

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.staticfiles.testing import StaticLiveServerTestCase

from accounts.models import User
from accounts.tests.cast import PASSWORD, make_user
from books.models import Book
from project.tests.api.rows import ROW
from project.tests.processes import SAFETY_NET_SECONDS, run
from project.tests.site.pages import page_paths
from questions.models import Question
from rentals.models import Rental

SOURCE = Path(__file__).parent
FILES = ("package.json", "package-lock.json", "journeys.mjs")
FOLDER = settings.BASE_DIR / ".run" / "firefox"
NAMES = ("firefox", "firefox-esr")


def firefox_path() -> str:
    """Returns the path of the machine's Firefox."""
    found = os.environ.get("FIREFOX") or next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        raise FileNotFoundError("No Firefox was found: install one, or name it in FIREFOX.")
    return found


class FirefoxTests(StaticLiveServerTestCase):
    """Takes a resident and a librarian through journeys.mjs, with one browser, and looks at the rows they made."""

    def test_a_resident_and_a_librarian_reach_what_they_came_for(self) -> None:
        rita = make_user("rita", name="Rita Reader")
        EmailAddress.objects.create(user=rita, email=rita.email, primary=True, verified=True)
        make_user("staff", "Librarians", name="Sam Staff", is_staff=True)
        novel = Book.objects.create(name="Don Quixote", author="Miguel de Cervantes", book_type="novel")
        emma = Book.objects.create(name="Emma", author="Jane Austen", book_type="novel")
        FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in FILES:
            shutil.copy(SOURCE / name, FOLDER)
        self.run_tool("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        self.run_tool(
            "node",
            "journeys.mjs",
            SITE=self.live_server_url,
            FIREFOX=firefox_path(),
            USERNAME="rita",
            STAFF="staff",
            PASSWORD=PASSWORD,
            PATHS=json.dumps(self.readable_paths(rita)),
            SAFETY_NET_SECONDS=str(SAFETY_NET_SECONDS),
        )
        self.assertEqual(Question.objects.get().answers, 1)
        self.assertEqual([rental.book for rental in Rental.objects.open()], [novel])
        self.assertEqual(Rental.objects.get(book=emma).user, rita)

    def readable_paths(self, user: User) -> list[str]:
        """Returns the pages without arguments that a resident can read."""
        self.client.force_login(user)
        paths = [path for _name, path in page_paths() if str(ROW) not in path]
        return [path for path in paths if self.client.get(path).status_code == HTTPStatus.OK]

    def run_tool(self, *command: str, **environment: str) -> None:
        done = run(list(command), cwd=FOLDER, env=os.environ | environment)
        self.assertEqual(done.returncode, 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}")
