"""The leaderboard: ranks, the caller's own place, and periods."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from django.db import connection
from django.test import tag
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import access_token
from accounts.tests.hostile import HostileTestCase
from scores.leaderboard import SQL, leaderboard
from scores.models import Period, Score
from scores.tests.builders import make_score, make_users, town_in

PATH = "/api/v3/scores/leaderboard/"
AT = datetime(2026, 11, 19, 15, 0, tzinfo=UTC)  # a Thursday
MICROSECOND = timedelta(microseconds=1)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields a node of a query plan and all nodes below it."""
    yield plan
    for inner in plan.get("Plans", []):
        yield from nodes(inner)


class BoardTestCase(HostileTestCase):
    def board(self, query: str = "", *, by: User | None = None) -> Any:
        return self.assert_status(self.call("GET", PATH + query, by=by), 200)

    def places(self, answer: Any) -> list[tuple[int, int, float]]:
        return [(row["rank"], row["user"]["id"], row["score"]) for row in answer["results"]]


class RankTests(BoardTestCase):
    def test_equal_scores_share_a_rank(self) -> None:
        players = make_users(6)
        now = timezone.now()
        for player, score in zip(players, (10, 30, 20, 20, 5, "20.5"), strict=True):
            make_score(player, score, at=now)
        ids = [player.pk for player in players]
        expected = [
            (1, ids[1], 30),
            (2, ids[5], 20.5),
            (3, ids[2], 20),
            (3, ids[3], 20),
            (5, ids[0], 10),
            (6, ids[4], 5),
        ]
        for period in Period.values:
            with self.subTest(period=period):
                answer = self.board(f"?period={period}")
                self.assertEqual(self.places(answer), expected)
                self.assertIsNone(answer["me"])

    def test_ranks_are_1_2_2_4(self) -> None:
        for player, score in zip(make_users(4), (3, 2, 2, 1), strict=True):
            make_score(player, score, at=timezone.now())
        for period in Period.values:
            for size in (1, 2, 3, 4):
                with self.subTest(period=period, size=size):
                    ranks = [row["rank"] for row in self.board(f"?period={period}&page_size={size}")["results"]]
                    self.assertEqual(ranks, [1, 2, 2, 4][:size])

    def test_each_users_best_verified_score(self) -> None:
        now = timezone.now()
        for score in (3, 9, 9, 4):
            make_score(self.reader, score, at=now)
        make_score(self.reader, 99, at=now, verified=False)
        make_score(self.other, 98, at=now, verified=False)
        make_score(None, 97, at=now)
        make_score(self.clerk, -4, at=now)
        for period in Period.values:
            with self.subTest(period=period):
                answer = self.board(f"?period={period}", by=self.other)
                self.assertEqual(self.places(answer), [(1, self.reader.pk, 9), (2, self.clerk.pk, -4)])
                self.assertIsNone(answer["me"])
                self.assertEqual(answer["results"][0]["user"], {"id": self.reader.pk, "name": "Rita Reader"})
                self.assertEqual(answer["results"][1]["user"]["name"], f"Resident {self.clerk.pk}")

    def test_me_is_the_callers_place_on_the_page_or_not(self) -> None:
        players = make_users(9)
        for player, score in zip([*players, self.reader], (90, 80, 80, 70, 60, 50, 50, 50, 40, 50), strict=True):
            for _ in range(3):
                make_score(player, score, at=timezone.now())
        me = {"rank": 6, "user": {"id": self.reader.pk, "name": "Rita Reader"}, "score": 50}
        for period in Period.values:
            for size in (1, 2, 5, 6, 8, 10, 100):
                with self.subTest(period=period, size=size):
                    answer = self.board(f"?period={period}&page_size={size}", by=self.reader)
                    self.assertEqual(answer["me"], me)
                    self.assertEqual(len(answer["results"]), min(size, 10))
                    self.assertEqual(me in answer["results"], self.reader.pk in [p[1] for p in self.places(answer)])
            self.assertIsNone(self.board(f"?period={period}", by=self.admin)["me"])

    def test_places_match_a_count_in_python(self) -> None:
        random = Random(7)
        players = make_users(40)
        rows = [
            Score(
                user=random.choice(players),
                score=random.randrange(12),
                date_submitted=AT,
                verified=random.random() < 0.8,
            )
            for _ in range(300)
        ]
        Score.objects.bulk_create(rows)
        best: dict[int, Any] = {}
        for row in rows:
            if row.verified and row.user_id is not None:
                best[row.user_id] = max(best.get(row.user_id, 0), row.score)
        order = sorted(best, key=lambda pk: (-best[pk], pk))
        expected = [(1 + sum(other > best[pk] for other in best.values()), pk, best[pk]) for pk in order]
        for period in Period:
            for size in (1, 7, 20, 100):
                for me in (None, order[0], order[6], order[-1], 999999):
                    board = leaderboard(period=period, size=size, me=me, at=AT)
                    found = [(place.rank, place.user.pk, place.score) for place in board.results]
                    self.assertEqual(found, expected[:size])
                    own = board.me and (board.me.rank, board.me.user.pk, board.me.score)
                    self.assertEqual(own, next((place for place in expected if place[1] == me), None))

    def test_an_empty_leaderboard(self) -> None:
        for period in Period.values:
            self.assertEqual(self.board(f"?period={period}", by=self.reader), {"results": [], "me": None})

    def test_invalid_parameters_and_other_methods_are_refused(self) -> None:
        for query, names in {
            "period=year": {"period"},
            "period=": {"period"},
            "period=DAY": {"period"},
            "page_size=0": {"page_size"},
            "page_size=101": {"page_size"},
            "page_size=x&period=%00": {"page_size", "period"},
            "cursor=x&unknown=1": {"cursor", "unknown"},  # there is only one page
        }.items():
            with self.subTest(query=query):
                answer = self.assert_status(self.call("GET", f"{PATH}?{query}"), 400)
                self.assertEqual(set(answer), names)
        self.assert_status(self.call("GET", PATH, authorization="Bearer x"), 401)
        self.assert_only(PATH, "GET", by=self.admin)
        self.assert_only(PATH, "GET")


class CostTests(BoardTestCase):
    def test_the_number_of_queries_does_not_grow_with_rows(self) -> None:
        bearer = {"authorization": f"Bearer {access_token(self.reader)}"}
        players = make_users(50)
        make_score(self.reader, -1, at=timezone.now())
        for rows in (10, 90):
            for number in range(rows):
                make_score(players[number % 50], number, at=timezone.now())
            for period in Period.values:
                with self.assertNumQueries(3):  # user of the token, places, names
                    self.client.get(f"{PATH}?period={period}&page_size=5", headers=bearer)

    def make_ties(self) -> list[User]:
        """Creates 2,000 users with two scores each, of whom four fifths have the same best."""
        players = make_users(2_000)
        Score.objects.bulk_create(
            Score(user=player, score=points, date_submitted=AT, verified=True)
            for number, player in enumerate(players)
            for points in (1, 100 + max(0, number - 1_600))
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE scores_personalbest")
        return players

    def scans(self, *, period: Period, me: int | None) -> dict[str, int]:
        """Returns the number of rows of bests that a leaderboard of 20 places reads, by index."""
        values: dict[str, Any] = {"period": period, "first_day": period.first_day(AT), "size": 20, "me": me}
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {SQL}", values)
            plan = cursor.fetchone()[0][0]["Plan"]
        found = [node for node in nodes(plan) if node.get("Relation Name") == "scores_personalbest"]
        return {
            node.get("Index Name", node["Node Type"]): (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
            * node["Actual Loops"]
            for node in found
        }

    @tag("slow")
    def test_a_leaderboard_reads_only_its_page_from_the_index(self) -> None:
        self.make_ties()
        for period in Period:
            with self.subTest(period=period):
                self.assertEqual(self.scans(period=period, me=None)["best_by_score"], 20)

    @tag("slow")
    def test_the_place_of_the_caller_is_counted_in_an_index(self) -> None:
        players = self.make_ties()
        for me in (players[0], players[900], players[1_700]):
            for period in Period:
                with self.subTest(me=me.username, period=period):
                    read = self.scans(period=period, me=me.pk)
                    self.assertNotIn("Seq Scan", read)
                    own = leaderboard(period=period, size=20, me=me.pk, at=AT).me
                    better = 1_999 - max(players.index(me), 1_600)
                    self.assertEqual(own and own.rank, 1 + better)

    def test_only_names_of_users_are_read(self) -> None:
        make_score(self.reader, 1, at=timezone.now())
        with CaptureQueriesContext(connection) as captured:
            self.client.get(PATH)
        for column in ("password", "email", "phone", "remarks"):
            self.assertNotIn(column, captured[-1]["sql"])


class PeriodTests(BoardTestCase):
    def test_periods_start_at_midnight_on_monday_and_on_the_first(self) -> None:
        for zone, at, starts in (
            ("UTC", AT, ("2026-11-19T00:00Z", "2026-11-16T00:00Z", "2026-11-01T00:00Z")),
            # it is Friday there
            ("Pacific/Auckland", AT, ("2026-11-19T11:00Z", "2026-11-15T11:00Z", "2026-10-31T11:00Z")),
            ("America/New_York", AT, ("2026-11-19T05:00Z", "2026-11-16T05:00Z", "2026-11-01T04:00Z")),
            # a Monday that is the 1st
            ("UTC", datetime(2026, 6, 1, tzinfo=UTC), ("2026-06-01T00:00Z",) * 3),
            (
                "UTC",
                datetime(2027, 1, 2, 3, tzinfo=UTC),
                ("2027-01-02T00:00Z", "2026-12-28T00:00Z", "2027-01-01T00:00Z"),
            ),
        ):
            with self.subTest(zone=zone, at=at):
                self.assert_starts(zone, at, dict(zip(("day", "week", "month"), starts, strict=True)))

    def test_days_on_which_the_clocks_change(self) -> None:
        for zone, at, start in (
            # forward at 2:00, a day of 23 hours; then the next day
            ("Europe/Berlin", "2026-03-29T20:00Z", "2026-03-28T23:00Z"),
            ("Europe/Berlin", "2026-03-29T22:30Z", "2026-03-29T22:00Z"),
            # back at 3:00, a day of 25 hours, including its last one
            ("Europe/Berlin", "2026-10-25T22:30Z", "2026-10-24T22:00Z"),
            ("Europe/Berlin", "2026-10-25T23:00Z", "2026-10-25T23:00Z"),
            # forward at midnight: the day starts at 1:00
            ("Africa/Cairo", "2026-04-24T09:00Z", "2026-04-23T22:00Z"),
            ("Africa/Cairo", "2026-04-23T22:00Z", "2026-04-23T22:00Z"),
            # back from 1:00 to 0:00: the day starts at the first midnight
            ("America/Havana", "2026-11-01T12:00Z", "2026-11-01T04:00Z"),
            ("America/Havana", "2026-11-01T04:30Z", "2026-11-01T04:00Z"),
            ("America/Havana", "2026-11-01T05:30Z", "2026-11-01T04:00Z"),
        ):
            with self.subTest(zone=zone, at=at):
                self.assert_starts(zone, datetime.fromisoformat(at), {"day": start})
        self.assert_starts("Europe/Berlin", datetime(2026, 3, 29, 20, tzinfo=UTC), {"week": "2026-03-22T23:00Z"})
        self.assert_starts("Europe/Berlin", datetime(2026, 3, 31, 20, tzinfo=UTC), {"month": "2026-02-28T23:00Z"})

    def assert_starts(self, zone: str, at: datetime, starts: dict[str, str]) -> None:
        """Checks that a score at the start counts, and that one a microsecond earlier does not."""
        with town_in(zone):
            for period, start in starts.items():
                first = datetime.fromisoformat(start)
                self.assertEqual(Period(period).first_day(at), timezone.localdate(first))
                Score.objects.all().delete()
                make_score(self.reader, 1, at=first)
                make_score(self.other, 2, at=first - MICROSECOND)
                found = leaderboard(period=Period(period), size=20, me=self.other.pk, at=at)
                self.assertEqual([place.user for place in found.results], [self.reader])
                self.assertIsNone(found.me)
                everyone = leaderboard(period=Period.ALL, size=20, me=None, at=at)
                self.assertEqual(len(everyone.results), 2)

    def test_the_best_score_of_the_period_counts(self) -> None:
        now = timezone.now()
        make_score(self.reader, 100, at=now - timedelta(days=400))
        make_score(self.reader, 5, at=now)
        make_score(self.other, 6, at=now)
        for period, expected in (
            ("day", [(1, self.other.pk, 6), (2, self.reader.pk, 5)]),
            ("all", [(1, self.reader.pk, 100), (2, self.other.pk, 6)]),
        ):
            self.assertEqual(self.places(self.board(f"?period={period}")), expected)
        self.assertEqual(self.places(self.board()), self.places(self.board("?period=all")))
