"""Every page is accessible, fits a small screen and is small; the browser reports no errors.

SCREENSHOTS names a folder for pictures of them:
`SCREENSHOTS=shots script/test --browser project.tests.browser.browse_pages`
"""

from itertools import product

from playwright.sync_api import Page

from project.tests.browser.visits import VisitsTestCase

WIDTHS = (1280, 360)
NARROWEST = 320
MAX_STOPS = 5  # of one control: a date has three parts and a calendar
CONTROLS = ", ".join(
    f"main {one}" for one in ("a[href]:not([tabindex])", "button", "input:not([type=hidden])", "select", "textarea")
)


class PageTests(VisitsTestCase):
    def test_every_page_is_accessible(self) -> None:
        for scheme, width in product(("light", "dark"), WIDTHS):
            options = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}

            def check(name: str, page: Page, kind: str = f"{scheme}_{width}") -> None:
                self.shoot(page, f"{name}_{kind}")
                self.assert_accessible(page)
                self.assert_fits(page)

            self.check_every_page(check, **options)

    def test_every_page_fits_a_narrow_screen_in_both_languages(self) -> None:
        for locale in ("en", "es"):

            def check(name: str, page: Page, kind: str = f"{locale}_{NARROWEST}") -> None:
                self.shoot(page, f"{name}_{kind}")
                self.assert_fits(page)

            self.check_every_page(check, viewport={"width": NARROWEST, "height": 700}, locale=locale)

    def test_every_page_stays_under_the_size_limit(self) -> None:
        for name, path, user in self.visits():
            with self.subTest(page=name):
                page = self.person(user)
                with self.assert_light(page):
                    page.goto(path)
                page.context.close()

    def test_the_keyboard_reaches_everything(self) -> None:
        """The first Tab reaches the skip link. Then each control gets a visible focus. A date has several stops."""
        for name, path, user in self.visits():
            with self.subTest(page=name):
                page = self.person(user)
                page.goto(path)
                if page.evaluate("document.activeElement.matches('[autofocus]')"):  # what is wrong, which is read first
                    page.locator(".skip").focus()
                else:
                    page.keyboard.press("Tab")
                self.assertEqual(page.evaluate("document.activeElement.className"), "skip")
                controls = page.locator(CONTROLS).count()
                page.keyboard.press("Enter")
                met = {self.met_control(page) for _ in range(controls * MAX_STOPS)} - {-1}
                self.assertEqual(len(met), controls)
                page.context.close()

    def met_control(self, page: Page) -> int:
        """Presses Tab, and returns which control of the page has a visible focus now; -1 if none."""
        page.keyboard.press("Tab")
        place: int = page.evaluate(
            """wanted => {
                const one = document.activeElement;
                const isSeen = getComputedStyle(one).outlineStyle !== "none";
                return isSeen ? [...document.querySelectorAll(wanted)].indexOf(one) : -1;
            }""",
            CONTROLS,
        )
        return place
