"""Every page is accessible, fits a small screen and is small; the browser reports no errors.

SCREENSHOTS names a folder for pictures of them:
`SCREENSHOTS=shots script/test --browser project.tests.browser.browse_pages`
"""

from collections.abc import Iterator
from itertools import product

from allauth.account.models import EmailAddress
from playwright.sync_api import Page

from accounts.models import User
from accounts.tests.cast import make_user
from infractions.models import Person
from project.tests.api.rows import ROW, make_rows
from project.tests.browser.case import BrowserTestCase
from project.tests.site.pages import page_paths

UNREADABLE = {"logout", "personal_download"}  # posted to alone
BESIDES = [("home", "/"), ("missing", "/nothing"), ("forbidden", "/devices/")]
WIDTHS = (1280, 360)
NARROWEST = 320
SIGNED_OUT = {
    "home",
    "missing",
    "login",
    "signup",
    "password_forgotten",
    "password_code",
    "books",
    "book",
    "question",
    "scores",
}
CONTROLS = ", ".join(
    f"main {one}" for one in ("a[href]:not([tabindex])", "button", "input:not([type=hidden])", "select", "textarea")
)


class PageTests(BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.admin = make_user("admin", name="Ada Fennimoor", is_superuser=True, pk=ROW)
        self.reader = make_user("reader", name="Rita Reader")
        make_rows(self.admin, 3)
        Person.objects.filter(pk=ROW).update(email=self.admin.email)  # whose infraction it is
        for user in (self.admin, self.reader):
            EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)

    def visits(self) -> Iterator[tuple[str, str, User | None]]:
        for name, path in page_paths():
            if name not in UNREADABLE:
                yield name, path, self.admin
        for name, path in [*BESIDES, *page_paths()]:
            if name in SIGNED_OUT:
                yield f"{name}_signed_out", path, None
        for name, path in BESIDES:
            yield name, path, self.reader

    def test_every_page_is_accessible(self) -> None:
        for scheme, width in product(("light", "dark"), WIDTHS):
            options = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
            pages = {user: self.person(user, **options) for user in (None, self.admin, self.reader)}
            for name, path, user in self.visits():
                with self.subTest(page=name, scheme=scheme, width=width):
                    page = pages[user]
                    page.goto(path)
                    self.shoot(page, f"{name}_{scheme}_{width}")
                    self.assert_accessible(page)
                    self.assert_fits(page)

    def test_every_page_fits_a_narrow_screen_in_both_languages(self) -> None:
        for locale in ("en", "es"):
            options = {"viewport": {"width": NARROWEST, "height": 700}, "locale": locale}
            pages = {user: self.person(user, **options) for user in (None, self.admin, self.reader)}
            for name, path, user in self.visits():
                with self.subTest(page=name, locale=locale):
                    pages[user].goto(path)
                    self.shoot(pages[user], f"{name}_{locale}_{NARROWEST}")
                    self.assert_fits(pages[user])

    def test_every_page_stays_under_the_size_limit(self) -> None:
        for name, path, user in self.visits():
            with self.subTest(page=name):
                page = self.person(user)
                with self.assert_light(page):
                    page.goto(path)
                page.context.close()

    def test_the_keyboard_reaches_everything(self) -> None:
        """The first Tab reaches the skip link. Then each control gets a visible focus."""
        for name, path, user in self.visits():
            with self.subTest(page=name):
                page = self.person(user)
                page.goto(path)
                page.keyboard.press("Tab")
                self.assertEqual(page.evaluate("document.activeElement.className"), "skip")
                controls = page.locator(CONTROLS).count()
                page.keyboard.press("Enter")
                met = sum(self.is_met(page) for _ in range(controls))
                self.assertEqual(met, controls)
                page.context.close()

    def is_met(self, page: Page) -> bool:
        """Presses Tab and tells whether a control of the page has a visible focus."""
        page.keyboard.press("Tab")
        return page.evaluate(
            """wanted => {
                const one = document.activeElement;
                return one.matches(wanted) && getComputedStyle(one).outlineStyle !== "none";
            }""",
            CONTROLS,
        )
