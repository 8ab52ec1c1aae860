"""The pages to read questions on, and to ask, change and delete them."""

from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from accounts.tests.browser import HOSTILE, BrowserTestCase
from accounts.tests.cast import make_user
from questions.models import Question
from questions.services import vote_put
from questions.tests.builders import AT, BODY, make_moderator, make_people, make_question, take_part

LIGHT = 100_000  # bytes
LIST, ASK = "/questions/", "/questions/ask/"


def page(question: Question, act: str = "") -> str:
    return f"{LIST}{question.pk}/{act and act + '/'}"


class ListTests(BrowserTestCase):
    def test_anybody_reads_them_by_ranking(self) -> None:
        low = make_question(self.reader, title="A low bench?")
        high = make_question(self.other, title="A high bench?")
        take_part(high, answers=1, likes=2, dislikes=3)
        content = self.get(LIST)
        self.assertLess(content.index("A high bench?"), content.index("A low bench?"))
        for text in ("There is nowhere to sit down.", "Rita Reader", f"Resident {self.other.pk}", "March 1, 2026"):
            self.assertIn(text, content)
        self.assertInHTML('<span class="figure">21</span>', content)
        self.assertInHTML('<p class="soft small">1 answer</p>', content)
        self.assertInHTML('<span class="badge good">today</span>', content, count=2)
        self.assertIn(f'href="{page(low)}"', content)
        Question.objects.update(is_from_today=False)
        self.assertNotIn(">today<", self.get(LIST))

    def test_what_the_ranking_is_made_of_is_said(self) -> None:
        self.assertIn(
            "Each answer adds 10 to the ranking and each like 5, each dislike takes 3 away, and a question of today "
            "has 10 more.",
            self.get(LIST),
        )

    def test_a_long_text_is_cut(self) -> None:
        make_question(self.reader, description="word " * 100)
        self.assertLess(self.get(LIST).count("word "), 60)

    def test_nobody_asks_for_more_than_a_light_page(self) -> None:
        User.objects.filter(pk=self.other.pk).update(name="n" * 150)
        for _ in range(100):
            make_question(self.other, title="t" * 200, description="d" * 10_000)
        for by in (None, self.reader):
            for size in ("100", "101", "x"):
                content = self.get(f"{LIST}?page_size={size}", by=by)
                self.assertEqual(content.count("<article"), 20)
                self.assertLess(len(content.encode()), LIGHT)

    def test_ones_own_are_a_link_away(self) -> None:
        make_question(self.reader, title="Mine")
        make_question(self.other, title="Theirs")
        mine = f"{LIST}?author={self.reader.pk}"
        self.assertNotIn("?author=", self.get(LIST))
        self.assertInHTML(f'<a href="{mine}">Your questions</a>', self.get(LIST, by=self.reader))
        content = self.get(mine, by=self.reader)
        self.assertInHTML(f'<a href="{mine}" aria-current="page">Your questions</a>', content)
        self.assertIn("Mine", content)
        self.assertNotIn("Theirs", content)

    def test_it_goes_on_behind_the_last_one(self) -> None:
        for number in range(21):
            make_question(self.reader, title=f"Number {number}")
        client = self.browser()
        first = client.get(LIST).context["page"]
        self.assertEqual([question.title for question in first.rows], [f"Number {n}" for n in range(20, 0, -1)])
        self.assertIsNone(first.previous)
        second = client.get(first.next).context["page"]
        self.assertEqual([question.title for question in second.rows], ["Number 0"])
        self.assertIn('rel="prev"', self.content(client.get(first.next)))

    def test_a_visitor_is_led_to_sign_in_and_back(self) -> None:
        make_question(self.reader)
        path = f"{LIST}?page_size=1"
        content = self.get(path)
        self.assertIn('href="/accounts/login/?next=%2Fquestions%2F%3Fpage_size%3D1"', content)
        self.assertNotIn("aria-pressed", content)
        self.assertNotIn(ASK, content)
        self.assertIn(ASK, self.get(path, by=self.reader))

    def test_bad_parameters(self) -> None:
        for query in ("author=x", "cursor=x", "author=%00"):
            with self.subTest(query=query):
                self.get(f"{LIST}?{query}", status=400)
        self.get(f"{LIST}?author=&page_size=&nothing=%00")

    def test_an_empty_list_says_so(self) -> None:
        self.assertIn("There are no questions here yet.", self.get(LIST))

    def test_hostile_text_is_text(self) -> None:
        make_question(self.reader, title=HOSTILE, description=HOSTILE)
        for path in (LIST, page(Question.objects.get())):
            content = self.get(path, by=self.reader)
            self.assertIn("&lt;script&gt;alert(1)&lt;/script&gt;", content)
            self.assertNotIn("<script>alert", content)

    def test_wrong_verbs(self) -> None:
        self.assert_takes(LIST, "GET", "HEAD", by=self.reader)
        self.assert_takes(page(make_question(self.reader)), "GET", "HEAD")

    def test_as_many_statements_at_two_as_at_twenty(self) -> None:
        browser, visitor = self.browser(self.reader), self.browser()
        for rows in (2, 18):
            for author in make_people(rows):
                vote_put(question_id=make_question(author).pk, user=self.reader, value="like", at=AT)
            with self.assertNumQueries(5):  # the session, who it is, two for what they may, and the questions
                self.assertEqual(browser.get(LIST).content.count(b'aria-pressed="true"'), rows if rows == 2 else 20)
            with self.assertNumQueries(1):
                visitor.get(LIST)


class ReadTests(BrowserTestCase):
    def test_the_whole_text_with_its_lines(self) -> None:
        question = make_question(self.reader, description="First line.\nSecond line.\n\nEnd. " + "x" * 300)
        content = self.get(page(question))
        self.assertIn("<p>First line.<br>Second line.</p>", content)
        self.assertIn("x" * 300, content)
        self.assertInHTML(f'<h1 id="title-{question.pk}">A bench by the river?</h1>', content)
        self.assertIn("Each answer adds 10", content)

    def test_a_visitor_is_led_to_sign_in_and_back(self) -> None:
        question = make_question(self.reader)
        content = self.get(page(question))
        self.assertIn(f'href="/accounts/login/?next=%2Fquestions%2F{question.pk}%2F"', content)
        self.assertNotIn("aria-pressed", content)

    def test_who_may_change_and_delete_finds_the_links(self) -> None:
        question = make_question(self.reader)
        for by, expected in ((None, 0), (self.other, 0), (self.reader, 2), (make_moderator(), 2), (self.admin, 2)):
            with self.subTest(by=by):
                content = self.get(page(question), by=by)
                self.assertEqual(sum(page(question, act) in content for act in ("edit", "delete")), expected)

    def test_each_permission_opens_its_own_page_alone(self) -> None:
        question = make_question(self.reader)
        for allowed, closed in (("edit", "delete"), ("delete", "edit")):
            by = make_user(f"may_{allowed}")
            codename = {"edit": "change_question", "delete": "delete_question"}[allowed]
            by.user_permissions.add(Permission.objects.get(codename=codename))
            content = self.get(page(question), by=by)
            self.assertEqual([page(question, act) in content for act in (allowed, closed)], [True, False])
            self.get(page(question, allowed), by=by)
            self.get(page(question, closed), by=by, status=403)

    def test_one_that_is_not_there(self) -> None:
        for number in ("999999", "0", "x", "-1", "9" * 30):
            self.get(f"{LIST}{number}/", status=404)

    def test_statements(self) -> None:
        question, browser = make_question(self.reader), self.browser(self.other)
        with self.assertNumQueries(5):
            browser.get(page(question))


class AskTests(BrowserTestCase):
    def test_asking(self) -> None:
        self.assertIn('name="csrfmiddlewaretoken"', self.get(ASK, by=self.reader))
        response = self.post(ASK, {**BODY, "author": self.other.pk, "ranking": 99}, by=self.reader)
        question = Question.objects.get()
        self.assert_leads(response, page(question))
        self.assertEqual((question.author, question.title, question.ranking), (self.reader, BODY["title"], 10))
        self.assertIn("Your question is asked.", response.client.get(page(question)).content.decode())

    def test_what_was_typed_is_kept_and_every_error_named(self) -> None:
        content = self.content(self.post(ASK, {"title": "x" * 201, "description": HOSTILE}, by=self.reader), 400)
        self.assertIn('id="title-errors"', content)
        self.assertNotIn('id="description-errors"', content)
        self.assertIn("x" * 201, content)
        self.assertIn("&lt;script&gt;", content)
        self.assertNotIn("<script>alert", content)
        content = self.content(self.post(ASK, {"title": " "}, by=self.reader), 400)
        for name in ("title", "description"):
            self.assertIn(f'id="{name}-errors"', content)
        self.assertFalse(Question.objects.exists())

    def test_odd_text_is_no_failure(self) -> None:
        for text, status in (("\0", 400), ("x" * 10_001, 400), (b"\xed\xa0\x80 \xff", 302)):
            response = self.post(ASK, {"title": text[:200], "description": text}, by=self.reader)
            self.assertEqual(response.status_code, status)

    def test_without_the_token_of_the_form_nothing_is_asked(self) -> None:
        self.assertEqual(self.browser(self.reader).post(ASK, BODY).status_code, 403)
        self.assertFalse(Question.objects.exists())

    def test_visitors_and_wrong_verbs(self) -> None:
        self.assert_asks_to_sign_in(ASK)
        self.assert_takes(ASK, "GET", "HEAD", "POST", by=self.reader)
        self.assertFalse(Question.objects.exists())


class ChangeTests(BrowserTestCase):
    def setUp(self) -> None:
        self.question = make_question(self.reader)
        self.edit, self.delete = page(self.question, "edit"), page(self.question, "delete")

    def test_the_author_and_moderators_change_it(self) -> None:
        content = self.get(self.edit, by=self.reader)
        self.assertIn('value="A bench by the river?"', content)
        self.assertIn("There is nowhere to sit down.</textarea>", content)
        for by in (self.reader, make_moderator()):
            response = self.post(self.edit, {"title": by.username, "description": "Two."}, by=by)
            self.assert_leads(response, page(self.question))
            self.question.refresh_from_db()
            self.assertEqual((self.question.title, self.question.author), (by.username, self.reader))
            self.assertIn("The question is changed.", response.client.get(page(self.question)).content.decode())

    def test_an_error_keeps_what_was_typed_and_the_question(self) -> None:
        content = self.content(self.post(self.edit, {"title": "", "description": "Typed"}, by=self.reader), 400)
        self.assertIn('id="title-errors"', content)
        self.assertIn("Typed</textarea>", content)
        self.question.refresh_from_db()
        self.assertEqual(self.question.title, BODY["title"])

    def test_it_is_deleted_after_a_question(self) -> None:
        moderator = make_moderator()
        for by in (self.reader, moderator):
            question = make_question(self.reader)
            self.assertIn("Keep it", self.get(page(question, "delete"), by=by))
            self.assertTrue(Question.objects.filter(pk=question.pk).exists())
            self.assert_leads(self.post(page(question, "delete"), {}, by=by), LIST)
            self.assertFalse(Question.objects.filter(pk=question.pk).exists())

    def test_strangers_may_not_and_it_stays(self) -> None:
        for path in (self.edit, self.delete):
            for by in (self.other, self.librarian):
                self.get(path, by=by, status=403)
                self.content(self.post(path, {"title": "x", "description": "x"}, by=by), 403)
        self.question.refresh_from_db()
        self.assertEqual(self.question.title, BODY["title"])

    def test_visitors_wrong_verbs_and_what_is_not_there(self) -> None:
        self.assert_asks_to_sign_in(self.edit, self.delete)
        for path in (self.edit, self.delete):
            self.assert_takes(path, "GET", "HEAD", "POST", by=self.reader)
            self.get(path.replace(str(self.question.pk), "999999"), by=self.reader, status=404)
            client = Client()
            client.force_login(self.admin)
            self.assertEqual(client.post(path.replace(str(self.question.pk), "999999")).status_code, 404)
