"""Encrypts the secrets of all second factors under the first key in MFA_ENCRYPTION_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.factors import factors_encrypt


class Command(BaseCommand):
    help = "Encrypts the secrets of all second factors under the first key, so that older keys can be removed."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{factors_encrypt()} secrets are encrypted under the first key.")
