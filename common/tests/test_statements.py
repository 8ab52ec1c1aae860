"""Statements that are compiled once."""

from typing import Any

from django.db import models
from django.http import Http404
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import CastTestCase
from common.models import Mail, ThrottleWindow
from common.queries import Query
from common.statements import compiled, first_or_404, insert
from questions.models import Question
from questions.tests.builders import make_question
from scores.models import Score
from scores.tests.builders import make_score


@compiled
def users_by_id(*, user_id: int | None) -> models.QuerySet[User]:
    return User.objects.filter(pk=user_id).annotate(upper=models.functions.Upper("username"))


@compiled
def users_in_order(field: str, *, begins: str) -> models.QuerySet[User]:
    return User.objects.filter(username__gte=begins).order_by(field)


class CompiledTests(CastTestCase):
    def test_the_rows_are_those_of_the_queryset(self) -> None:
        for user in (self.reader, self.other):
            [found] = users_by_id(user_id=user.pk)
            self.assertEqual(found, user)
            self.assertEqual(
                found.__dict__.keys() - {"_state", "upper"}, User.objects.get(pk=user.pk).__dict__.keys() - {"_state"}
            )
            self.assertEqual(vars(found)["upper"], user.username.upper())
        self.assertEqual(users_by_id(user_id=None), [])

    def test_positional_arguments_belong_to_the_statement(self) -> None:
        for field in ("username", "-username", "username"):
            expected = list(User.objects.filter(username__gte="m").order_by(field))
            self.assertEqual(users_in_order(field, begins="m"), expected)

    def test_it_builds_no_query_at_the_second_call(self) -> None:
        calls: list[Any] = []

        @compiled
        def users(*, name: str) -> models.QuerySet[User]:
            calls.append(name)
            return User.objects.filter(username=name)

        self.assertEqual(
            [users(name=user.username) for user in (self.reader, self.other)], [[self.reader], [self.other]]
        )
        self.assertEqual(len(calls), 1)

    def test_related_rows_are_those_of_the_queryset_and_shared(self) -> None:
        for user in (self.reader, self.reader, self.other):
            make_question(user)
        joined = Question.objects.select_related("author")
        fetched = Question.objects.prefetch_related(models.Prefetch("author", User.objects.only("name")))
        for questions, statements in ((joined, 1), (fetched, 2)):
            with self.assertNumQueries(statements):
                rows = Query(questions.order_by("pk")).rows({})
                authors = [row.author for row in rows]
            self.assertEqual(authors, [self.reader, self.reader, self.other])
            self.assertIs(authors[0], authors[1])

    def test_a_missing_related_row_is_none(self) -> None:
        make_score(None, 1, at=timezone.now())
        for scores in (Score.objects.select_related("user"), Score.objects.prefetch_related("user")):
            with self.assertNumQueries(1):
                self.assertEqual([row.user for row in Query(scores).rows({})], [None])

    def test_no_rows_need_no_statement(self) -> None:
        with self.assertNumQueries(0):
            self.assertEqual(Query(User.objects.none()).rows({}), [])

    def test_only_rows_of_models_are_compiled(self) -> None:
        for rows in (User.objects.values("pk"), self.reader.rentals.all()):
            with self.assertRaises(TypeError):
                Query(rows)

    def test_no_row_is_404(self) -> None:
        self.assertEqual(first_or_404([self.reader]), self.reader)
        with self.assertRaises(Http404):
            first_or_404([])


class InsertTests(CastTestCase):
    def test_a_row_is_stored_as_save_stores_it(self) -> None:
        now = timezone.now()
        mail = insert(Mail(kind="x", language="en", created_at=now, next_attempt_at=now, parameters={"a": [1]}))
        self.assertFalse(mail._state.adding)
        stored = Mail.objects.get(pk=mail.pk)
        self.assertEqual((stored.parameters, stored.created_at, stored.attempts), ({"a": [1]}, now, 0))

    def test_a_generated_key_is_returned(self) -> None:
        user = insert(User(username="someone", password="!"))
        self.assertEqual(User.objects.get(username="someone").pk, user.pk)

    def test_a_given_key_is_kept(self) -> None:
        insert(ThrottleWindow(key="a key", hits=1, ends=timezone.now()))
        self.assertEqual(ThrottleWindow.objects.get().key, "a key")
