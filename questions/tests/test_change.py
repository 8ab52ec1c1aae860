"""Changing and deleting a question, which its author and moderators may do."""

from typing import Any

from django.http import Http404

from accounts.models import User
from accounts.tests.cast import access_token
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
        question: dict[str, Any] = self.call("GET", path(self.question)).json()
        return question


class ChangeTests(ChangeTestCase):
    def test_the_author_and_moderators_replace_it(self) -> None:
        for by in (self.reader, self.moderator, self.admin):
            before = self.shown()
            new = {"title": f"By {by.username}", "description": NEW["description"]}
            answer = self.assert_status(self.send("PUT", new, by=by), 200)
            self.assertEqual(answer, {**before, **new})
            self.assertEqual(self.shown(), answer)

    def test_patch_changes_some_fields_or_none(self) -> None:
        before = self.shown()
        for changes in ({}, {"title": "Three?"}, {"description": "No."}, {"title": "Four?", "ranking": 7, "likes": 9}):
            answer = self.assert_status(self.send("PATCH", changes, by=self.reader), 200)
            before |= {name: value for name, value in changes.items() if name in NEW}
            self.assertEqual(answer, before)

    def test_the_response_shows_the_callers_own_vote(self) -> None:
        self.call("PUT", path(self.question, "vote"), {"value": "like"}, by=self.moderator)
        self.assertEqual(self.send("PATCH", {}, by=self.moderator).json()["my_vote"], "like")
        self.assertIsNone(self.send("PATCH", {}, by=self.reader).json()["my_vote"])

    def test_other_users_are_refused_before_the_body_is_checked(self) -> None:
        before = self.shown()
        for by, status in ((None, 401), (self.other, 403), (self.librarian, 403)):
            for method in ("PUT", "PATCH", "DELETE"):
                for body in (NEW, {}, {"title": ""}):
                    self.assert_status(self.send(method, body, by=by), status)
        self.assertEqual(self.shown(), before)

    def test_every_invalid_field_is_named(self) -> None:
        before = self.shown()
        for method in ("PUT", "PATCH"):
            for body in ({"title": "", "description": ""}, {"title": "x" * 201, "description": None}):
                answer = self.assert_status(self.send(method, body, by=self.reader), 400)
                self.assertEqual(set(answer), {"title", "description"})
            self.assert_broken_bodies_refused(method)
        self.assertEqual(set(self.send("PUT", {}, by=self.reader).json()), {"title", "description"})
        self.assertEqual(set(self.send("PUT", {"title": "a"}, by=self.reader).json()), {"description"})
        self.assertEqual(self.shown(), before)

    def assert_broken_bodies_refused(self, method: str) -> None:
        for body in ("[]", "null", "{", '"a"', b'{"title": "\xff"}', "[" * 100_000):
            self.assert_status(self.call(method, path(self.question), body, by=self.reader), 400)

    def test_a_missing_question_is_404_before_the_body_is_checked(self) -> None:
        for body in (BODY, {"title": ""}):
            for method in ("PUT", "PATCH", "DELETE"):
                self.assert_status(self.call(method, path(999_999), body, by=self.reader), 404)

    def test_number_of_queries(self) -> None:
        for by, queries in ((self.reader, 4), (self.admin, 4), (self.moderator, 6)):
            access_token(by)  # issued before the queries are counted
            with self.assertNumQueries(queries):  # user, question, (2 for permissions,) update, response
                self.send("PATCH", {"title": "Five?"}, by=by)

    def test_services_raise_404_for_a_question_that_was_deleted_meanwhile(self) -> None:
        Question.objects.all().delete()
        with self.assertRaises(Http404):
            question_update(question_id=self.question.pk, title="a")
        with self.assertRaises(Http404):
            question_delete(question_id=self.question.pk)

    def test_a_service_changes_only_title_and_description(self) -> None:
        before = self.shown()
        for name in ("titel", "ranking", "author"):
            changes: Any = {"title": "New?", name: 1}
            with self.assertRaises(TypeError):
                question_update(question_id=self.question.pk, **changes)
        self.assertEqual(self.shown(), before)


class DeleteTests(ChangeTestCase):
    def test_deleting_a_question_deletes_only_its_own_answers_and_votes(self) -> None:
        other = make_question(self.reader)
        take_part(other, answers=1, likes=1)
        self.assert_status(self.send("DELETE", by=self.reader), 204)
        self.assert_status(self.call("GET", path(self.question)), 404)
        self.assert_status(self.send("DELETE", by=self.reader), 404)
        for model in (Answer, Vote):
            self.assertEqual(list(model.objects.values_list("question", flat=True)), [other.pk])

    def test_moderators_delete(self) -> None:
        self.assert_status(self.send("DELETE", by=self.moderator), 204)
        self.assertFalse(Question.objects.exists())

    def test_changing_and_deleting_need_separate_permissions(self) -> None:
        group = self.moderator.groups.get()
        group.permissions.remove(group.permissions.get(codename="delete_question"))
        self.assert_status(self.send("DELETE", by=self.moderator), 403)
        self.assert_status(self.send("PATCH", {}, by=self.moderator), 200)
        group.permissions.remove(group.permissions.get(codename="change_question"))
        self.assert_status(self.send("PATCH", {}, by=User.objects.get(pk=self.moderator.pk)), 403)

    def test_the_number_of_queries_does_not_grow_with_votes(self) -> None:
        take_part(self.question, likes=20, answers=20)
        access_token(self.reader)  # issued before the queries are counted
        # user, question, savepoint, lock, comments, answers, votes, question, release of the savepoint
        with self.assertNumQueries(9):
            self.send("DELETE", by=self.reader)
