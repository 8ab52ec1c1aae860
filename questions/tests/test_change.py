"""Changing and deleting a question: its author, and moderators."""

from typing import Any

from django.http import Http404

from accounts.models import User
from accounts.tests.hostile import HostileTestCase
from questions.models import Answer, Question, Vote
from questions.services import question_delete, question_update
from questions.tests.builders import BODY, make_moderator, make_question, path, take_part

NEW = {"title": "Two benches?", "description": "One would not do."}


class ChangeTestCase(HostileTestCase):
    moderator: User
    question: Question

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.moderator = make_moderator()
        cls.question = make_question(cls.reader)
        take_part(cls.question, answers=2, likes=1, dislikes=1)

    def send(self, method: str, body: Any = None, *, by: User | None) -> Any:
        return self.call(method, path(self.question), body, by=by)

    def shown(self) -> dict[str, Any]:
        return self.call("GET", path(self.question)).json()


class ChangeTests(ChangeTestCase):
    def test_author_and_moderators_replace_it(self) -> None:
        for by in (self.reader, self.moderator, self.admin):
            before = self.shown()
            new = {"title": f"By {by.username}", "description": NEW["description"]}
            answer = self.assert_status(self.send("PUT", new, by=by), 200)
            self.assertEqual(answer, {**before, **new})
            self.assertEqual(self.shown(), answer)

    def test_a_part_of_it_or_nothing(self) -> None:
        before = self.shown()
        for changes in ({}, {"title": "Three?"}, {"description": "No."}, {"title": "Four?", "ranking": 7, "likes": 9}):
            answer = self.assert_status(self.send("PATCH", changes, by=self.reader), 200)
            before |= {name: value for name, value in changes.items() if name in NEW}
            self.assertEqual(answer, before)

    def test_the_answer_shows_the_callers_own_vote(self) -> None:
        self.call("PUT", path(self.question, "vote"), {"value": "like"}, by=self.moderator)
        self.assertEqual(self.send("PATCH", {}, by=self.moderator).json()["my_vote"], "like")
        self.assertIsNone(self.send("PATCH", {}, by=self.reader).json()["my_vote"])

    def test_strangers_are_refused_whatever_they_send(self) -> None:
        before = self.shown()
        for by, status in ((None, 401), (self.other, 403), (self.librarian, 403)):
            for method in ("PUT", "PATCH", "DELETE"):
                for body in (NEW, {}, {"title": ""}):
                    self.assert_status(self.send(method, body, by=by), status)
        self.assertEqual(self.shown(), before)

    def test_every_bad_field_is_named(self) -> None:
        before = self.shown()
        for method in ("PUT", "PATCH"):
            for body in ({"title": "", "description": ""}, {"title": "x" * 201, "description": None}):
                answer = self.assert_status(self.send(method, body, by=self.reader), 400)
                self.assertEqual(set(answer), {"title", "description"})
            self.assert_bodies_refused_as_put(method)
        self.assertEqual(set(self.send("PUT", {}, by=self.reader).json()), {"title", "description"})
        self.assertEqual(set(self.send("PUT", {"title": "a"}, by=self.reader).json()), {"description"})
        self.assertEqual(self.shown(), before)

    def assert_bodies_refused_as_put(self, method: str) -> None:
        for body in ("[]", "null", "{", '"a"', b'{"title": "\xff"}', "[" * 100_000):
            self.assert_status(self.call(method, path(self.question), body, by=self.reader), 400)

    def test_one_that_is_not_there_is_404_before_anything_is_said_about_the_body(self) -> None:
        for body in (BODY, {"title": ""}):
            for method in ("PUT", "PATCH", "DELETE"):
                self.assert_status(self.call(method, path(999_999), body, by=self.reader), 404)

    def test_the_statements(self) -> None:
        for by, queries in ((self.reader, 4), (self.admin, 4), (self.moderator, 6)):
            with self.assertNumQueries(queries):  # who, whose, (two for permissions,) the change, the answer
                self.send("PATCH", {"title": "Five?"}, by=by)

    def test_one_that_was_deleted_meanwhile(self) -> None:
        Question.objects.all().delete()
        with self.assertRaises(Http404):
            question_update(question_id=self.question.pk, title="a")
        with self.assertRaises(Http404):
            question_delete(question_id=self.question.pk)


class DeleteTests(ChangeTestCase):
    def test_it_goes_with_its_answers_and_votes_and_with_them_alone(self) -> None:
        kept = make_question(self.reader)
        take_part(kept, answers=1, likes=1)
        self.assert_status(self.send("DELETE", by=self.reader), 204)
        self.assert_status(self.call("GET", path(self.question)), 404)
        self.assert_status(self.send("DELETE", by=self.reader), 404)
        for model in (Answer, Vote):
            self.assertEqual(list(model.objects.values_list("question", flat=True)), [kept.pk])

    def test_moderators_delete(self) -> None:
        self.assert_status(self.send("DELETE", by=self.moderator), 204)
        self.assertFalse(Question.objects.exists())

    def test_who_may_change_may_not_therefore_delete(self) -> None:
        group = self.moderator.groups.get()
        group.permissions.remove(group.permissions.get(codename="delete_question"))
        self.assert_status(self.send("DELETE", by=self.moderator), 403)
        self.assert_status(self.send("PATCH", {}, by=self.moderator), 200)
        group.permissions.remove(group.permissions.get(codename="change_question"))
        self.assert_status(self.send("PATCH", {}, by=User.objects.get(pk=self.moderator.pk)), 403)

    def test_many_votes_are_deleted_by_as_few_statements(self) -> None:
        take_part(self.question, likes=20, answers=20)
        # who, whose, a savepoint, the lock, answers, votes, the question, the end of the savepoint
        with self.assertNumQueries(8):
            self.send("DELETE", by=self.reader)
