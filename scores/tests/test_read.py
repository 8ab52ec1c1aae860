"""Reading scores: the list with its filters, and one score."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.contrib.auth.models import Permission

from accounts.models import User
from accounts.tests.cast import access_token
from accounts.tests.hostile import HostileTestCase
from scores.models import Score
from scores.tests.builders import make_score

PATH = "/api/v3/scores/"
START = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)


class ReadTests(HostileTestCase):
    low: Score
    claimed: Score
    anonymous: Score
    others: Score

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.low = make_score(cls.reader, "-1.5", at=START)
        cls.claimed = make_score(cls.reader, 50, at=START + DAY, verified=False)
        cls.anonymous = make_score(None, 7, at=START + 2 * DAY)
        cls.others = make_score(cls.other, 50, at=START + 3 * DAY)
        cls.clerk.user_permissions.add(Permission.objects.get(codename="view_score"))

    def found(self, query: str = "", *, by: User) -> list[int]:
        answer = self.assert_status(self.call("GET", PATH + query, by=by), 200)
        return [score["id"] for score in answer["results"]]

    def test_users_see_their_own_scores_and_staff_see_all(self) -> None:
        low, claimed, anonymous, others = self.low.pk, self.claimed.pk, self.anonymous.pk, self.others.pk
        self.assertEqual(self.found(by=self.reader), [claimed, low])
        self.assertEqual(self.found(by=self.other), [others])
        self.assertEqual(self.found(by=self.librarian), [])
        for staff in (self.clerk, self.admin):
            self.assertEqual(self.found(by=staff), [others, anonymous, claimed, low])
        self.assert_status(self.call("GET", PATH), 401)

    def test_filters(self) -> None:
        low, claimed, anonymous, others = self.low.pk, self.claimed.pk, self.anonymous.pk, self.others.pk
        for query, ids in {
            f"user={self.reader.pk}": [claimed, low],
            "user=999999": [],
            "verified=true": [others, low],
            "verified=false": [anonymous, claimed],
            "score_gt=7": [others, claimed],
            "score_gt=6.99&score_lt=50": [anonymous],
            "score_lt=-1.4": [low],
            "score_gt=1e300": [],
            "submitted_after=2026-03-02T09:30:00Z": [others, anonymous],
            "submitted_before=2026-03-02T09:30:00Z": [low],
            "submitted_after=" + quote("2026-03-02T11:29:59+02:00"): [others, anonymous, claimed],
            "submitted_after=2026-03-02": [others, anonymous, claimed],
            "submitted_before=2026-03-02": [low],
            f"user={self.reader.pk}&verified=true&score_gt=-2&submitted_before=2027-01-01T00:00:00Z": [low],
        }.items():
            with self.subTest(query=query):
                self.assertEqual(self.found("?" + query, by=self.admin), ids)
        self.assertEqual(self.found(f"?user={self.other.pk}", by=self.reader), [])

    def test_invalid_values_are_400_naming_each_parameter(self) -> None:
        bad = {
            "user": ("x", "", "1.0", "0x1", "9" * 30),
            "verified": ("maybe", "", "2"),
            "score_gt": ("x", "", "NaN", "Infinity", "1e400", "1_0", "9" * 200, "true"),
            "score_lt": ("x", "", "nan", "-inf", "1,5", "%00"),
            "submitted_after": ("x", "", "2026-02-30", "1899-12-31", "2026-03-01T09:30:00", "0001-01-01T00:00:00Z"),
            "submitted_before": ("x", "", "2026-13-01T00:00:00Z", "99999-01-01T00:00:00Z"),
        }
        for name, values in bad.items():
            for value in values:
                with self.subTest(name=name, value=value):
                    answer = self.assert_status(self.call("GET", f"{PATH}?{name}={value}", by=self.admin), 400)
                    self.assertEqual(list(answer), [name])
        every = "&".join(f"{name}={values[0]}" for name, values in bad.items())
        for by in (self.reader, self.admin):
            answer = self.assert_status(self.call("GET", f"{PATH}?{every}", by=by), 400)
            self.assertEqual(set(answer), set(bad))

    def test_one_score(self) -> None:
        for score, by, status in (
            (self.low, None, 401),
            (self.low, self.reader, 200),
            (self.claimed, self.reader, 200),
            (self.low, self.other, 404),
            (self.low, self.librarian, 404),
            (self.anonymous, self.reader, 404),
            (self.low, self.clerk, 200),
            (self.anonymous, self.admin, 200),
        ):
            with self.subTest(score=score, by=by and by.username):
                self.assert_status(self.call("GET", f"{PATH}{score.pk}/", by=by), status)
        self.assertEqual(
            self.call("GET", f"{PATH}{self.low.pk}/", by=self.reader).json(),
            {
                "id": self.low.pk,
                "user": self.reader.pk,
                "score": -1.5,
                "date_submitted": "2026-03-01T09:30:00Z",
                "verified": True,
            },
        )
        for wrong in ("999999", "0", "x", "-1", "1.0", "9" * 30):
            self.assert_status(self.call("GET", f"{PATH}{wrong}/", by=self.admin), 404)
        self.assert_only(f"{PATH}{self.low.pk}/", "GET", by=self.admin)

    def test_the_number_of_queries_does_not_grow_with_rows(self) -> None:
        bearer = {"authorization": f"Bearer {access_token(self.admin)}"}
        queries = ["", "&verified=true&score_gt=1&submitted_after=2026-01-01T00:00:00Z"]
        for rows in (10, 90):
            for user in (self.reader, self.other):
                for number in range(rows // 2):
                    make_score(user, number, at=START)
            for query in queries:
                with self.assertNumQueries(2):  # the user of the token, and the rows
                    self.client.get(f"{PATH}?page_size=100{query}", headers=bearer)

    def test_a_score_is_sorted_by_date_and_not_by_id(self) -> None:
        late = make_score(self.reader, 1, at=START + DAY / 2)
        self.assertEqual(self.found(by=self.reader), [self.claimed.pk, late.pk, self.low.pk])

    def test_following_next_visits_each_score_once(self) -> None:
        for number in range(25):
            make_score(self.reader, number % 3, at=START)
        visited: list[Any] = []
        url = f"{PATH}?page_size=4&user={self.reader.pk}&score_gt=0"
        while url:
            page = self.assert_status(self.call("GET", url.removeprefix("http://testserver"), by=self.admin), 200)
            visited += page["results"]
            url = page["next"]
        keys = [(score["date_submitted"], score["id"]) for score in visited]
        self.assertEqual(keys, sorted(set(keys), reverse=True))
        self.assertEqual(len(keys), 17)
