"""Encryption of what the database must not disclose to those who read a dump of it."""

import base64
import hashlib
from collections.abc import Iterable

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac

__all__ = ["InvalidToken", "factor_cipher", "session_cipher"]


def fernet(key: bytes) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(key))


def cipher(keys: Iterable[str]) -> MultiFernet:
    """Returns a cipher that encrypts with the first key and decrypts with any. The keys are long random texts."""
    return MultiFernet([fernet(hashlib.sha256(key.encode()).digest()) for key in keys])


def factor_cipher() -> MultiFernet:
    """Encrypts the secrets of second factors, under keys of their own, which outlive SECRET_KEY."""
    return cipher(settings.MFA_ENCRYPTION_KEYS)


def session_cipher() -> Fernet:
    """Encrypts sessions. A new SECRET_KEY ends every session, as it does without encryption."""
    return fernet(salted_hmac("accounts.session_store", "", algorithm="sha256").digest())
