"""First sign-ins through the identity provider that arrive at the same moment."""

from functools import partial

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.test import TransactionTestCase
from django.utils import timezone

from accounts.identities import Identity, IdentityRefused, identity_sign_in
from accounts.models import User
from accounts.tests.cast import make_user
from accounts.tests.races import at_once

ISSUER = "https://id.town.example"
REQUESTS = 8


def sign_in(identity: Identity) -> int | None:
    """Returns the id of the account that a person gets, or None."""
    try:
        return identity_sign_in(identity=identity, client_address="192.0.2.1", at=timezone.now()).pk
    except IdentityRefused:
        return None


class SimultaneousFirstSignInTests(TransactionTestCase):
    def test_an_account_gets_one_link(self) -> None:
        user = make_user("reader")
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        found = at_once([partial(sign_in, Identity(ISSUER, f"sub-{n}", user.email)) for n in range(REQUESTS)])
        self.assertEqual(sorted(each or 0 for each in found), [0] * (REQUESTS - 1) + [user.pk])
        self.assertEqual(SocialAccount.objects.count(), 1)

    def test_a_person_who_comes_twice_gets_one_account(self) -> None:
        found = at_once([partial(sign_in, Identity(ISSUER, "sub-1", "new@example.org"))] * REQUESTS)
        user = User.objects.get()
        self.assertEqual(set(found) - {None}, {user.pk})
        self.assertEqual((SocialAccount.objects.count(), EmailAddress.objects.count()), (1, 1))
