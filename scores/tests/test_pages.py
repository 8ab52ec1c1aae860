"""The pages of the resident's own scores and of the leaderboard."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.tests.browser import HOSTILE, BrowserTestCase
from scores.models import Score
from scores.tests.builders import make_score, make_users

PAGE, BOARD = "/scores/", "/scores/leaderboard/"
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)


class SubmitTests(BrowserTestCase):
    def test_the_new_score_is_shown(self) -> None:
        self.assertIn('name="csrfmiddlewaretoken"', self.get(PAGE, by=self.reader))
        response = self.post(PAGE, {"input_value": " 1233.5"}, by=self.reader)
        self.assert_leads(response, PAGE)
        content = response.client.get(PAGE).content.decode()
        self.assertIn("1,233.5 gives a score of 1,234.5.", content)
        self.assertIn('<td class="number" data-label="Score">1,234.5</td>', content)
        self.assertIn('<span class="figure">1,234.5</span>', content)

    def test_the_message_compares_with_the_best_before_and_names_the_places_gained(self) -> None:
        for player, points in zip(make_users(3), (50, 40, 30), strict=True):
            make_score(player, points, at=AT)
        for number, text in {
            "9": "It is your first score. You are number 4 on the leaderboard.",
            "8": "Your best score is still 10.",
            "19": "Your best so far was 10. You are number 4 on the leaderboard.",
            "44": "Your best so far was 20. You moved up 2 places, to number 2 on the leaderboard.",
            "98": "Your best so far was 45. You moved up 1 place, to number 1 on the leaderboard.",
        }.items():
            response = self.post(PAGE, {"input_value": number}, by=self.reader)
            self.assertIn(text, response.client.get(PAGE).content.decode())

    def test_other_fields_of_the_form_are_ignored(self) -> None:
        for by in (self.reader, self.admin):
            self.post(PAGE, {"input_value": "41", "user": self.other.pk, "verified": ""}, by=by)
            score = Score.objects.latest("pk")
            self.assertEqual((score.user, score.verified, score.score), (by, True, 42))

    def test_a_number_may_be_written_as_in_the_language(self) -> None:
        for language, typed, sent in (
            ("es", "3,5", "3.5"),
            ("es", " -0,25 ", "-0.25"),
            ("es", "3.5", "3.5"),
            ("es", "1234,5", "1234.5"),
            ("es", "41", "41"),
            ("es", "0.125", "0.125"),
            ("en", "3.5", "3.5"),
            ("en", "1.000", "1"),
        ):
            with self.subTest(language=language, typed=typed):
                headers = {"accept-language": language}
                self.assert_leads(self.post(PAGE, {"input_value": typed}, by=self.reader, **headers), PAGE)
                self.assertEqual(Score.objects.latest("pk").score, Decimal(sent) + 1)

    def test_ambiguous_numbers_are_refused(self) -> None:
        for language, typed in (
            ("es", "1.000"),
            ("es", "12.345.678"),
            ("es", "1.233,5"),
            ("es", "3,5,5"),
            ("en", "1,5"),
        ):
            with self.subTest(language=language, typed=typed):
                headers = {"accept-language": language}
                response = self.post(PAGE, {"input_value": typed}, by=self.reader, **headers)
                self.assertIn(f'value="{typed}"', self.content(response, 400))
        self.assertFalse(Score.objects.exists())

    def test_the_example_is_localized(self) -> None:
        for language, example in (("en", "3.5"), ("es", "3,5")):
            page = self.browser(self.reader).get(PAGE, headers={"accept-language": language})
            hint = self.content(page).partition('id="input_value-hint">')[2].partition("<")[0]
            self.assertIn(f" {example}.", hint)
        content = self.content(self.post(PAGE, {"input_value": "x"}, by=self.reader), 400)
        self.assertIn("Enter one number in digits, as in the example.", content)

    def test_an_invalid_number_is_kept_with_its_error(self) -> None:
        for typed in ("", "x", "1,5", "1e300", "nan", "\0", HOSTILE):
            with self.subTest(typed=typed):
                content = self.content(self.post(PAGE, {"input_value": typed}, by=self.reader), 400)
                self.assertIn('id="input_value-errors"', content)
                self.assertNotIn("<script>alert", content)
        self.assertIn('value="1,5"', self.content(self.post(PAGE, {"input_value": "1,5"}, by=self.reader), 400))
        self.content(self.post(PAGE, {}, by=self.reader), 400)
        self.assertFalse(Score.objects.exists())

    def test_visitors_are_asked_to_sign_in(self) -> None:
        content = self.get(PAGE)
        self.assertIn('href="/accounts/login/?next=%2Fscores%2F"', content)
        self.assertIn(BOARD, content)
        self.assertNotIn("input_value", content)
        self.assert_leads(self.post(PAGE, {"input_value": "1"}), "/accounts/login/?next=/scores/")
        self.assertFalse(Score.objects.exists())

    def test_the_csrf_token_and_the_methods_are_checked(self) -> None:
        self.assertEqual(self.browser(self.reader).post(PAGE, {"input_value": "1"}).status_code, 403)
        self.assertFalse(Score.objects.exists())
        self.assert_takes(PAGE, "GET", "HEAD", "POST", by=self.reader)
        self.assert_takes(BOARD, "GET", "HEAD")


class HistoryTests(BrowserTestCase):
    def test_own_scores_newest_first_and_which_do_not_count(self) -> None:
        make_score(self.reader, 5, at=AT)
        make_score(self.reader, 70, at=AT + DAY, verified=False)
        make_score(self.other, 9, at=AT)
        for by in (self.reader, self.admin):
            page = self.browser(by).get(PAGE).context["page"]
            self.assertEqual([score.score for score in page.rows], [70, 5] if by == self.reader else [])
        content = self.get(PAGE, by=self.reader)
        self.assertEqual(content.count("no, submitted without signing in"), 1)
        self.assertIn('<span class="figure">5</span>', content)

    def test_the_chart_and_the_table_show_the_same_scores(self) -> None:
        for number in range(105):
            make_score(self.reader, number, at=AT + number * DAY, verified=number % 2 == 0)
        client = self.browser(self.reader)
        first = client.get(PAGE)
        content = first.content.decode()
        self.assertEqual([point.score.score for point in first.context["chart"].points], list(range(5, 105)))
        self.assertEqual(content.count("<tr>"), 101)
        self.assertEqual((content.count("<circle cx="), content.count('<circle class="claimed"')), (50, 50))
        self.assertIn("<title>June 13, 2026, 9:30\xa0AM: 104</title>", content)
        self.assertIn("<title>June 12, 2026, 9:30\xa0AM: 103, does not count</title>", content)
        second = client.get(first.context["page"].next)
        self.assertEqual([score.score for score in second.context["page"].rows], [4, 3, 2, 1, 0])
        self.assertEqual(len(second.context["chart"].points), 5)

    def test_coordinates_are_not_localized(self) -> None:
        for score in ("1", "2", "7.25"):
            make_score(self.reader, score, at=AT)
        content = self.content(self.browser(self.reader).get(PAGE, headers={"accept-language": "es"}))
        drawing = content[content.index("<svg viewBox") : content.index("</svg>", content.index("<svg viewBox"))]
        for name in ("cx", "cy", "x1", "x2", "y1"):
            for part in drawing.split(f' {name}="')[1:]:
                float(part.partition('"')[0])
        self.assertIn("7,25</title>", drawing)
        self.assertIn('<td class="number" data-label="Puntuación">7,25</td>', content)

    def test_no_scores(self) -> None:
        content = self.get(PAGE, by=self.reader)
        self.assertIn("You have no scores yet.", content)
        self.assertIn("None yet.", content)
        self.assertNotIn("<svg viewBox", content)

    def test_invalid_parameters_are_400(self) -> None:
        for query in ("cursor=x", "cursor=%00"):
            self.get(f"{PAGE}?{query}", by=self.reader, status=400)

    def test_the_number_of_queries_does_not_grow_with_rows(self) -> None:
        client = self.browser(self.reader)
        for rows in (1, 99):
            for number in range(rows):
                make_score(self.reader, number, at=AT)
            with self.assertNumQueries(6):  # session, user, 2 for permissions, scores, best score
                client.get(PAGE)


class LeaderboardTests(BrowserTestCase):
    def places(self, query: str = "", by: User | None = None) -> list[tuple[int, str, bool]]:
        """Returns the rank, the name, and whether the row is highlighted, of each row of the table."""
        page = self.get(BOARD + query, by=by).replace("<bdi>", "").replace("</bdi>", "")
        rows: list[Any] = page.partition("<tbody>")[2].split("<tr")[1:]
        cells = [[part.partition("</td>")[0] for part in row.split("<td")[1:]] for row in rows]
        return [
            (int(cell[0].partition(">")[2]), cell[1].partition(">")[2].partition(" <")[0], "mine" in row[:20])
            for row, cell in zip(rows, cells, strict=True)
            if len(cell) == 3
        ]

    def test_equal_ranks_and_the_residents_own_place(self) -> None:
        now = timezone.now()
        for user, score in ((self.reader, 5), (self.other, 9), (self.clerk, 5), (self.admin, 1)):
            make_score(user, score, at=now)
        other, clerk, admin = (f"Resident {user.pk}" for user in (self.other, self.clerk, self.admin))
        expected = [(1, other, False), (2, "Rita Reader", False), (2, clerk, False), (4, admin, False)]
        self.assertEqual(self.places(), expected)
        expected[1] = (2, "Rita Reader", True)
        self.assertEqual(self.places(by=self.reader), expected)
        self.assertIn('<span class="badge">you</span>', self.get(BOARD, by=self.reader))
        self.assertNotIn("Your place:", self.get(BOARD, by=self.reader))

    def test_the_own_place_is_shown_below_the_page(self) -> None:
        for number, user in enumerate(make_users(25)):
            make_score(user, 100 + number, at=AT)
        make_score(self.reader, 1, at=AT)
        content = self.get(BOARD, by=self.reader)
        self.assertIn("Your place:", content)
        found = self.places(by=self.reader)
        self.assertEqual((len(found), found[-1]), (21, (26, "Rita Reader", True)))
        self.assertEqual(len(self.places()), 20)
        self.assertIn("You have no score in this period yet.", self.get(BOARD, by=self.other))

    def test_periods_are_links(self) -> None:
        make_score(self.reader, 7, at=AT)
        for period, label in (("day", "Today"), ("week", "This week"), ("month", "This month"), ("all", "All time")):
            content = self.get(f"{BOARD}?period={period}")
            self.assertInHTML(f'<a href="?period={period}" aria-current="page">{label}</a>', content)
            self.assertEqual(content.count('<a href="?period='), 4)
            self.assertEqual("Rita Reader" in content, period == "all")
            self.assertEqual("There are no scores in this period yet." in content, period != "all")
        self.assertEqual(self.places(), self.places("?period=all"))

    def test_invalid_parameters_are_400(self) -> None:
        for query in ("period=year", "period=%00"):
            self.get(f"{BOARD}?{query}", status=400)

    def test_html_in_names_is_escaped(self) -> None:
        User.objects.filter(pk=self.other.pk).update(name=HOSTILE)
        make_score(self.other, 7, at=AT)
        self.assertNotIn("<script>alert", self.get(BOARD))

    def test_number_of_queries(self) -> None:
        make_score(self.other, 7, at=AT)
        client = self.browser(self.reader)
        with self.assertNumQueries(6):  # session, user, 2 for permissions, places, names
            client.get(BOARD)
        with self.assertNumQueries(2):
            self.get(BOARD)
