"""What every page keeps: one row of header and large targets on a phone, a zoom of 200 %, still pictures, and a tree
that assistive technology reads."""

from itertools import product
from typing import Any

from playwright.sync_api import Page, expect

from accounts.models import User
from project.tests.browser.visits import VisitsTestCase

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
HEADER_HEIGHT = 60  # pixels: one row
# Returns what is pressed and lower than 44 pixels. Links within a text or next to one are excepted, as in WCAG 2.5.8.
SMALL_TARGETS = """() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary")]
    .filter(one => one.checkVisibility() && !one.matches("[aria-hidden], .skip, [type=checkbox], [type=radio]"))
    .filter(one => one.localName !== "a" || one.parentElement.textContent.trim() === one.textContent.trim())
    .filter(one => one.getBoundingClientRect().height < 43.9)
    .map(one => one.outerHTML.slice(0, 120))"""
MOVING = """() => [...document.querySelectorAll("*")]
    .filter(one => (({transitionDuration, animationName}) => parseFloat(transitionDuration) || animationName !== "none")
        (getComputedStyle(one)))
    .map(one => one.outerHTML.slice(0, 120))"""
NAMED_ROLES = {"link", "button", "textbox", "searchbox", "combobox", "checkbox", "image", "navigation", "table"}


class PhoneTests(VisitsTestCase):
    def test_the_header_is_one_row_and_targets_are_large(self) -> None:
        def check(_name: str, page: Page) -> None:
            self.assertLess(page.evaluate("document.querySelector('header').offsetHeight"), HEADER_HEIGHT)
            self.assertEqual(page.evaluate(SMALL_TARGETS), [])

        for locale in ("en", "es"):
            self.check_every_page(check, **PHONE, locale=locale)

    def test_the_menu_opens_and_closes_without_scripts(self) -> None:
        for scripts in (True, False):
            with self.subTest(scripts=scripts):
                page = self.person(self.reader, **PHONE, java_script_enabled=scripts)
                page.goto("/books/")
                link = page.locator("header").get_by_role("link", name="Questions")
                expect(link).to_be_hidden()
                page.keyboard.press("Tab")  # the skip link
                page.keyboard.press("Tab")  # the name of the site
                page.keyboard.press("Tab")
                page.keyboard.press("Enter")
                expect(link).to_be_visible()
                self.assertEqual(page.evaluate(SMALL_TARGETS), [])
                page.keyboard.press("Escape")
                expect(link).to_be_hidden()
                self.press(page.locator("header"), "Menu")
                link.click()
                page.wait_for_url("**/questions/")


class HeaderTests(VisitsTestCase):
    def test_the_header_is_one_row_at_every_width(self) -> None:
        """For people with long names, of whom one sees every service."""
        User.objects.update(name="Maximiliana Fennimoor")
        for user, locale in product((self.reader, self.admin), ("en", "es")):
            page = self.person(user, locale=locale)
            page.goto("/books/")
            for width in (600, 840, 900, 1000, 1060, 1100, 1280):
                with self.subTest(user=user, locale=locale, width=width):
                    page.set_viewport_size({"width": width, "height": 700})
                    self.assertLess(page.evaluate("document.querySelector('header').offsetHeight"), HEADER_HEIGHT)
                    self.assert_fits(page)


class ReadingTests(VisitsTestCase):
    def test_every_page_fits_at_a_zoom_of_200_percent(self) -> None:
        """The browser's zoom halves the width in CSS pixels. The setting for larger text doubles what is in `rem`."""

        def check_with_large_text(_name: str, page: Page) -> None:
            page.evaluate("document.documentElement.style.fontSize = '200%'")
            for width in (1280, 900, 360):
                page.set_viewport_size({"width": width, "height": 700})
                self.assert_fits(page)

        self.check_every_page(
            lambda _name, page: self.assert_fits(page), viewport={"width": 640, "height": 450}, device_scale_factor=2
        )
        self.check_every_page(check_with_large_text)

    def test_nothing_moves_for_readers_who_ask_for_that(self) -> None:
        self.check_every_page(lambda _name, page: self.assertEqual(page.evaluate(MOVING), []), reduced_motion="reduce")

    def test_the_accessibility_tree_has_names_landmarks_and_an_order_of_headings(self) -> None:
        def check(_name: str, page: Page) -> None:
            nodes = self.tree(page)
            roles = [role for role, _name, _level in nodes]
            for landmark in ("banner", "main", "contentinfo"):
                self.assertEqual(roles.count(landmark), 1, landmark)
            nameless = [role for role, name, _level in nodes if role in NAMED_ROLES and not name.strip()]
            self.assertEqual(nameless, [])
            levels = [level for role, _name, level in nodes if role == "heading"]
            self.assertEqual(levels.count(1), 1)
            self.assertLessEqual(max(after - before for before, after in zip([0, *levels], levels, strict=False)), 1)

        self.check_every_page(check)

    def tree(self, page: Page) -> list[tuple[str, str, int]]:
        """Returns role, name and level of what Chromium shows to assistive technology."""
        session = page.context.new_cdp_session(page)
        nodes = session.send("Accessibility.getFullAXTree")["nodes"]
        session.detach()
        return [
            (
                node.get("role", {}).get("value", ""),
                node.get("name", {}).get("value", ""),
                next((each["value"]["value"] for each in node.get("properties", ()) if each["name"] == "level"), 0),
            )
            for node in nodes
            if not node["ignored"]
        ]
