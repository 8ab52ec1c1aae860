"""The back office: what its pages weigh, and whether everybody can read and press what is on them."""

from io import StringIO
from typing import Any

from django.core.management import call_command
from django.test import SimpleTestCase
from django.urls import reverse
from fontTools.ttLib import TTFont
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.tests.cast import make_user
from books.models import Book
from infractions.models import Vehicle
from project.tests.browser.case import BrowserTestCase
from project.tools import icons
from rentals.models import Payment, Rental

FIRST_PAGE_LIMIT = 300_000  # bytes
LIST_LIMIT = 500_000
LISTS = ("rentals_rental", "rentals_payment", "questions_question", "accounts_user", "devices_device")
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 780}

# What can be pressed and is smaller than the number of pixels. Links in sentences and marks in rows may be smaller.
SMALL = """(pixels) => [...document.querySelectorAll(
    "#page :is(button, select:not(.select2-hidden-accessible), summary, [role=button], header a, nav a, .acts a)")]
  .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < pixels - 0.5)
  .map((element) => element.outerHTML.slice(0, 120))"""
# Icons that the font does not have: their names are drawn as text, which is wider than it is high.
UNDRAWN = """() => [...document.querySelectorAll(".material-symbols-outlined")].filter((icon) => {
    const range = document.createRange();
    range.selectNodeContents(icon);
    const box = range.getBoundingClientRect();
    return icon.textContent.trim() && box.width > 1.5 * parseFloat(getComputedStyle(icon).fontSize);
  }).map((icon) => icon.textContent.trim())"""
# Cells of lists whose content is cut off, and lists that are wider than their place.
CUT = """() => [...document.querySelectorAll("#result_list :is(td, th), div:has(> #result_list)")]
  .filter((element) => element.scrollHeight > element.clientHeight + 1 || element.scrollWidth > element.clientWidth + 1)
  .map((element) => element.outerHTML.slice(0, 120))"""
POINTER_ONLY = """() => [...document.querySelectorAll("[x-on\\\\:click]")]
  .filter((element) => element.checkVisibility() && element.tabIndex < 0)
  .map((element) => element.outerHTML.slice(0, 120))"""


class OfficeTestCase(BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        call_command("create_dummy_data", "--yes", "--seed", "1", stdout=StringIO(), stderr=StringIO())
        self.admin = make_user("root", is_staff=True, is_superuser=True)

    def office(self, viewport: Any = None) -> Page:
        is_phone = viewport == PHONE
        return self.person(self.admin, viewport=viewport or WIDE, has_touch=is_phone, is_mobile=is_phone)


class WeightTests(OfficeTestCase):
    def test_the_first_page_is_light(self) -> None:
        page = self.office()
        with self.assert_light(page, FIRST_PAGE_LIMIT):
            page.goto("/admin/")
        expect(page.locator("canvas").first).to_be_visible()

    def test_lists_of_a_hundred_rows_are_light(self) -> None:
        for name in LISTS:
            with self.subTest(list=name):
                page = self.office()
                with self.assert_light(page, LIST_LIMIT):
                    page.goto(reverse(f"admin:{name}_changelist"))


class AccessTests(OfficeTestCase):
    def paths(self) -> list[str]:
        book, vehicle, payment = Book.objects.latest("pk"), Vehicle.objects.latest("pk"), Payment.objects.latest("pk")
        return [
            reverse("admin:index"),
            reverse("admin:rentals_rental_changelist"),
            reverse("admin:accounts_user_changelist"),
            reverse("admin:books_book_change", args=[book.pk]),
            reverse("admin:accounts_user_change", args=[User.objects.earliest("pk").pk]),
            reverse("admin:infractions_vehicle_change", args=[vehicle.pk]),
            reverse("admin:infractions_infraction_add"),
            reverse("admin:books_book_import"),
            reverse("admin:books_book_delete", args=[book.pk]),
            reverse("admin:rentals_payment_act", args=[payment.pk, "void"]),
            reverse("admin:rentals_rental_history", args=[Rental.objects.latest("pk").pk]),
        ]

    def test_pages_are_accessible_wide_and_on_a_phone(self) -> None:
        for viewport, pixels in ((WIDE, 24), (PHONE, 44)):
            page = self.office(viewport)
            for path in self.paths():
                with self.subTest(path=path, width=viewport["width"]):
                    page.goto(path)
                    page.wait_for_load_state("networkidle")
                    self.assert_accessible(page)
                    self.assert_fits(page)
                    self.assertEqual([page.get_by_role(role).count() for role in ("main", "banner")], [1, 1])
                    self.assertEqual(page.evaluate(SMALL, pixels), [])
                    self.assertEqual(page.evaluate(UNDRAWN), [])
                    self.assertEqual(page.evaluate(POINTER_ONLY), [])
                    self.assertEqual(page.evaluate(CUT), [])
                    if viewport == PHONE:  # the title without the way to it
                        self.assertEqual(page.locator("header h1 > :visible").count(), 1)
                    self.shoot(page, f"office-{path.strip('/').replace('/', '-')}-{viewport['width']}")

    def test_a_list_fits_its_page_in_spanish_and_its_labels_begin_with_a_capital_letter(self) -> None:
        page = self.person(self.admin, viewport=WIDE, locale="es")
        page.goto(reverse("admin:rentals_rental_changelist"))
        self.assertEqual(page.evaluate(CUT), [])
        labels = page.evaluate(
            "[...document.querySelectorAll('#result_list [data-label]')].map(one => one.dataset.label)"
        )
        self.assertEqual([label for label in labels if not label[0].isupper()], [])

    def test_the_list_of_accounts_fits_its_page_with_a_long_email_address(self) -> None:
        name = "maria.de.los.angeles.fernandezvillaverde"
        make_user(name, name="María de los Ángeles Fernández", email=f"{name}@ayuntamiento.example.org")
        page = self.person(self.admin, viewport=WIDE, locale="es")
        page.goto(reverse("admin:accounts_user_changelist"))
        self.assertEqual(page.evaluate(CUT), [])

    def test_an_action_with_a_reason_is_one_row(self) -> None:
        page = self.office()
        page.goto(reverse("admin:rentals_payment_changelist"))
        page.locator("input.action-select").first.check()
        page.locator("#changelist-actions select").select_option("void")
        tops = [self.top(page, selector) for selector in ("select", "input[name=reason]", "button")]
        self.assertLess(max(tops) - min(tops), 20)

    def top(self, page: Page, selector: str) -> float:
        place: Any = page.locator("#changelist-actions").locator(selector).first.bounding_box()
        return float(place["y"])

    def test_signing_in_is_accessible(self) -> None:
        page = self.person()
        page.goto("/admin/")
        self.assert_accessible(page)

    def test_an_autocomplete_has_the_name_of_its_field(self) -> None:
        page = self.office()
        page.goto(reverse("admin:infractions_vehicle_add"))
        field = page.get_by_role("combobox", name="Owner")
        field.click()
        expect(page.get_by_role("searchbox", name="Owner")).to_be_focused()
        page.get_by_role("option").first.click()
        expect(page.get_by_role("combobox", name="Owner: ")).to_be_visible()

    def test_the_keyboard_opens_menus_and_skips_the_navigation(self) -> None:
        page = self.office(PHONE)
        page.goto("/admin/")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name=self.word("Skip to content"))).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#content")).to_be_focused()
        menu = page.get_by_role("button", name=self.word("Menu")).first
        menu.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name=self.word("Overview"))).to_be_visible()


class ActTests(OfficeTestCase):
    def test_a_payment_is_voided_on_its_page(self) -> None:
        payment = Payment.objects.valid().latest("pk")
        page = self.office(PHONE)
        page.goto(reverse("admin:rentals_payment_change", args=[payment.pk]))
        self.press_link(page, "Void with a reason")
        page.get_by_label(self.word("Reason")).fill("Typed twice")
        self.press(page, "Void with a reason")
        expect(page.get_by_text("Typed twice").first).to_be_visible()
        expect(page.get_by_role("link", name=self.word("Void with a reason"))).to_have_count(0)
        payment.refresh_from_db()
        self.assertTrue(payment.voided)


class IconTests(SimpleTestCase):
    def test_the_font_has_every_icon_that_is_named(self) -> None:
        missing = {*icons.used(TTFont(icons.FONT))} - {*icons.icons(TTFont(icons.OUTPUT))}
        self.assertEqual(missing, set(), "Run manage.py subset_icons.")
