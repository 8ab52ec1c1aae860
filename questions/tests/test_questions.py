"""Asking a question, the list of questions, and one question."""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.test import tag
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import access_token
from accounts.tests.hostile import HostileTestCase
from questions.models import Answer, Question, Vote
from questions.services import answer_put, vote_put
from questions.tests.builders import AT, BODY, LIST, make_people, make_question, path, take_part

FIELDS = {"id", *BODY, "author", "created", "ranking", "is_from_today", "answers", "likes", "dislikes"}
FIELDS |= {"my_answer", "my_vote", "average", "distribution"}


class AskTests(HostileTestCase):
    def test_any_signed_in_user_asks(self) -> None:
        before = timezone.now()
        answer = self.assert_status(self.call("POST", LIST, BODY, by=self.reader), 201)
        question = Question.objects.get()
        self.assertTrue(before <= question.created <= timezone.now())
        self.assertEqual(
            answer,
            {
                **BODY,
                "id": question.pk,
                "author": {"id": self.reader.pk, "name": "Rita Reader"},
                "created": answer["created"],
                "ranking": 10,
                "is_from_today": True,
                "answers": 0,
                "likes": 0,
                "dislikes": 0,
                "my_answer": None,
                "my_vote": None,
                "average": None,
                "distribution": [0, 0, 0, 0, 0],
            },
        )
        self.assertEqual(self.call("GET", path(question)).json(), answer)

    def test_asking_needs_credentials(self) -> None:
        for body in (BODY, {}, "{", "x" * 100_000):
            self.assert_status(self.call("POST", LIST, body), 401)
        self.assertFalse(Question.objects.exists())

    def test_read_only_fields_in_the_body_are_ignored(self) -> None:
        ignored: dict[str, Any] = {"ranking": 999, "likes": 9, "answers": 9, "is_from_today": False, "my_answer": 5}
        ignored |= {"author": self.other.pk, "created": "2020-01-01T00:00:00Z", "id": 7}
        answer = self.assert_status(self.call("POST", LIST, {**BODY, **ignored}, by=self.reader), 201)
        shown = [answer[name] for name in ("ranking", "likes", "answers", "is_from_today", "my_answer")]
        self.assertEqual(shown, [10, 0, 0, True, None])
        self.assertEqual(answer["author"]["id"], self.reader.pk)
        self.assertNotEqual((answer["created"][:4], answer["id"]), ("2020", 7))

    def test_every_invalid_field_is_named(self) -> None:
        for title, description in (("", ""), (" ", "\n"), (None, None), ("x" * 201, "x" * 10_001), ("\0", "\0")):
            body = {"title": title, "description": description}
            answer = self.assert_status(self.call("POST", LIST, body, by=self.reader), 400)
            self.assertEqual(set(answer), {"title", "description"})
        self.assertEqual(set(self.call("POST", LIST, {}, by=self.reader).json()), {"title", "description"})
        self.assert_bodies_refused("POST", LIST, by=self.reader)
        longest = {"title": "é" * 200, "description": "é" * 10_000}
        self.assert_status(self.call("POST", LIST, longest, by=self.reader), 201)

    def test_other_methods_are_refused(self) -> None:
        self.assert_only(LIST, "GET", "POST", by=self.reader)
        self.assert_only(path(make_question(self.reader)), "GET", "PUT", "PATCH", "DELETE", by=self.reader)

    def test_an_author_without_a_name_is_shown_as_resident_and_number(self) -> None:
        shown = self.call("GET", path(make_question(self.other))).json()
        self.assertEqual(shown["author"], {"id": self.other.pk, "name": f"Resident {self.other.pk}"})


class ReadTests(HostileTestCase):
    low: Question
    high: Question
    equal: Question

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.low, cls.high, cls.equal = (make_question(author) for author in (cls.reader, cls.other, cls.reader))
        take_part(cls.low, dislikes=1)
        take_part(cls.high, answers=1, likes=2)

    def found(self, query: str = "", *, by: User | None = None) -> list[dict[str, Any]]:
        results: list[dict[str, Any]] = self.assert_status(self.call("GET", LIST + query, by=by), 200)["results"]
        return results

    def ids(self, query: str = "") -> list[int]:
        return [question["id"] for question in self.found(query)]

    def test_anyone_reads_questions_by_ranking(self) -> None:
        self.assertEqual(self.ids(), [self.high.pk, self.equal.pk, self.low.pk])
        self.assertEqual([question["ranking"] for question in self.found()], [30, 10, 7])
        for question in self.found():
            self.assertEqual(set(question), FIELDS)
            self.assertEqual(self.call("GET", path(question["id"])).json(), question)

    def test_of_equal_rankings_the_newer_question_comes_first(self) -> None:
        later = make_question(self.other)
        self.assertEqual(self.ids(), [self.high.pk, later.pk, self.equal.pk, self.low.pk])

    def test_filter_by_author(self) -> None:
        self.assertEqual(self.ids(f"?author={self.reader.pk}"), [self.equal.pk, self.low.pk])
        self.assertEqual(self.ids(f"?author={self.other.pk}"), [self.high.pk])
        self.assertEqual(self.ids("?author=999999"), [])
        for value in ("x", "", "1.0", "9" * 30, "reader"):
            answer = self.assert_status(self.call("GET", f"{LIST}?author={value}"), 400)
            self.assertEqual(set(answer), {"author"})
        both = self.assert_status(self.call("GET", LIST + "?author=x&page_size=0&cursor=x"), 400)
        self.assertEqual(set(both), {"author", "page_size", "cursor"})

    def test_callers_see_their_own_answer_and_vote(self) -> None:
        answer_put(question_id=self.low.pk, user=self.reader, value=2, at=AT)
        vote_put(question_id=self.low.pk, user=self.other, value="like", at=AT)
        vote_put(question_id=self.high.pk, user=self.reader, value="dislike", at=AT)
        for by, expected in {
            None: {(None, None)},
            self.reader: {(2, None), (None, "dislike"), (None, None)},
            self.other: {(None, "like"), (None, None)},
            self.clerk: {(None, None)},
        }.items():
            with self.subTest(by=by and by.username):
                self.assertEqual({(row["my_answer"], row["my_vote"]) for row in self.found(by=by)}, expected)
        self.assertEqual(self.call("GET", path(self.low), by=self.reader).json()["my_answer"], 2)
        self.assertEqual(self.call("GET", path(self.low), by=self.other).json()["my_vote"], "like")

    def test_a_missing_question_is_404(self) -> None:
        for wrong in ("999999", "0", "x", "-1", "1.0", "9" * 30):
            self.assert_status(self.call("GET", f"{LIST}{wrong}/"), 404)

    def test_following_next_visits_each_question_once(self) -> None:
        for number, user in enumerate(make_people(25)):
            take_part(make_question(user), likes=number % 3)
        visited: list[Any] = []
        url = LIST + "?page_size=4"
        while url:
            page = self.assert_status(self.call("GET", url.removeprefix("http://testserver")), 200)
            visited += page["results"]
            url = page["next"]
        keys = [(question["ranking"], question["id"]) for question in visited]
        self.assertEqual(keys, sorted(set(keys), reverse=True))
        self.assertEqual(len(keys), 28)

    def test_the_number_of_queries_does_not_grow_with_rows(self) -> None:
        token = f"Bearer {access_token(self.reader)}"
        for rows in (10, 500):
            people = make_people(rows)
            questions = Question.objects.bulk_create(
                Question(**BODY, author=user, created=AT, ranking=number % 7) for number, user in enumerate(people)
            )
            Answer.objects.bulk_create(Answer(question=q, user=self.reader, value=1, changed=AT) for q in questions)
            Vote.objects.bulk_create(Vote(question=q, user=self.reader, value="like", changed=AT) for q in questions)
            for query in ("", f"&author={people[0].pk}"):
                with self.assertNumQueries(3):  # the user of the token, the rows and their authors
                    self.call("GET", f"{LIST}?page_size=100{query}", authorization=token)
                with self.assertNumQueries(2):
                    self.call("GET", f"{LIST}?page_size=100{query}")
        with self.assertNumQueries(2):
            self.call("GET", path(questions[0]), authorization=token)

    @tag("slow")
    def test_each_order_has_an_index(self) -> None:
        people = make_people(50)
        Question.objects.bulk_create(
            Question(**BODY, author=people[number % 50], created=AT + timedelta(minutes=number), ranking=number)
            for number in range(3000)
        )
        Question.objects.update(is_from_today=False)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE questions_question")
        expired = Question.objects.with_expired_bonus(at=timezone.now())
        for rows, index in (
            (Question.objects.all()[:20], "Index Scan Backward using question_by_ranking"),
            (Question.objects.filter(author=people[3])[:20], "question_by_author"),
            (expired.order_by("created", "pk")[:20], "question_from_today"),
        ):
            with self.subTest(index=index):
                self.assertIn(index, rows.explain())
                self.assertNotIn("Sort", rows.explain())
