"""Every page, and who looks at it. A new route is visited by itself."""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from playwright.sync_api import Page

from accounts.models import User
from accounts.tests.cast import make_user
from accounts.urls import mailed_urlpatterns
from infractions.models import Person
from project.tests.api.rows import ROW, make_rows
from project.tests.browser.case import BrowserTestCase
from project.tests.site.pages import page_paths

UNREADABLE = {"logout", "personal_download"}  # posted to alone
BESIDES = [("home", "/"), ("missing", "/nothing"), ("forbidden", "/devices/")]
FACTORS = [(f"factors_{name}", f"/accounts/2fa/{name}") for name in ("", "totp/activate/", "webauthn/add/")]
SIGNED_OUT = {
    "home",
    "missing",
    "login",
    "signup",
    "password_forgotten",
    "password_code",
    "books",
    "book",
    "question",
    "scores",
    "information",
}


class VisitsTestCase(BrowserTestCase):
    """Has an admin with rows of every kind, and a resident without. Both have just entered their passwords."""

    is_sudo: ClassVar[bool] = True

    def setUp(self) -> None:
        super().setUp()
        self.admin = make_user("admin", name="Ada Fennimoor", is_superuser=True, pk=ROW)
        self.reader = make_user("reader", name="Rita Reader")
        make_rows(self.admin, 3)
        Person.objects.filter(pk=ROW).update(email=self.admin.email)  # whose infraction it is
        for user in (self.admin, self.reader):
            EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)

    def visits(self) -> Iterator[tuple[str, str, User | None]]:
        for name, path in page_paths():
            if name not in UNREADABLE:
                yield name, path, self.admin
        for name, path in [*BESIDES, *page_paths()]:
            if name in SIGNED_OUT:
                yield f"{name}_signed_out", path, None
        for name, path in [*BESIDES, *FACTORS]:
            yield name, path, self.reader
        for name, path in page_paths(mailed_urlpatterns):  # of links that no longer work
            yield name, path, None

    def check_every_page(self, check: Callable[[str, Page], None], **options: Any) -> None:
        """Opens every page, in one browser for each user, and checks it in a subtest of its own."""
        pages = {user: self.person(user, **options) for user in (None, self.admin, self.reader)}
        for name, path, user in self.visits():
            with self.subTest(page=name, **options):
                pages[user].goto(path)
                check(name, pages[user])
