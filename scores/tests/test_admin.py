"""The back office of scores."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from accounts.tests.cast import CastTestCase
from scores.models import Score
from scores.tests.builders import make_score

LIST = reverse("admin:scores_score_changelist")
ADD = reverse("admin:scores_score_add")


class ScoreAdminTests(CastTestCase):
    def setUp(self) -> None:
        now = timezone.now()
        self.low = make_score(self.reader, "9.5", at=now - timedelta(days=40)).pk
        self.high = make_score(self.other, 70, at=now).pk
        self.claimed = make_score(self.reader, 50, at=now, verified=False).pk
        self.anonymous = make_score(None, 10, at=now).pk
        self.client.force_login(self.admin)

    def found(self, query: str) -> set[int]:
        return {score.pk for score in self.client.get(LIST + query).context["cl"].result_list}

    def test_list_search_and_filters(self) -> None:
        low, high, claimed, anonymous = self.low, self.high, self.claimed, self.anonymous
        for query, ids in {
            "": {low, high, claimed, anonymous},
            "?score_gt=10": {high, claimed},
            "?score_gt=9.5": {high, claimed, anonymous},
            "?score_gt=9.49": {low, high, claimed, anonymous},
            "?score_gt=-1000": {low, high, claimed, anonymous},
            "?score_gt=10&_facets=True": {high, claimed},
            "?score_gt=": {low, high, claimed, anonymous},
            "?of=reader": {low, claimed},
            "?of=OTHER@example.org": {high},
            "?of=nobody": set(),
            "?verified__exact=1": {low, high},
            "?verified__exact=0&score_gt=10": {claimed},
            "?date_submitted_from=2100-01-01": set(),
            "?q=reader": {low, claimed},
            "?q=rita": {low, claimed},
            "?q=other@": {high},
            "?q=reader&score_gt=10&of=reader": {claimed},
        }.items():
            with self.subTest(query=query):
                self.assertEqual(self.found(query), ids)

    def test_an_invalid_filter_leads_back_to_the_list(self) -> None:
        for value in ("x", "NaN", "1e400", "1,5", "9" * 200, "%00"):
            for name in ("score_gt", "of") if value == "%00" else ("score_gt",):
                with self.subTest(name=name, value=value):
                    self.assertRedirects(self.client.get(f"{LIST}?{name}={value}"), LIST + "?e=1")

    def test_the_form_of_the_filters_keeps_the_search(self) -> None:
        shown = self.client.get(LIST + "?verified__exact=1&score_gt=5&q=%22%3E%3Cb%3E")
        self.assertContains(shown, '<input type="hidden" name="q" value="&quot;&gt;&lt;b&gt;">', html=True)
        self.assertContains(shown, '<input type="text" name="score_gt" value="5"')
        self.assertNotContains(shown, '"><b>')

    def test_the_number_of_queries_does_not_grow_with_rows(self) -> None:
        self.client.get(LIST)
        for _ in range(2):
            with self.assertNumQueries(4):  # session, user, count, rows
                self.client.get(LIST)
            for number in range(40):
                make_score(self.reader, number, at=timezone.now())

    def test_a_score_is_shown_without_trailing_zeros(self) -> None:
        shown = self.client.get(reverse("admin:scores_score_change", args=[self.low]))
        self.assertContains(shown, ">9.5<")
        self.assertNotContains(shown, "Save")
        self.assertContains(self.client.get(LIST), ">70<")
        self.assertContains(self.client.get(LIST), ">10<")
        self.assertContains(self.client.get(LIST, headers={"accept-language": "es"}), ">9,5<")

    def add(self, **form: Any) -> Any:
        return self.client.post(ADD, {"user": self.other.pk, "input_value": "41", **form}, follow=True)

    def test_an_added_score_follows_the_formula_and_is_verified(self) -> None:
        self.assertEqual(self.client.get(ADD).status_code, 200)
        self.assertRedirects(self.add(), LIST)
        score = Score.objects.latest("id")
        self.assertEqual((score.user, score.score, score.verified), (self.other, 42, True))

    def test_invalid_values_are_refused(self) -> None:
        before = Score.objects.count()
        for value in ("NaN", "sNaN", "Infinity", "-inf", "1e400", str(2**53), "9" * 200, "x", "", "true", "[]"):
            with self.subTest(value=value):
                self.assertTrue(self.add(input_value=value).context["errors"])
        self.assertContains(self.add(user=""), "Select the user of the score.")
        self.assertTrue(self.add(user="999999").context["errors"])
        self.assertEqual(Score.objects.count(), before)

    def test_a_score_cannot_be_changed_but_can_be_deleted(self) -> None:
        change = reverse("admin:scores_score_change", args=[self.low])
        self.assertEqual(self.client.post(change, {"user": self.other.pk, "input_value": "1"}).status_code, 403)
        delete = reverse("admin:scores_score_delete", args=[self.high])
        self.assertRedirects(self.client.post(delete, {"post": "yes"}), LIST)
        self.assertFalse(Score.objects.filter(pk=self.high).exists())

    def test_staff_need_permissions(self) -> None:
        self.clerk.is_staff = True
        self.clerk.save()
        self.client.force_login(self.clerk)
        self.assertEqual(self.client.get(LIST).status_code, 403)
        self.clerk.user_permissions.add(Permission.objects.get(codename="view_score"))
        self.assertEqual(len(self.found("")), 4)
        self.assertEqual(self.client.get(ADD).status_code, 403)
        delete = reverse("admin:scores_score_delete", args=[self.high])
        self.assertEqual(self.client.post(delete, {"post": "yes"}).status_code, 403)
