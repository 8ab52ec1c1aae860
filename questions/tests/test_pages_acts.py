"""Answering with stars and voting with thumbs, by a form and with htmx."""

from typing import Any

from accounts.models import User
from accounts.tests.browser import CSRF, BrowserTestCase
from questions.models import Answer, Question, Vote
from questions.services import answer_put, vote_put
from questions.tests.builders import AT, expected_counts, make_question, stored_counts
from questions.tests.test_pages import LIST, page


class ActTestCase(BrowserTestCase):
    question: Question
    vote: str
    answer: str

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.question = make_question(cls.reader)
        cls.vote, cls.answer = page(cls.question, "vote"), page(cls.question, "answer")

    def counts(self) -> tuple[int, ...]:
        """Returns answers, likes, dislikes and ranking, after checking that they match the rows."""
        self.assertEqual(stored_counts(), expected_counts())
        return stored_counts()[self.question.pk]

    def pressed(self, content: str) -> list[str]:
        """Returns the ids of the buttons that are marked as pressed."""
        ids = [f"{name}-{self.question.pk}" for name in ("like", "dislike")]
        ids += [f"star-{self.question.pk}-{number}" for number in range(1, 6)]
        return [name for name in ids if 'aria-pressed="true"' in content.partition(f'id="{name}"')[2].partition(">")[0]]

    def value_of(self, content: str, name: str) -> str:
        """Returns the value that a button would send."""
        return content.partition(f'id="{name}"')[2].partition('value="')[2].partition('"')[0]


class FormTests(ActTestCase):
    def test_a_vote_is_set_changed_and_withdrawn(self) -> None:
        like, dislike = f"like-{self.question.pk}", f"dislike-{self.question.pk}"
        for button, counts, pressed in ((like, (0, 1, 0, 15), [like]), (dislike, (0, 0, 1, 7), [dislike])):
            sent = self.value_of(self.get(page(self.question), by=self.other), button)
            self.assert_leads(self.post(self.vote, {"value": sent}, by=self.other), page(self.question))
            self.assertEqual(self.counts(), counts)
            content = self.get(page(self.question), by=self.other)
            self.assertEqual(self.pressed(content), pressed)
            self.assertEqual(self.value_of(content, button), "")
            self.assertEqual(self.pressed(self.get(LIST, by=self.other)), pressed)
            self.assertEqual(self.pressed(self.get(page(self.question), by=self.reader)), [])
        self.assert_leads(self.post(self.vote, {"value": ""}, by=self.other), page(self.question))
        self.assertEqual(self.counts(), (0, 0, 0, 10))

    def test_an_answer_is_set_changed_and_withdrawn(self) -> None:
        for number in (2, 5):
            star = f"star-{self.question.pk}-{number}"
            sent = self.value_of(self.get(page(self.question), by=self.other), star)
            self.assert_leads(self.post(self.answer, {"value": sent}, by=self.other), page(self.question))
            self.assertEqual(Answer.objects.get().value, number)
            content = self.get(page(self.question), by=self.other)
            self.assertEqual(self.pressed(content), [star])
            self.assertEqual(content.count('class="star lit"'), number)
            self.assertIn(f"You gave {number} of 5 stars.", content)
            self.assertEqual(self.value_of(content, star), "")
        self.assertEqual(self.counts(), (1, 0, 0, 20))
        self.assert_leads(self.post(self.answer, {"value": ""}, by=self.other), page(self.question))
        self.assertEqual(self.counts(), (0, 0, 0, 10))
        self.assertIn("One star: not at all.", self.get(page(self.question), by=self.other))

    def test_it_returns_to_the_list_but_never_to_another_site(self) -> None:
        content = self.get(f"{LIST}?page_size=7", by=self.other)
        place = f"{LIST}?page_size=7#question-{self.question.pk}"
        self.assertIn(f'<input type="hidden" name="next" value="{place}">', content)
        self.assertIn(f'id="question-{self.question.pk}"', content)
        for path in (self.vote, self.answer):
            self.assert_leads(self.post(path, {"value": "", "next": place}, by=self.other), place)
            for elsewhere in ("https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil.example", ""):
                response = self.post(path, {"value": "", "next": elsewhere}, by=self.other)
                self.assert_leads(response, page(self.question))

    def test_a_visitor_returns_to_the_question_after_signing_in(self) -> None:
        self.assert_asks_to_sign_in(self.vote, self.answer)
        for path in (self.vote, self.answer):
            self.assert_leads(self.browser(self.other).get(path), page(self.question))
            self.assert_takes(path, "GET", "HEAD", "POST", by=self.other)
        self.assertEqual(self.counts(), (0, 0, 0, 10))

    def test_invalid_values_are_400_and_change_nothing(self) -> None:
        vote_put(question_id=self.question.pk, user=self.other, value="like", at=AT)
        answer_put(question_id=self.question.pk, user=self.other, value=3, at=AT)
        bad: tuple[dict[str, Any], ...] = ({}, {"value": "x"}, {"value": "0"}, {"value": "6"}, {"value": "\0"})
        for body in (*bad, {"value": " "}):
            for path in (self.vote, self.answer):
                with self.subTest(path=path, body=body):
                    self.content(self.post(path, body, by=self.other), 400)
        self.assertEqual(self.counts(), (1, 1, 0, 25))

    def test_a_missing_question_is_404(self) -> None:
        for path, value in ((self.vote, "like"), (self.vote, ""), (self.answer, "1"), (self.answer, "")):
            path = path.replace(str(self.question.pk), "999999")
            self.content(self.post(path, {"value": value}, by=self.other), 404)
            self.content(self.swap(path, {"value": value}, by=self.other), 404)

    def test_acts_need_the_csrf_token(self) -> None:
        for path, value in ((self.vote, "like"), (self.answer, "1")):
            self.assertEqual(self.browser(self.other).post(path, {"value": value}).status_code, 403)
        self.assertEqual(self.counts(), (0, 0, 0, 10))


class SwapTests(ActTestCase):
    def swapped(self, path: str, value: Any, by: User) -> str:
        return self.content(self.swap(path, {"value": value, "next": f"{LIST}#question-1"}, by=by))

    def test_a_vote_returns_only_its_part_of_the_page(self) -> None:
        content = self.swapped(self.vote, "like", self.other)
        self.assertNotIn("<html", content)
        self.assertIn(f'<div class="standing" id="standing-{self.question.pk}">', content)
        self.assertInHTML('<span class="figure">15</span>', content)
        self.assertEqual(self.pressed(content), [f"like-{self.question.pk}"])
        self.assertNotIn(f'id="stars-{self.question.pk}"', content)
        self.assertIn(f'name="next" value="{LIST}#question-{self.question.pk}"', content)
        self.assertIn('name="csrfmiddlewaretoken"', content)
        self.assertEqual(self.counts(), (0, 1, 0, 15))

    def test_the_part_is_the_same_as_on_the_page(self) -> None:
        content = self.content(self.swap(self.vote, {"value": "like"}, by=self.other))
        part = content.partition("</form>")[0].partition('name="value"')[2]
        self.assertIn(part, self.get(page(self.question), by=self.other))

    def test_an_answer_returns_the_stars_and_the_ranking(self) -> None:
        content = self.swapped(self.answer, "4", self.other)
        self.assertIn(f'id="stars-{self.question.pk}"', content)
        self.assertIn(f'id="standing-{self.question.pk}" hx-swap-oob="true"', content)
        self.assertInHTML('<span class="figure">20</span>', content)
        self.assertEqual(self.pressed(content), [f"star-{self.question.pk}-4"])

    def test_the_change_is_announced(self) -> None:
        announcement = '<div hx-swap-oob="innerHTML:#announcement">{}</div>'
        for path, value, text in (
            (self.vote, "like", "You like this question. The ranking is now 15."),
            (self.vote, "dislike", "You dislike this question. The ranking is now 7."),
            (self.vote, "", "You withdrew your vote. The ranking is now 10."),
            (self.answer, "1", "You gave 1 star. The ranking is now 20."),
            (self.answer, "5", "You gave 5 stars. The ranking is now 20."),
            (self.answer, "", "You withdrew your answer. The ranking is now 10."),
        ):
            self.assertInHTML(announcement.format(text), self.swapped(path, value, self.other))
        for path in (LIST, page(self.question)):
            self.assertIn('role="status" id="announcement"', self.get(path, by=self.other))

    def test_an_expired_session_leads_to_the_sign_in_page(self) -> None:
        response = self.swap(self.vote, {"value": "like"}, page="/questions/?author=7")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response["HX-Redirect"], "/accounts/login/?next=/questions/%3Fauthor%3D7")
        elsewhere = self.swap(self.vote, {"value": "like"}, page="https://evil.example/x")
        self.assertEqual(elsewhere["HX-Redirect"], "/accounts/login/?next=/")
        self.assertFalse(Vote.objects.exists())

    def test_number_of_queries(self) -> None:
        vote_put(question_id=self.question.pk, user=self.other, value="dislike", at=AT)
        client = self.browser(self.other)
        client.cookies["csrftoken"] = CSRF
        # session, user, 2 for the vote, begin and end of its transaction, question
        with self.assertNumQueries(7):
            client.post(self.vote, {"value": "like"}, headers={"x-csrftoken": CSRF, "hx-request": "true"})
