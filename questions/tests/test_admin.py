"""The back office of questions: list, search, filters, add, change and delete. Answers and votes are read-only."""

from typing import Any

from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import CastTestCase
from common.tests.statements import statements
from questions.comments import comment_create
from questions.models import Answer, Question, Vote
from questions.services import answer_put, vote_put
from questions.tests.builders import AT, expected_counts, make_moderator, make_question, stored_counts, take_part

LIST = reverse("admin:questions_question_changelist")
ADD = reverse("admin:questions_question_add")
FORM = {"title": "A ramp at the clinic?", "description": "For wheelchairs and prams."}


def change(question: Question) -> str:
    return reverse("admin:questions_question_change", args=[question.pk])


def delete(question: Question) -> str:
    return reverse("admin:questions_question_delete", args=[question.pk])


class QuestionAdminTestCase(CastTestCase):
    moderator: User
    bench: Question
    bus: Question

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.moderator = make_moderator()
        User.objects.filter(pk=cls.moderator.pk).update(is_staff=True)
        cls.bench = make_question(cls.reader)
        cls.bus = make_question(cls.other, title="Is the last bus too early?", at=timezone.now())
        Question.objects.filter(pk=cls.bench.pk).update(is_from_today=False, ranking=0)
        take_part(cls.bench, answers=2, likes=3, dislikes=1)

    def setUp(self) -> None:
        self.client.force_login(self.moderator)

    def tearDown(self) -> None:
        self.assertEqual(stored_counts(), expected_counts())

    def found(self, query: str = "") -> list[int]:
        return [row.pk for row in self.client.get(LIST + query).context["cl"].result_list]


class ListTests(QuestionAdminTestCase):
    def test_list_search_and_filters(self) -> None:
        bench, bus = self.bench.pk, self.bus.pk
        for query, found in {
            "": [bench, bus],
            "?q=bench": [bench],
            "?q=early+bus": [bus],
            "?q=nobody": [],
            "?is_from_today__exact=1": [bus],
            "?is_from_today__exact=0": [bench],
            f"?created_from={AT.year + 1}-01-01": [],
            "?created_to=2026-03-01": [bench],
            "?o=2": [bus, bench],
            "?is_from_today__exact=1&_facets=True": [bus],
        }.items():
            with self.subTest(query=query):
                self.assertEqual(self.found(query), found)
        self.assertContains(self.client.get(LIST), ">32<")

    def test_the_number_of_queries_does_not_grow_with_rows(self) -> None:
        self.client.get(LIST)
        for _ in range(2):
            with self.assertNumQueries(6):  # session, user, 2 for permissions, count, rows
                self.client.get(LIST)
            for _ in range(30):
                make_question(self.other)


class WriteTests(QuestionAdminTestCase):
    def test_only_title_and_description_are_changed(self) -> None:
        shown = self.client.get(change(self.bench))
        self.assertContains(shown, "nowhere to sit")
        self.assertContains(shown, ">32<")
        ignored = {"ranking": 999, "likes": 99, "author": self.other.pk, "is_from_today": "on"}
        self.assertRedirects(self.client.post(change(self.bench), {**FORM, **ignored}), LIST)
        question = Question.objects.get(pk=self.bench.pk)
        self.assertEqual((question.title, question.description), tuple(FORM.values()))
        self.assertEqual((question.author, question.ranking, question.is_from_today), (self.reader, 32, False))

    def test_a_vote_while_the_form_was_open_stays_counted(self) -> None:
        self.client.get(change(self.bench))
        take_part(self.bench, likes=1)
        with CaptureQueriesContext(connection) as queries:
            self.client.post(change(self.bench), {**FORM, "description": self.bench.description})
        self.assertEqual(stored_counts()[self.bench.pk], (2, 4, 1, 37))
        (update,) = (sql for sql in statements(queries) if sql.startswith('UPDATE "questions_question"'))
        # Only the title is written, so a vote during the request is not lost either.
        self.assertIn("SET \"title\" = 'A ramp at the clinic?' WHERE", update)

    def test_every_invalid_field_is_named(self) -> None:
        for form in ({"title": "", "description": ""}, {"title": "x" * 201, "description": "x" * 10_001}):
            shown = self.client.post(change(self.bench), form)
            self.assertEqual(set(shown.context["adminform"].form.errors), {"title", "description"})

    def test_the_author_of_a_new_question_is_the_user(self) -> None:
        self.assertEqual(self.client.post(ADD, FORM).status_code, 403)  # moderators may not add questions
        self.client.force_login(self.admin)
        self.assertEqual(self.client.get(ADD).status_code, 200)
        before = timezone.now()
        self.assertRedirects(self.client.post(ADD, {**FORM, "author": self.reader.pk, "ranking": 99}), LIST)
        question = Question.objects.latest("pk")
        self.assertEqual((question.author, question.ranking, question.is_from_today), (self.admin, 10, True))
        self.assertGreaterEqual(question.created, before)
        self.assertTrue(self.client.post(ADD, {"title": ""}).context["errors"])

    def test_the_page_before_a_deletion_counts_answers_and_votes(self) -> None:
        for by in (self.moderator, self.admin):
            self.client.force_login(by)
            self.assertContains(self.client.get(delete(self.bench)), "2 answers, 4 votes")
        self.assertRedirects(self.client.post(delete(self.bench), {"post": "yes"}), LIST)
        self.assertEqual((set(stored_counts()), Answer.objects.count(), Vote.objects.count()), ({self.bus.pk}, 0, 0))

    def test_delete_selected_questions(self) -> None:
        selected: dict[str, Any] = {"action": "delete_selected", "_selected_action": [self.bench.pk, self.bus.pk]}
        self.assertContains(self.client.post(LIST, selected), "2 answers, 4 votes")
        self.assertRedirects(self.client.post(LIST, {**selected, "post": "yes"}), LIST)
        self.assertFalse(Question.objects.exists())

    def test_users_without_permission_are_refused(self) -> None:
        for user in (self.clerk, self.reader):
            User.objects.filter(pk=user.pk).update(is_staff=user == self.clerk)
            self.client.force_login(user)
            for page in (LIST, ADD, change(self.bench), delete(self.bench)):
                with self.subTest(user=user.username, page=page):
                    status = self.client.post(page, {"post": "yes", **FORM}).status_code
                    self.assertEqual(status, 403 if user == self.clerk else 302)
        self.assertEqual(Question.objects.get(pk=self.bench.pk).title, self.bench.title)


class CommentAdminTests(QuestionAdminTestCase):
    def test_the_page_that_hides_a_comment_shows_its_text(self) -> None:
        comment = comment_create(question=self.bench, text="By the pier.", author=self.other, at=AT)
        act = reverse("admin:questions_comment_act", args=[comment.pk, "void"])
        self.assertContains(self.client.get(act), "(By the pier.)")
        self.client.post(act, {"reason": "Advertising"})
        comment.refresh_from_db()
        self.assertEqual((comment.void_reason, comment.voided_by), ("Advertising", self.moderator))


class AnswerAndVoteAdminTests(QuestionAdminTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        answer_put(question_id=cls.bus.pk, user=cls.reader, value=5, at=AT)
        vote_put(question_id=cls.bus.pk, user=cls.reader, value="dislike", at=AT)

    def test_moderators_see_questions_and_comments(self) -> None:
        index = self.client.get(reverse("admin:index"))
        models = [model["object_name"] for app in index.context["app_list"] for model in app["models"]]
        self.assertEqual(models, ["Comment", "Question"])

    def test_answers_and_votes_are_read_only(self) -> None:
        for by in (self.admin, self.clerk):
            User.objects.filter(pk=by.pk).update(is_staff=True)
            by.user_permissions.set(Permission.objects.filter(codename__in=["view_answer", "view_vote"]))
            self.client.force_login(by)
            for name, row in (("answer", Answer.objects.latest("pk")), ("vote", Vote.objects.latest("pk"))):
                with self.subTest(by=by.username, name=name):
                    base = f"admin:questions_{name}_"
                    pages = {act: reverse(base + act) for act in ("changelist", "add")}
                    pages |= {act: reverse(base + act, args=[row.pk]) for act in ("change", "delete")}
                    self.assertContains(self.client.get(pages["changelist"] + "?q=reader"), "1 " + name)
                    self.assertEqual(self.client.get(pages["change"]).status_code, 200)
                    for act in ("add", "change", "delete"):
                        self.assertEqual(self.client.post(pages[act], {"post": "yes", "value": "1"}).status_code, 403)

    def test_the_number_of_queries_does_not_grow_with_rows(self) -> None:
        self.client.logout()
        self.client.force_login(self.admin)
        for name in ("answer", "vote"):
            page = reverse(f"admin:questions_{name}_changelist")
            for _ in range(2):
                with self.assertNumQueries(4):  # session, user, count, rows
                    self.client.get(page)
                take_part(self.bus, answers=8, likes=8)
