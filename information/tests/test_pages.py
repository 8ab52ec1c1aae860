"""The pages about the town hall."""

from django.test import Client

from accounts.tests.cast import CastTestCase
from information.models import InformationPage

PATHS = {slug: f"/information/{slug}/" for slug in InformationPage.Slug.values}


class InformationTests(CastTestCase):
    def test_every_page_links_to_them_and_anyone_reads_them(self) -> None:
        home = Client().get("/")
        for slug, path in PATHS.items():
            with self.subTest(page=slug):
                self.assertContains(home, f'href="{path}"')
                with self.assertNumQueries(1):
                    self.assertContains(Client().get(path), "<h1>")

    def test_the_text_is_in_the_language_of_the_reader(self) -> None:
        InformationPage.objects.filter(pk="contact").update(text_en="Come in.", text_es="Pase.")
        for language, text in (("en", "Come in."), ("en-GB", "Come in."), ("es-AR", "Pase."), ("fr", "Come in.")):
            with self.subTest(language=language):
                self.assertContains(
                    Client(headers={"accept-language": language}).get(PATHS["contact"]), f"<p>{text}</p>"
                )

    def test_the_first_texts_are_whole_in_both_languages(self) -> None:
        for page in InformationPage.objects.all():
            headings = [[block.is_heading for block in page.blocks(language)] for language in ("en", "es")]
            self.assertEqual(headings[0], headings[1], page.slug)
            self.assertNotIn("\ufffd", page.text_en + page.text_es)

    def test_paragraphs_headings_and_links(self) -> None:
        text = (
            "# Where\n\nMain <b>Square</b> 1\nsecond floor\n \n"
            "https://town.example/map or office@town.example, javascript:x"
        )
        InformationPage.objects.filter(pk="contact").update(text_en=text)
        page = Client().get(PATHS["contact"])
        self.assertContains(page, "<h2>Where</h2>")
        self.assertContains(page, "<p>Main &lt;b&gt;Square&lt;/b&gt; 1<br>second floor</p>")
        self.assertContains(page, '<a href="https://town.example/map" rel="nofollow">https://town.example/map</a>')
        self.assertContains(page, '<a href="mailto:office@town.example">')
        self.assertNotContains(page, 'href="javascript')

    def test_an_unknown_page_is_404_and_nothing_is_written(self) -> None:
        self.assertEqual(Client().get("/information/nothing/").status_code, 404)
        for path in PATHS.values():
            self.assertEqual(Client().post(path).status_code, 405)
