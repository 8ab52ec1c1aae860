"""The pages on which residents read, ask, change and delete questions."""

from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from accounts.tests.browser import HOSTILE, BrowserTestCase
from accounts.tests.cast import make_user
from questions.comments import comment_create
from questions.models import Question
from questions.services import vote_put
from questions.tests.builders import AT, BODY, make_moderator, make_people, make_question, take_part

MAX_PAGE_BYTES = 100_000
LIST, ASK = "/questions/", "/questions/ask/"


def page(question: Question, act: str = "") -> str:
    return f"{LIST}{question.pk}/{act and act + '/'}"


class ListTests(BrowserTestCase):
    def test_anyone_reads_questions_by_ranking(self) -> None:
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

    def test_the_ranking_is_explained(self) -> None:
        self.assertIn(
            "Each answer adds 10 points to the ranking and each like adds 5. Each dislike takes away 3. "
            "Questions asked today have 10 extra points.",
            self.get(LIST),
        )

    def test_a_long_description_is_truncated(self) -> None:
        make_question(self.reader, description="word " * 100)
        self.assertLess(self.get(LIST).count("word "), 60)

    def test_the_page_size_cannot_be_raised(self) -> None:
        User.objects.filter(pk=self.other.pk).update(name="n" * 150)
        for _ in range(100):
            make_question(self.other, title="t" * 200, description="d" * 10_000)
        for by in (None, self.reader):
            for size in ("100", "101", "x"):
                content = self.get(f"{LIST}?page_size={size}", by=by)
                self.assertEqual(content.count("<article"), 20)
                self.assertLess(len(content.encode()), MAX_PAGE_BYTES)

    def test_a_link_leads_to_your_own_questions(self) -> None:
        make_question(self.reader, title="Mine")
        make_question(self.other, title="Theirs")
        mine = f"{LIST}?author={self.reader.pk}"
        self.assertNotIn("?author=", self.get(LIST))
        self.assertInHTML(f'<a href="{mine}">Your questions</a>', self.get(LIST, by=self.reader))
        content = self.get(mine, by=self.reader)
        self.assertInHTML(f'<a href="{mine}" aria-current="page">Your questions</a>', content)
        self.assertIn("Mine", content)
        self.assertNotIn("Theirs", content)

    def test_links_lead_to_the_next_and_previous_page(self) -> None:
        for number in range(21):
            make_question(self.reader, title=f"Number {number}")
        client = self.browser()
        first = client.get(LIST).context["page"]
        self.assertEqual([question.title for question in first.rows], [f"Number {n}" for n in range(20, 0, -1)])
        self.assertIsNone(first.previous)
        second = client.get(first.next).context["page"]
        self.assertEqual([question.title for question in second.rows], ["Number 0"])
        self.assertIn('rel="prev"', self.content(client.get(first.next)))

    def test_a_link_leads_visitors_to_sign_in_and_back(self) -> None:
        make_question(self.reader)
        path = f"{LIST}?page_size=1"
        content = self.get(path)
        self.assertIn('href="/accounts/login/?next=%2Fquestions%2F%3Fpage_size%3D1"', content)
        self.assertNotIn("aria-pressed", content)
        self.assertNotIn(ASK, content)
        self.assertIn(ASK, self.get(path, by=self.reader))

    def test_invalid_parameters_are_400(self) -> None:
        for query in ("author=x", "cursor=x", "author=%00"):
            with self.subTest(query=query):
                self.get(f"{LIST}?{query}", status=400)
        self.get(f"{LIST}?author=&page_size=&nothing=%00")

    def test_an_empty_list(self) -> None:
        self.assertIn("There are no questions here yet.", self.get(LIST))
        make_question(self.reader)
        self.assertIn("No questions match your search.", self.get(f"{LIST}?q=zebra"))

    def test_html_in_texts_is_escaped(self) -> None:
        make_question(self.reader, title=HOSTILE, description=HOSTILE)
        for path in (LIST, page(Question.objects.get())):
            content = self.get(path, by=self.reader)
            self.assertIn("&lt;script&gt;alert(1)&lt;/script&gt;", content)
            self.assertNotIn("<script>alert", content)

    def test_other_methods_are_refused(self) -> None:
        self.assert_takes(LIST, "GET", "HEAD", by=self.reader)
        self.assert_takes(page(make_question(self.reader)), "GET", "HEAD")

    def test_the_number_of_queries_does_not_grow_with_rows(self) -> None:
        browser, visitor = self.browser(self.reader), self.browser()
        for rows in (2, 18):
            for author in make_people(rows):
                vote_put(question_id=make_question(author).pk, user=self.reader, value="like", at=AT)
            with self.assertNumQueries(6):  # session, user, 2 for permissions, questions, authors
                self.assertEqual(browser.get(LIST).content.count(b'aria-pressed="true"'), rows if rows == 2 else 20)
            with self.assertNumQueries(2):
                visitor.get(LIST)


class ReadTests(BrowserTestCase):
    def test_a_comment_without_buttons_has_no_room_for_them(self) -> None:
        question = make_question(self.reader)
        comment_create(question=question, text="By the pier.", author=self.other, at=AT)
        comment = '<article class="card" id="comment-'
        for by, has_buttons in ((self.reader, False), (self.other, True)):
            with self.subTest(by=by):
                shown = self.get(page(question), by=by).partition(comment)[2]
                self.assertEqual('class="buttons"' in shown, has_buttons)

    def test_the_whole_description_with_its_lines(self) -> None:
        question = make_question(self.reader, description="First line.\nSecond line.\n\nEnd. " + "x" * 300)
        content = self.get(page(question))
        self.assertIn("<p>First line.<br>Second line.</p>", content)
        self.assertIn("x" * 300, content)
        self.assertInHTML(f'<h1 id="title-{question.pk}"><bdi>A bench by the river?</bdi></h1>', content)
        self.assertIn("Each answer adds 10", content)

    def test_a_link_leads_visitors_to_sign_in_and_back(self) -> None:
        question = make_question(self.reader)
        content = self.get(page(question))
        self.assertIn(f'href="/accounts/login/?next=%2Fquestions%2F{question.pk}%2F"', content)
        self.assertNotIn("aria-pressed", content)

    def test_links_to_change_and_delete_need_permission(self) -> None:
        question = make_question(self.reader)
        for by, expected in ((None, 0), (self.other, 0), (self.reader, 2), (make_moderator(), 2), (self.admin, 2)):
            with self.subTest(by=by):
                content = self.get(page(question), by=by)
                self.assertEqual(sum(page(question, act) in content for act in ("edit", "delete")), expected)

    def test_each_permission_opens_only_its_own_page(self) -> None:
        question = make_question(self.reader)
        for allowed, closed in (("edit", "delete"), ("delete", "edit")):
            by = make_user(f"may_{allowed}")
            codename = {"edit": "change_question", "delete": "delete_question"}[allowed]
            by.user_permissions.add(Permission.objects.get(codename=codename))
            content = self.get(page(question), by=by)
            self.assertEqual([page(question, act) in content for act in (allowed, closed)], [True, False])
            self.get(page(question, allowed), by=by)
            self.get(page(question, closed), by=by, status=403)

    def test_a_missing_question_is_404(self) -> None:
        for number in ("999999", "0", "x", "-1", "9" * 30):
            self.get(f"{LIST}{number}/", status=404)

    def test_number_of_queries(self) -> None:
        question, browser = make_question(self.reader), self.browser(self.other)
        # The session, the user, the question, two of permissions, the comments.
        with self.assertNumQueries(6):
            browser.get(page(question))


class AskTests(BrowserTestCase):
    def test_asking(self) -> None:
        self.assertIn('name="csrfmiddlewaretoken"', self.get(ASK, by=self.reader))
        response = self.post(ASK, {**BODY, "author": self.other.pk, "ranking": 99}, by=self.reader)
        question = Question.objects.get()
        self.assert_leads(response, page(question))
        self.assertEqual((question.author, question.title, question.ranking), (self.reader, BODY["title"], 10))
        self.assertIn("Your question is published.", response.client.get(page(question)).content.decode())

    def test_invalid_input_is_kept_and_every_error_is_shown(self) -> None:
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

    def test_odd_text_is_not_a_server_error(self) -> None:
        for text, status in (("\0", 400), ("x" * 10_001, 400), (b"\xed\xa0\x80 \xff", 302)):
            response = self.post(ASK, {"title": text[:200], "description": text}, by=self.reader)
            self.assertEqual(response.status_code, status)

    def test_asking_needs_the_csrf_token(self) -> None:
        self.assertEqual(self.browser(self.reader).post(ASK, BODY).status_code, 403)
        self.assertFalse(Question.objects.exists())

    def test_visitors_sign_in_and_other_methods_are_refused(self) -> None:
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
            self.assertIn("The question was changed.", response.client.get(page(self.question)).content.decode())

    def test_invalid_input_is_kept_and_the_question_is_unchanged(self) -> None:
        content = self.content(self.post(self.edit, {"title": "", "description": "Typed"}, by=self.reader), 400)
        self.assertIn('id="title-errors"', content)
        self.assertIn("Typed</textarea>", content)
        self.question.refresh_from_db()
        self.assertEqual(self.question.title, BODY["title"])

    def test_it_is_deleted_after_a_confirmation(self) -> None:
        moderator = make_moderator()
        for by in (self.reader, moderator):
            question = make_question(self.reader)
            self.assertIn("Cancel", self.get(page(question, "delete"), by=by))
            self.assertTrue(Question.objects.filter(pk=question.pk).exists())
            self.assert_leads(self.post(page(question, "delete"), {}, by=by), LIST)
            self.assertFalse(Question.objects.filter(pk=question.pk).exists())

    def test_other_users_are_refused(self) -> None:
        for path in (self.edit, self.delete):
            for by in (self.other, self.librarian):
                self.get(path, by=by, status=403)
                self.content(self.post(path, {"title": "x", "description": "x"}, by=by), 403)
        self.question.refresh_from_db()
        self.assertEqual(self.question.title, BODY["title"])

    def test_visitors_other_methods_and_missing_questions(self) -> None:
        self.assert_asks_to_sign_in(self.edit, self.delete)
        for path in (self.edit, self.delete):
            self.assert_takes(path, "GET", "HEAD", "POST", by=self.reader)
            self.get(path.replace(str(self.question.pk), "999999"), by=self.reader, status=404)
            client = Client()
            client.force_login(self.admin)
            self.assertEqual(client.post(path.replace(str(self.question.pk), "999999")).status_code, 404)
