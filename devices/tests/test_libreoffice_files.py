"""Files of devices that LibreOffice saved in three languages (see common/tests/spreadsheets/README.md)."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import tag

from devices.models import Device
from devices.tests.builders import make_device
from devices.tests.test_spreadsheets import HEAD, SpreadsheetTestCase

FILES = Path(settings.BASE_DIR, "common/tests/spreadsheets")
LANGUAGES = ("en", "es", "de")
NUMBER = r"^A\d{9}$"
SAVED_AT = datetime(2026, 3, 4, 9, 30, 15, 123456, tzinfo=UTC)
RESAVED = (
    "=1+1",
    "-5 °C",
    "@home",
    "'tis",
    "'=2",
    "Größe, ¿qué? Łódź",
    'a "quoted" word',
    "two\nlines; =3",
    "1,5",
    "3/4/2026",
    "TRUE",
    "١٩٨٤",
    "日本",
)


class LibreOfficeTests(SpreadsheetTestCase):
    def upload_file(self, name: str) -> Any:
        return self.upload((FILES / name).read_bytes())

    def test_a_typed_inventory_is_imported_whole(self) -> None:
        names = {
            "en": ("Parking meter", "Takes coins, cards; €2 an hour", 'Said "jammed"\ntwice', "Ångström"),
            "es": ("Parquímetro nº 1", "Admite monedas, tarjetas; 2 € la hora", 'Dijo "atascada"\ndos veces', None),
            "de": ("Parkuhr Größe 1", "Nimmt Münzen, Karten; 2 € je Stunde", 'Sagte "Stau"\nzweimal', "Überprüft"),
        }
        for language in LANGUAGES:
            with self.subTest(language=language):
                Device.objects.all().delete()
                self.assertContains(self.confirm(self.upload_file(f"devices-{language}.csv")), "3 new, 0 updated")
                meter, printer, scanner = Device.objects.order_by("slug")
                name, note, said, checked = names[language]
                self.assertEqual((meter.name, meter.note, meter.serial), (name, note, "SN-1"))
                self.assertEqual((printer.note, printer.model_id), (said, "laserjet-m404"))
                self.assertEqual(scanner.note, checked or "Ñandú y pingüino")
                for device in (printer, scanner):
                    self.assertRegex(device.serial, NUMBER)

    def test_a_date_is_read_in_the_language_of_the_reader_and_refused_if_it_is_ambiguous(self) -> None:
        make_device("meter-1", at=datetime(2026, 3, 1, 9, 30, 15, tzinfo=UTC))
        make_device("printer-2", at=datetime(2026, 3, 13, 14, 5, 59, tzinfo=UTC))
        self.assertIn("confirm_form", self.upload_file("devices-de.csv").context)
        shown = self.upload_file("devices-es.csv")
        self.assertEqual(self.errors(shown), {3: {"created_at"}})
        self.assertContains(shown, "01/03/2026 09:30:00 can be read in two ways.")
        self.client.cookies[settings.LANGUAGE_COOKIE_NAME] = "es"
        self.assertIn("confirm_form", self.upload_file("devices-es.csv").context)

    def test_another_time_of_creation_is_refused(self) -> None:
        make_device("meter-1", at=datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
        shown = self.upload_file("devices-de.csv")
        self.assertEqual(self.errors(shown), {3: {"created_at"}})
        self.assertContains(shown, "This cannot be changed.")

    def test_an_export_that_was_opened_and_saved_changes_nothing(self) -> None:
        for number, text in enumerate(RESAVED):
            name = text.replace("\n", " ")
            serial = f"SN/{name[:9].strip()}/{number}"
            make_device(f"d{number:02}", name=name, note=f"{text} – note", serial=serial, at=SAVED_AT)  # noqa: RUF001
        before = self.rows()
        for language in LANGUAGES:
            with self.subTest(language=language):
                shown = self.confirm(self.upload_file(f"resaved-{language}.csv"))
                self.assertContains(shown, f"0 new, 0 updated, {len(RESAVED)} unchanged")
                self.assertEqual(self.rows(), before)

    def test_another_encoding_is_refused_with_what_to_do(self) -> None:
        for name, line in {"windows-1252.csv": 3, "utf-16.csv": 1}.items():
            with self.subTest(name=name):
                shown = self.upload_file(name)
                self.assertContains(
                    shown, f"The file must be UTF-8, but line {line} is not. Save it again: in Excel as"
                )
                self.assertNotIn("rows", shown.context)


class DialectTests(SpreadsheetTestCase):
    """Files as Excel and people write them."""

    lines = ("/devices/a,/devicemodels/m,A,Note,S1", "/devices/b,/devicemodels/m,B,Note,S2")

    def assert_imported(self, content: str | bytes) -> None:
        Device.objects.all().delete()
        self.assertContains(self.load(content), "2 new")  # type: ignore[arg-type]
        self.assertEqual(dict(Device.objects.values_list("slug", "serial")), {"a": "S1", "b": "S2"})

    @tag("slow")
    def test_separators_line_ends_and_blank_lines(self) -> None:
        lines = (HEAD, *self.lines)
        for content in (
            "\r\n".join(lines),
            "\r".join(lines),
            "\ufeff" + "\n".join(lines) + "\n\n",
            "\n , ,\n" + "\n".join(lines),
            "\n,,,,\n".join(lines) + "\n,,,,,,,\n",
            "\n".join(f"{line},," for line in lines),
            "sep=;\r\n" + "\r\n".join(lines).replace(",", ";"),
            '"sep=;"\n' + "\n".join(lines).replace(",", ";"),
            "SEP=,\n" + "\n".join(lines),
            "\n".join(lines).replace(",", "\t"),
            "\n".join(lines).replace("id,", " ID ,", 1).replace("deviceModel", "Device  Model", 1),
        ):
            with self.subTest(content=content):
                self.assert_imported(content)

    def test_a_row_that_is_cut_off_is_named_by_its_line_and_nothing_is_blanked(self) -> None:
        make_device("a", name="Before", note="Kept", serial="S9")
        for content, sentence in {
            f"{HEAD}\n\n{self.lines[1]}\n/devices/a,/devicemodels/m,A": "Line 4 has 3 cells, but",
            f"sep=,\n{HEAD}\n/devices/a": "Line 3 has 1 cell, but the number of headings is 5.",
            f'{HEAD}\n/devices/b,/devicemodels/m,B,"two\nlines",S\n/devices/a,/devicemodels/m,A,"No': "In line 4, a",
            f'{HEAD}\n/devices/a,/devicemodels/m,"A" b,Note,': "In line 2, a quotation mark",
            f"{HEAD}\n{self.lines[0]},lost": "Line 2 has 6 cells, but the number of headings is 5.",
            HEAD + "\n/devices/a" * 14: "4 more lines have errors.",
        }.items():
            with self.subTest(content=content):
                shown = self.upload(content)
                self.assertContains(shown, sentence)
                self.assertNotIn("confirm_form", shown.context)
        device = Device.objects.get()
        self.assertEqual((device.name, device.note, device.serial), ("Before", "Kept", "S9"))

    def test_a_blank_or_placeholder_serial_keeps_that_of_the_device(self) -> None:
        make_device("a", serial="S9")
        self.load(f"{HEAD}\n/devices/a,/devicemodels/m,A,New,N/A")
        self.assertEqual((Device.objects.get().note, Device.objects.get().serial), ("New", "S9"))
