"""The traffic office's figures on the dashboard."""

from datetime import UTC, datetime

from common.tests.figures import chart_of, figures_of
from infractions.figures import infractions, officers
from infractions.models import Objection
from infractions.objections import objection_answer
from infractions.sales import CLOCK_TICK
from infractions.services import infraction_void
from infractions.tests.builders import TrafficTestCase, make_infraction, make_vehicle
from infractions.tokens import token_revoke

AT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)  # a Wednesday
MONDAY, NEXT_MONDAY = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC)
FIRST_MONDAY = datetime(2025, 12, 15, tzinfo=UTC)  # of the last 12 weeks


class TrafficFiguresTests(TrafficTestCase):
    def record(self, *times: datetime, void: bool = False) -> None:
        vehicle = make_vehicle()
        for time in times:
            infraction = make_infraction(vehicle, self.officer, timestamp=time, at=time)
            if void:
                infraction_void(infraction=infraction, reason="Wrong plate.", by=self.traffic, at=time)

    def test_this_week_counts_void_infractions_separately(self) -> None:
        self.record(MONDAY - CLOCK_TICK, MONDAY, AT, NEXT_MONDAY - CLOCK_TICK, NEXT_MONDAY)
        self.record(MONDAY - CLOCK_TICK, MONDAY, NEXT_MONDAY, void=True)
        expected = {"Infractions this week": 3, "Void this week": 1, "Objections to answer": 0}
        self.assertEqual(figures_of(infractions(at=AT)), expected)

    def test_the_chart_shows_the_last_twelve_weeks(self) -> None:
        self.record(
            FIRST_MONDAY - CLOCK_TICK, FIRST_MONDAY, MONDAY - CLOCK_TICK, MONDAY, NEXT_MONDAY - CLOCK_TICK, NEXT_MONDAY
        )
        self.record(FIRST_MONDAY - CLOCK_TICK, MONDAY - CLOCK_TICK, NEXT_MONDAY, void=True)
        chart = chart_of(infractions(at=AT))
        self.assertEqual([*chart][::11], ["15 Dec", "2 Mar"])
        counted = {week: counts for week, counts in chart.items() if any(counts)}
        self.assertEqual(counted, {"15 Dec": (1, 0), "23 Feb": (1, 1), "2 Mar": (2, 0)})

    def test_objections_to_answer(self) -> None:
        for number in range(2):
            infraction = make_infraction(make_vehicle(), self.officer, at=AT)
            Objection.objects.create(infraction=infraction, by=self.reader, text="x", language="en", created_at=AT)
            if number:
                objection_answer(infraction=infraction, answer="x", uphold=False, by=self.traffic, at=AT)
        self.assertEqual(figures_of(infractions(at=AT))["Objections to answer"], 1)

    def test_officers_without_a_token(self) -> None:
        self.assertEqual(figures_of(officers(at=AT)), {"Officers without a token": 0})
        token_revoke(officer=self.officer)
        self.assertEqual(figures_of(officers(at=AT)), {"Officers without a token": 1})
