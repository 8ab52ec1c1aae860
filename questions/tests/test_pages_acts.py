"""Stars and thumbs: by a form, and in place."""

from typing import Any

from accounts.models import User
from accounts.tests.browser import CSRF, BrowserTestCase
from questions.models import Answer, Question, Vote
from questions.services import answer_put, vote_put
from questions.tests.builders import AT, kept, make_question, recounted
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
        """Answers, likes, dislikes and ranking, once they are what the rows say."""
        self.assertEqual(kept(), recounted())
        return kept()[self.question.pk]

    def pressed(self, content: str) -> list[str]:
        """The ids of the buttons that are marked as chosen."""
        ids = [f"{name}-{self.question.pk}" for name in ("like", "dislike")]
        ids += [f"star-{self.question.pk}-{number}" for number in range(1, 6)]
        return [name for name in ids if 'aria-pressed="true"' in content.partition(f'id="{name}"')[2].partition(">")[0]]

    def offered(self, content: str, name: str) -> str:
        """What a button would send."""
        return content.partition(f'id="{name}"')[2].partition('value="')[2].partition('"')[0]


class FormTests(ActTestCase):
    def test_a_thumb_is_pressed_changed_and_taken_back(self) -> None:
        like, dislike = f"like-{self.question.pk}", f"dislike-{self.question.pk}"
        for button, counts, pressed in ((like, (0, 1, 0, 15), [like]), (dislike, (0, 0, 1, 7), [dislike])):
            sent = self.offered(self.get(page(self.question), by=self.other), button)
            self.assert_leads(self.post(self.vote, {"value": sent}, by=self.other), page(self.question))
            self.assertEqual(self.counts(), counts)
            content = self.get(page(self.question), by=self.other)
            self.assertEqual(self.pressed(content), pressed)
            self.assertEqual(self.offered(content, button), "")
            self.assertEqual(self.pressed(self.get(LIST, by=self.other)), pressed)
            self.assertEqual(self.pressed(self.get(page(self.question), by=self.reader)), [])
        self.assert_leads(self.post(self.vote, {"value": ""}, by=self.other), page(self.question))
        self.assertEqual(self.counts(), (0, 0, 0, 10))

    def test_stars_are_given_changed_and_taken_back(self) -> None:
        for number in (2, 5):
            star = f"star-{self.question.pk}-{number}"
            sent = self.offered(self.get(page(self.question), by=self.other), star)
            self.assert_leads(self.post(self.answer, {"value": sent}, by=self.other), page(self.question))
            self.assertEqual(Answer.objects.get().value, number)
            content = self.get(page(self.question), by=self.other)
            self.assertEqual(self.pressed(content), [star])
            self.assertEqual(content.count('class="star lit"'), number)
            self.assertIn(f"You gave {number} of 5.", content)
            self.assertEqual(self.offered(content, star), "")
        self.assertEqual(self.counts(), (1, 0, 0, 20))
        self.assert_leads(self.post(self.answer, {"value": ""}, by=self.other), page(self.question))
        self.assertEqual(self.counts(), (0, 0, 0, 10))
        self.assertIn("One star: not at all.", self.get(page(self.question), by=self.other))

    def test_it_leads_back_to_the_list_it_came_from_and_nowhere_else(self) -> None:
        content = self.get(f"{LIST}?page_size=7", by=self.other)
        place = f"{LIST}?page_size=7#question-{self.question.pk}"
        self.assertIn(f'<input type="hidden" name="next" value="{place}">', content)
        self.assertIn(f'id="question-{self.question.pk}"', content)
        for path in (self.vote, self.answer):
            self.assert_leads(self.post(path, {"value": "", "next": place}, by=self.other), place)
            for elsewhere in ("https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil.example", ""):
                response = self.post(path, {"value": "", "next": elsewhere}, by=self.other)
                self.assert_leads(response, page(self.question))

    def test_whoever_signed_in_on_the_way_comes_back_to_the_question(self) -> None:
        self.assert_asks_to_sign_in(self.vote, self.answer)
        for path in (self.vote, self.answer):
            self.assert_leads(self.browser(self.other).get(path), page(self.question))
            self.assert_takes(path, "GET", "HEAD", "POST", by=self.other)
        self.assertEqual(self.counts(), (0, 0, 0, 10))

    def test_what_no_button_sends_is_400_and_changes_nothing(self) -> None:
        vote_put(question_id=self.question.pk, user=self.other, value="like", at=AT)
        answer_put(question_id=self.question.pk, user=self.other, value=3, at=AT)
        bad: tuple[dict[str, Any], ...] = ({}, {"value": "x"}, {"value": "0"}, {"value": "6"}, {"value": "\0"})
        for body in (*bad, {"value": " "}):
            for path in (self.vote, self.answer):
                with self.subTest(path=path, body=body):
                    self.content(self.post(path, body, by=self.other), 400)
        self.assertEqual(self.counts(), (1, 1, 0, 25))

    def test_a_question_that_is_not_there(self) -> None:
        for path, value in ((self.vote, "like"), (self.vote, ""), (self.answer, "1"), (self.answer, "")):
            path = path.replace(str(self.question.pk), "999999")
            self.content(self.post(path, {"value": value}, by=self.other), 404)
            self.content(self.swap(path, {"value": value}, by=self.other), 404)

    def test_without_the_token_of_the_form_nothing_is_counted(self) -> None:
        for path, value in ((self.vote, "like"), (self.answer, "1")):
            self.assertEqual(self.browser(self.other).post(path, {"value": value}).status_code, 403)
        self.assertEqual(self.counts(), (0, 0, 0, 10))


class SwapTests(ActTestCase):
    def swapped(self, path: str, value: Any, by: User) -> str:
        return self.content(self.swap(path, {"value": value, "next": f"{LIST}#question-1"}, by=by))

    def test_a_thumb_gives_its_part_of_the_page_alone(self) -> None:
        content = self.swapped(self.vote, "like", self.other)
        self.assertNotIn("<html", content)
        self.assertIn(f'<div class="standing" id="standing-{self.question.pk}">', content)
        self.assertInHTML('<span class="figure">15</span>', content)
        self.assertEqual(self.pressed(content), [f"like-{self.question.pk}"])
        self.assertNotIn(f'id="stars-{self.question.pk}"', content)
        self.assertIn(f'name="next" value="{LIST}#question-{self.question.pk}"', content)
        self.assertIn('name="csrfmiddlewaretoken"', content)
        self.assertEqual(self.counts(), (0, 1, 0, 15))

    def test_it_is_the_part_that_the_page_has(self) -> None:
        content = self.content(self.swap(self.vote, {"value": "like"}, by=self.other))
        part = content.partition("</form>")[0].partition('name="value"')[2]
        self.assertIn(part, self.get(page(self.question), by=self.other))

    def test_stars_give_theirs_and_that_of_the_ranking_beside(self) -> None:
        content = self.swapped(self.answer, "4", self.other)
        self.assertIn(f'id="stars-{self.question.pk}"', content)
        self.assertIn(f'id="standing-{self.question.pk}" hx-swap-oob="true"', content)
        self.assertInHTML('<span class="figure">20</span>', content)
        self.assertEqual(self.pressed(content), [f"star-{self.question.pk}-4"])

    def test_what_was_done_is_said(self) -> None:
        said = '<div hx-swap-oob="innerHTML:#said">{}</div>'
        for path, value, words in (
            (self.vote, "like", "You like this question. The ranking is now 15."),
            (self.vote, "dislike", "You dislike this question. The ranking is now 7."),
            (self.vote, "", "Your vote is taken back. The ranking is now 10."),
            (self.answer, "1", "You gave 1 star. The ranking is now 20."),
            (self.answer, "5", "You gave 5 stars. The ranking is now 20."),
            (self.answer, "", "Your answer is taken back. The ranking is now 10."),
        ):
            self.assertInHTML(said.format(words), self.swapped(path, value, self.other))
        for path in (LIST, page(self.question)):
            self.assertIn('role="status" id="said"', self.get(path, by=self.other))

    def test_whoever_is_no_longer_signed_in_is_led_to_it_with_the_whole_page(self) -> None:
        response = self.swap(self.vote, {"value": "like"}, page="/questions/?author=7")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response["HX-Redirect"], "/accounts/login/?next=/questions/%3Fauthor%3D7")
        elsewhere = self.swap(self.vote, {"value": "like"}, page="https://evil.example/x")
        self.assertEqual(elsewhere["HX-Redirect"], "/accounts/login/?next=/")
        self.assertFalse(Vote.objects.exists())

    def test_statements(self) -> None:
        vote_put(question_id=self.question.pk, user=self.other, value="dislike", at=AT)
        client = self.browser(self.other)
        client.cookies["csrftoken"] = CSRF
        # the session, who it is, three of the vote and the two ends of its transaction, and the question
        with self.assertNumQueries(8):
            client.post(self.vote, {"value": "like"}, headers={"x-csrftoken": CSRF, "hx-request": "true"})
