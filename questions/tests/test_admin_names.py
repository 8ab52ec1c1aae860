"""Staff who may not view accounts see public names in the back office, and cannot search by anything else."""

from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts.models import User
from accounts.tests.cast import CastTestCase, make_user
from questions.models import Answer, Question, Vote
from questions.services import answer_put, vote_put
from questions.tests.builders import AT, make_moderator, make_question
from questions.tests.test_admin import LIST, change, delete


class NameTests(CastTestCase):
    moderator: User
    walrus: User
    heron: User
    named: Question
    nameless: Question

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.moderator = make_moderator()
        User.objects.filter(pk=cls.moderator.pk).update(is_staff=True)
        cls.moderator.user_permissions.set(Permission.objects.filter(codename__in=["view_answer", "view_vote"]))
        cls.walrus = make_user("lonely-walrus", name="Wendy Moor")
        cls.heron = make_user("grey-heron")
        cls.named, cls.nameless = make_question(cls.walrus), make_question(cls.heron)
        answer_put(question_id=cls.named.pk, user=cls.walrus, value=3, at=AT)
        vote_put(question_id=cls.named.pk, user=cls.walrus, value="like", at=AT)

    def setUp(self) -> None:
        self.client.force_login(self.moderator)

    def allow_view_accounts(self) -> None:
        self.moderator.user_permissions.add(Permission.objects.get(codename="view_user"))

    def rows(self) -> list[str]:
        """Returns the list and the page of an answer, then of a vote."""
        both = (("answer", Answer.objects.get().pk), ("vote", Vote.objects.get().pk))
        pages = [(f"admin:questions_{name}_changelist", f"admin:questions_{name}_change", pk) for name, pk in both]
        return [path for shown, one, pk in pages for path in (reverse(shown), reverse(one, args=[pk]))]

    def found(self, path: str) -> int:
        count: int = self.client.get(path).context["cl"].result_count
        return count

    def test_public_names_are_shown_instead_of_usernames(self) -> None:
        for path in (LIST, change(self.named), *self.rows()):
            with self.subTest(path=path):
                shown = self.client.get(path)
                self.assertContains(shown, "Wendy Moor")
                self.assertNotContains(shown, self.walrus.username)
        for path in (LIST, change(self.nameless)):
            shown = self.client.get(path)
            self.assertContains(shown, f"Resident {self.heron.pk}")
            self.assertNotContains(shown, self.heron.username)
        self.assertNotContains(self.client.get(delete(self.named)), self.walrus.username)

    def test_a_search_does_not_find_usernames_and_addresses(self) -> None:
        for query in ("?q=walrus", "?q=lonely-walrus@example.org", "?q=bench+walrus"):
            self.assertEqual(self.found(LIST + query), 0)
        shown = self.client.get(LIST)
        self.assertContains(shown, "Words in the title or description")
        self.assertNotContains(shown, "or the author")
        for path in (LIST, *self.rows()[::2]):
            person = "author" if path == LIST else "user"
            self.assertEqual(self.client.get(f"{path}?{person}__username__startswith=l").status_code, 400)

    def test_lists_of_answers_and_votes_have_no_search(self) -> None:
        for path in self.rows()[::2]:
            for query in ("?q=walrus", "?q=heron"):
                self.assertEqual(self.found(path + query), 1)
            self.assertNotContains(self.client.get(path), 'name="q"')

    def test_staff_who_may_view_accounts_see_and_find_usernames(self) -> None:
        self.allow_view_accounts()
        for path in (LIST, change(self.named), *self.rows()):
            with self.subTest(path=path):
                self.assertContains(self.client.get(path), self.walrus.username)
        for query in ("?q=walrus", "?q=wendy", "?q=lonely-walrus@example.org", "?q=bench+walrus"):
            self.assertEqual(self.found(LIST + query), 1)
        self.assertContains(self.client.get(LIST), "or the author")
        for path in self.rows()[::2]:
            self.assertEqual((self.found(path + "?q=walrus"), self.found(path + "?q=heron")), (1, 0))
            self.assertContains(self.client.get(path), 'name="q"')
