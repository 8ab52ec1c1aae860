"""Written answers to questions: by the API, on the page, hidden by moderators, and at once."""

from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.test import TransactionTestCase

from accounts.models import User
from accounts.tests.browser import BrowserTestCase
from accounts.tests.cast import call, make_user
from accounts.tests.hostile import HostileTestCase
from accounts.tests.races import at_once, statuses
from questions.comments import comment_create, comment_hide
from questions.models import Comment, Question
from questions.tests.builders import AT, LIST, make_moderator, make_question, path

COMMENTS = "/api/v3/comments/"


class CommentTestCase(HostileTestCase):
    def setUp(self) -> None:
        self.moderator = make_moderator()
        self.question = make_question(self.reader)
        self.comment = comment_create(question=self.question, text="By the pier.", author=self.other, at=AT)
        self.path = f"{COMMENTS}{self.comment.pk}/"

    def send(self, method: str, path: str, body: Any = None, status: int = 200, *, by: User | None = None) -> Any:
        return self.assert_status(self.call(method, path, body, by=by), status)

    def hide(self, status: int = 200) -> Any:
        return self.send("POST", f"{self.path}hide/", {"reason": "Insult."}, status, by=self.moderator)


class CommentTests(CommentTestCase):
    def test_anyone_reads_and_the_signed_in_write(self) -> None:
        written = self.send("POST", path(self.question, "comments"), {"text": "Or here."}, 201, by=self.reader)
        expected = {
            "id": written["id"],
            "question": self.question.pk,
            "author": {"id": self.reader.pk, "name": "Rita Reader"},
            "text": "Or here.",
            "created_at": written["created_at"],
            "updated_at": None,
            "hidden": False,
            "hidden_reason": "",
        }
        self.assertEqual(written, expected)
        self.assertEqual(self.send("GET", f"{COMMENTS}{written['id']}/"), expected)
        rows = self.send("GET", path(self.question, "comments"))["results"]
        self.assertEqual([row["text"] for row in rows], ["Or here.", "By the pier."])
        self.send("POST", path(self.question, "comments"), {"text": "x"}, 401)
        self.send("GET", f"{LIST}999999/comments/", status=404)
        self.send("POST", f"{LIST}999999/comments/", {"text": "x"}, 404, by=self.reader)

    def test_the_author_changes_and_deletes(self) -> None:
        changed = self.send("PUT", self.path, {"text": "Near the pier."}, by=self.other)
        self.assertEqual(changed["text"], "Near the pier.")
        self.assertIsNotNone(changed["updated_at"])
        self.assertEqual(self.send("PATCH", self.path, {"text": "Far."}, by=self.other)["text"], "Far.")
        for by in (self.reader, self.moderator):
            self.send("PUT", self.path, {"text": "x"}, 403, by=by)
            self.send("PATCH", self.path, {"text": "x"}, 403, by=by)
        self.send("DELETE", self.path, None, 403, by=self.reader)
        self.send("DELETE", self.path, None, 204, by=self.other)
        self.assertFalse(Comment.objects.exists())

    def test_a_hidden_comment_is_shown_to_its_author_and_moderators(self) -> None:
        hidden = self.hide()
        self.assertEqual((hidden["hidden"], hidden["hidden_reason"]), (True, "Insult."))
        for by, count in ((None, 0), (self.reader, 0), (self.other, 1), (self.moderator, 1)):
            self.assertEqual(len(self.send("GET", path(self.question, "comments"), by=by)["results"]), count)
            self.send("GET", self.path, None, 200 if count else 404, by=by)

    def test_a_hidden_comment_stays_as_it_was(self) -> None:
        self.hide()
        self.hide(409)
        self.send("PUT", self.path, {"text": "x"}, 409, by=self.other)
        self.send("DELETE", self.path, None, 409, by=self.other)
        self.assertEqual(Comment.objects.get().text, "By the pier.")
        self.send("DELETE", self.path, None, 204, by=self.moderator)

    def test_bad_input(self) -> None:
        for text in ("", " ", "x" * 2001, None, 7.5, ["x"], "\0"):
            self.assertEqual(
                set(self.send("POST", path(self.question, "comments"), {"text": text}, 400, by=self.other)), {"text"}
            )
        self.assert_bodies_refused("POST", path(self.question, "comments"), by=self.other)
        self.assert_fields_refused("POST", f"{self.path}hide/", {"reason"}, by=self.moderator)
        self.assert_only(path(self.question, "comments"), "GET", "POST", by=self.other)
        self.assert_only(self.path, "GET", "PUT", "PATCH", "DELETE", by=self.other)
        with self.assertRaises(IntegrityError), transaction.atomic():
            Comment.objects.update(text="x" * 2001)

    def test_a_list_takes_as_many_statements_for_any_number(self) -> None:
        for _ in range(2):
            with self.assertNumQueries(3):  # the question, the comments, their authors
                self.call("GET", path(self.question, "comments"))
            for number in range(10):
                comment_create(question=self.question, text="x", author=make_user(f"u{number}{_}"), at=AT)

    def test_deleting_the_question_deletes_its_comments(self) -> None:
        self.send("DELETE", path(self.question), None, 204, by=self.reader)
        self.assertFalse(Comment.objects.exists())


class CommentPageTests(BrowserTestCase):
    question: Question
    path: str

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.question = make_question(cls.reader)
        cls.path = f"/questions/{cls.question.pk}/"

    def test_links_are_clickable_and_safe(self) -> None:
        text = "<script>alert(1)</script> see https://example.org/a?b=1&c=2 javascript:alert(1)\nnext"
        comment_create(question=self.question, text=text, author=self.other, at=AT)
        content = self.get(self.path)
        self.assertIn('<a href="https://example.org/a?b=1&amp;c=2" rel="nofollow">', content)
        self.assertNotIn("<script>alert", content)
        self.assertNotIn('href="javascript', content)
        self.assertIn("<br>next", content)

    def test_a_resident_comments_changes_and_deletes(self) -> None:
        self.assert_leads(self.post(f"{self.path}comment/", {"text": "By the pier."}, by=self.other), self.path)
        comment = Comment.objects.get()
        self.assertIn("By the pier.", self.get(self.path))
        edit, delete = f"/comments/{comment.pk}/edit/", f"/comments/{comment.pk}/delete/"
        self.assertIn("By the pier.", self.get(edit, by=self.other))
        self.assert_leads(self.post(edit, {"text": "There."}, by=self.other), self.path)
        self.assertIn("There.", self.get(self.path))
        for page in (edit, delete):
            self.get(page, by=self.reader, status=403)
            self.assertEqual(self.post(page, {"text": "x"}, by=self.reader).status_code, 403)
        self.assertIn("Please fill this in.", self.content(self.post(edit, {"text": " "}, by=self.other), 400))
        self.assert_leads(self.post(delete, {}, by=self.other), self.path)
        self.assertFalse(Comment.objects.exists())
        self.assert_asks_to_sign_in(f"{self.path}comment/", edit, delete)

    def test_a_moderator_hides_with_a_reason(self) -> None:
        comment = comment_create(question=self.question, text="You fool.", author=self.other, at=AT)
        moderator, hide = make_moderator(), f"/comments/{comment.pk}/hide/"
        self.assertEqual(self.post(hide, {"reason": "x"}, by=self.other).status_code, 403)
        self.assertIn(f'href="{hide}"', self.get(self.path, by=moderator))
        self.content(self.post(hide, {"reason": ""}, by=moderator), 400)
        self.assert_leads(self.post(hide, {"reason": "Insult."}, by=moderator), self.path)
        self.assertNotIn("You fool.", self.get(self.path))
        for by in (self.other, moderator):
            self.assertIn("Insult.", self.get(self.path, by=by))
        refused = self.post(f"/comments/{comment.pk}/edit/", {"text": "x"}, by=self.other)
        self.assertIn("A moderator has hidden this comment.", self.content(refused, 409))


class CommentRaceTests(TransactionTestCase):
    def test_a_comment_is_hidden_as_it_was_last_changed_or_not_changed_any_more(self) -> None:
        author, moderator = make_user("author"), make_user("admin", is_superuser=True)
        for _ in range(4):
            comment = comment_create(question=make_question(author), text="old", author=author, at=AT)
            hide = partial(comment_hide, comment=comment, reason="x", by=moderator, at=AT)
            edit = partial(call, "PUT", f"{COMMENTS}{comment.pk}/", {"text": "new"}, by=author)
            edited, _ = at_once([edit, hide])
            comment.refresh_from_db()
            self.assertTrue(comment.voided)
            self.assertIn((edited.status_code, comment.text), {(200, "new"), (409, "old")})

    def test_one_of_many_hides_at_once_succeeds(self) -> None:
        author, moderator = make_user("author"), make_user("admin", is_superuser=True)
        comment = comment_create(question=make_question(author), text="old", author=author, at=AT)
        hide = partial(call, "POST", f"{COMMENTS}{comment.pk}/hide/", {"reason": "x"}, by=moderator)
        self.assertEqual(statuses(at_once([hide] * 5)), {200: 1, 409: 4})
