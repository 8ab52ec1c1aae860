"""The pages for signing up, signing in and signing out."""

from typing import Any

from django.core import mail
from django.test import Client

from accounts.models import User
from accounts.tests.cast import PASSWORD
from accounts.tests.pages import PageTestCase
from accounts.tests.test_throttles import limits

LOGIN, LOGOUT, SIGNUP = "/accounts/login/", "/accounts/logout/", "/accounts/signup/"
OTHER_SITES = ("https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example")


class LoginPageTests(PageTestCase):
    def log_in(self, name: str, password: str = PASSWORD, **more: str) -> Any:
        return self.client.post(LOGIN, {"username": name, "password": password, **more})

    def test_username_or_email_signs_in(self) -> None:
        for name in ("reader", "READER", "reader@example.org"):
            with self.subTest(name=name):
                self.assertRedirects(self.log_in(name), "/")
                self.assertContains(self.client.get("/"), "Rita Reader")
                self.client.logout()

    def test_it_redirects_to_the_next_page(self) -> None:
        page = self.client.get(LOGIN, {"next": "/books/?q=a&b=c"})
        self.assertContains(page, 'name="next" value="/books/?q=a&amp;b=c"')
        self.assertContains(page, "/accounts/signup/?next=%2Fbooks%2F%3Fq%3Da%26b%3Dc")
        self.assertContains(self.log_in("reader", "wrong", next="/books/"), 'value="/books/"', status_code=400)
        self.assertRedirects(self.log_in("reader", next="/books/"), "/books/", fetch_redirect_response=False)

    def test_it_never_redirects_to_another_site(self) -> None:
        for url in OTHER_SITES:
            with self.subTest(url=url):
                self.assertContains(self.client.get(LOGIN, {"next": url}), 'name="next" value="/"')
                self.assertRedirects(self.log_in("reader", next=url), "/", fetch_redirect_response=False)
                self.client.logout()

    def test_signed_in_residents_are_redirected_at_once(self) -> None:
        self.sign_in(self.reader)
        for path in (LOGIN, SIGNUP):
            self.assertRedirects(self.client.get(path, {"next": "/books/"}), "/books/", fetch_redirect_response=False)

    def test_a_wrong_password_is_an_error_and_the_name_is_kept(self) -> None:
        User.objects.filter(pk=self.other.pk).update(is_active=False)
        for name, password in (("reader", "let-me-in-9"), ("nobody", PASSWORD), ("other", PASSWORD)):
            with self.subTest(name=name):
                answer = self.log_in(name, password)
                self.assertContains(answer, "The username or password is wrong.", status_code=400)
                self.assertContains(answer, f'value="{name}"', status_code=400)
                self.assertNotContains(answer, password, status_code=400)

    def test_empty_fields_are_errors(self) -> None:
        answer = self.log_in("", "")
        for field in ("username", "password"):
            self.assertContains(answer, f'id="{field}-errors"', status_code=400)
        self.assertContains(answer, 'role="alert"', status_code=400)

    def test_malformed_input_is_400(self) -> None:
        for name in ("a\0b", "x" * 3000, "<script>alert(1)</script>", "\ufffe"):
            with self.subTest(name=name[:9]):
                answer = self.log_in(name)
                self.assertEqual(answer.status_code, 400)
                self.assertNotContains(answer, "<script>alert", status_code=400)

    def test_the_form_shows_that_there_were_too_many_wrong_passwords(self) -> None:
        with limits(login_name="2/min"):
            for _ in range(2):
                self.assertEqual(self.log_in("reader", "wrong").status_code, 400)
            answer = self.log_in("reader")
        self.assertContains(answer, "Please try again in 1 minute.", status_code=429)
        self.assertContains(answer, 'value="reader"', status_code=429)
        self.assertRegex(answer["Retry-After"], r"^[1-9][0-9]?$")

    def test_it_requires_a_csrf_token_and_is_not_cached(self) -> None:
        self.assertEqual(Client(enforce_csrf_checks=True).post(LOGIN).status_code, 403)
        self.assert_no_store(self.client.get(LOGIN))
        self.assert_verbs(LOGIN, "GET", "HEAD", "POST")


class LogoutPageTests(PageTestCase):
    def test_only_a_post_signs_out(self) -> None:
        self.sign_in(self.reader)
        self.assert_verbs(LOGOUT, "POST")
        self.assertContains(self.client.get("/"), "Rita Reader")
        self.assertRedirects(self.client.post(LOGOUT), "/")
        self.assertNotContains(self.client.get("/"), "Rita Reader")

    def test_signing_out_twice_shows_the_home_page(self) -> None:
        self.assertRedirects(self.client.post(LOGOUT), "/")

    def test_the_header_links_to_sign_up_or_to_the_account(self) -> None:
        self.assertContains(self.client.get("/"), f'href="{SIGNUP}"')
        self.sign_in(self.reader)
        self.assertContains(self.client.get("/"), 'href="/accounts/me/"')
        self.assertNotContains(self.client.get("/"), f'href="{SIGNUP}"')


class SignupPageTests(PageTestCase):
    def sign_up(self, **changes: str) -> Any:
        body = {"username": "ann", "email": "Ann@example.org", "password1": PASSWORD, "password2": PASSWORD}
        with self.captureOnCommitCallbacks(execute=True):
            return self.client.post(SIGNUP, {**body, **changes})

    def test_a_new_resident_is_signed_in_and_sees_that_a_mail_was_sent(self) -> None:
        self.assertRedirects(self.sign_up(), "/", fetch_redirect_response=False)
        page = self.client.get("/")
        self.assertContains(page, "We have sent an email to ann@example.org.")
        self.assertContains(page, '<a href="/books/">Browse the library.</a>')
        self.assertEqual(self.client.get("/accounts/me/").status_code, 200)
        self.assertEqual([message.to for message in mail.outbox], [["ann@example.org"]])

    def test_it_redirects_to_the_next_page(self) -> None:
        self.assertContains(self.client.get(SIGNUP, {"next": "/books/"}), 'name="next" value="/books/"')
        self.assertRedirects(self.sign_up(next="/books/"), "/books/", fetch_redirect_response=False)

    def test_errors_are_shown_by_field_and_input_is_kept(self) -> None:
        answer = self.sign_up(username="<b>", email="no", password1="1", password2="2")
        for field in ("username", "email", "password1", "password2"):
            self.assertContains(answer, f'id="{field}-errors"', status_code=400)
        self.assertContains(answer, 'value="&lt;b&gt;"', status_code=400)
        self.assertContains(answer, 'value="no"', status_code=400)
        self.assertNotContains(answer, 'value="1"', status_code=400)
        self.assertFalse(mail.outbox)

    def test_a_duplicate_username_or_address_is_refused(self) -> None:
        answer = self.sign_up(username="Reader", email="other@EXAMPLE.org")
        self.assertContains(answer, "A user with that username already exists.", status_code=400)
        self.assertContains(answer, "A user with that email address already exists.", status_code=400)
        self.assertNotIn("_auth_user_id", self.client.session)

    def test_throttled_answers_do_not_tell_which_names_exist(self) -> None:
        with limits(registration="1/min"):
            self.assertEqual(self.sign_up(username="").status_code, 400)
            answer = self.sign_up(username="reader")
            self.assertContains(answer, "Please try again in 1 minute.", status_code=429)
            self.assertNotContains(answer, "already exists", status_code=429)
            self.assertContains(answer, 'value="reader"', status_code=429)
            self.assertIn("Retry-After", answer)
            self.assertEqual(self.client.post(SIGNUP).status_code, 429)

    def test_it_requires_a_csrf_token_and_is_not_cached(self) -> None:
        self.assertEqual(Client(enforce_csrf_checks=True).post(SIGNUP).status_code, 403)
        self.assert_no_store(self.client.get(SIGNUP))
        self.assert_verbs(SIGNUP, "GET", "HEAD", "POST")
