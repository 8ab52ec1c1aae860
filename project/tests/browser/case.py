"""The base class of tests in a real Chromium over HTTP (`script/test --browser`)."""

import gzip
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

from axe_playwright_python.sync_playwright import Axe
from django.apps import apps
from django.contrib.staticfiles.testing import StaticLiveServerTestCase
from django.core import mail
from django.db.migrations import RunPython
from django.db.migrations.loader import MigrationLoader
from django.template.defaultfilters import floatformat
from django.test import Client
from django.utils.translation import gettext, override
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from accounts.models import User
from accounts.tests.cast import enter_sudo
from common.templatetags.money import money
from project.tests.processes import SAFETY_NET_SECONDS

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
    "true"  # Playwright keeps an event loop in this thread, which nothing here uses
)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 1000
LIMIT = 100_000  # bytes of a page with all that it loads
LINK = re.compile(r"https?://\S+")


def chromium_path() -> str:
    """Returns the path of the machine's browser."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        raise FileNotFoundError(
            "No Chromium was found: install one (Debian, Ubuntu: apt install chromium), or name it in CHROMIUM."
        )
    return found


def restore_staff_groups() -> None:
    """The test before has emptied all tables. (`serialized_rollback` looks at another connection than the one that it
    kept the rows with: Playwright's event loop gives this thread two.)"""
    for migration in MigrationLoader(None).disk_migrations.values():
        for operation in migration.operations:
            if isinstance(operation, RunPython) and getattr(operation.code, "__name__", "") == "give":
                operation.code(apps, None)  # type: ignore[arg-type]


class BrowserTestCase(StaticLiveServerTestCase):
    """Starts a browser for the class and a profile for each person. Fails if a page logs an error."""

    browser: ClassVar[Browser]
    language: ClassVar[str] = "en"
    is_sudo: ClassVar[bool] = False  # whether those who are signed in have just entered their passwords

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        playwright = cls.enterClassContext(sync_playwright())
        expect.set_options(timeout=SAFETY_NET_SECONDS * SECONDS)
        cls.browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        cls.addClassCleanup(cls.browser.close)

    def setUp(self) -> None:
        restore_staff_groups()
        self.complaints: list[str] = []
        self.addCleanup(lambda: self.assertEqual(self.complaints, []))

    def person(self, user: User | None = None, **options: Any) -> Page:
        """Opens a page in a new profile, signed in as the user if given."""
        options = {"locale": self.language, **options}
        context = self.browser.new_context(base_url=self.live_server_url, **options)
        context.set_default_timeout(SAFETY_NET_SECONDS * SECONDS)
        self.addCleanup(context.close)
        if user is not None:
            self.sign_in(context, user)
        page = context.new_page()
        page.on("console", self.heard)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        return page

    def sign_in(self, context: BrowserContext, user: User) -> None:
        client = Client()
        client.force_login(user)
        if self.is_sudo:
            enter_sudo(client)
        session = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": self.live_server_url}])

    def heard(self, message: Any) -> None:
        """Collects the errors of the browser: scripts, the content security policy, missing files."""
        refused = "the server responded with a status of 4" in message.text  # a form that was refused, on purpose
        if message.type == "error" and not (refused and "/static/" not in str(message.location)):
            self.complaints.append(f"{message.location.get('url')}: {message.text}")

    def word(self, text: str, **values: Any) -> str:
        """Returns a text of the site in the language of the test."""
        with override(self.language):
            return gettext(text) % values if values else gettext(text)

    def number(self, amount: str) -> str:
        with override(self.language):
            return floatformat(amount, "2g")

    def amount(self, amount: str) -> str:
        with override(self.language):
            return money(Decimal(amount))

    def press(self, place: Any, text: str) -> None:
        place.get_by_role("button", name=self.word(text), exact=True).click()

    def press_link(self, place: Any, text: str) -> None:
        place.get_by_role("link", name=self.word(text), exact=True).click()

    def mailed_link(self, recipient: str) -> str:
        """Returns the path of the link in the last mail to a recipient."""
        last = [message for message in mail.outbox if recipient in message.to][-1]
        return "/" + LINK.findall(str(last.body))[0].split("/", 3)[3]

    def assert_accessible(self, page: Page) -> None:
        found = Axe().run(page)
        self.assertEqual(found.violations_count, 0, f"{page.url}\n{found.generate_report()}")

    def assert_fits(self, page: Page) -> None:
        """Asserts that the page does not scroll sideways."""
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        self.assertLessEqual(wide, 0, f"{page.url} is {wide} pixels too wide")

    @contextmanager
    def assert_light(self, page: Page, limit: int = LIMIT) -> Iterator[None]:
        """Asserts that everything loaded in the block stays under the limit, compressed as it is served."""
        sizes: dict[str, int] = {}

        def received(response: Any) -> None:
            if response.ok:
                body = response.body()
                is_compressed = "/static/" in response.url or "content-encoding" in response.headers
                sizes[response.url] = len(gzip.compress(body)) if is_compressed else len(body)

        page.on("response", received)
        yield
        page.wait_for_load_state("networkidle")
        page.remove_listener("response", received)
        self.assertLess(sum(sizes.values()), limit, sizes)

    def shoot(self, page: Page, name: str) -> None:
        """Saves a screenshot in the folder SCREENSHOTS, if that is set."""
        if folder := os.environ.get("SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=Path(folder, f"{name}.png"), full_page=True)
