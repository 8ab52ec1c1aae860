"""Hashes passwords, at most two at once in each process."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any

from django.contrib.auth.hashers import (
    Argon2PasswordHasher,
    PBKDF2PasswordHasher,
    get_hasher,
    identify_hasher,
    is_password_usable,
)

from accounts.models import OLD_ALGORITHM, User
from common.exceptions import ServiceBusy

# A hash needs 19 MiB of memory and a core. More at once would not be faster, and a flood of sign-ins would take the
# memory of the pod.
MAX_HASHES = 2
MAX_WAIT_SECONDS = 5.0

slots = BoundedSemaphore(MAX_HASHES)


@contextmanager
def hashing_slot() -> Iterator[None]:
    """Waits until this process may hash another password. Raises ServiceBusy (503) if that takes too long."""
    if not slots.acquire(timeout=MAX_WAIT_SECONDS):
        raise ServiceBusy
    try:
        yield
    finally:
        slots.release()


class Argon2Hasher(Argon2PasswordHasher):
    """Argon2id with the parameters that OWASP recommends for servers with little memory (19 MiB, two passes)."""

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with hashing_slot():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with hashing_slot():
            return super().verify(password, encoded)


class PBKDF2Hasher(PBKDF2PasswordHasher):
    """Django's default, for the passwords that were set before Argon2id was used."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:  # `verify` calls it too
        with hashing_slot():
            return super().encode(password, salt, iterations)


def password_is_right(user: User | None, password: str) -> bool:
    """Returns whether this is the password of the user. Takes the same time for every user, and for None.

    Each hasher in use works once: on the password if it made the stored hash, otherwise on nothing. So neither an
    unknown name nor one with an old hash can be told by the time.
    """
    encoded = user.password if user is not None and is_password_usable(user.password) else None
    is_right = False
    for hasher in hashers_in_use():
        if encoded is None or algorithm_of(encoded) != hasher.algorithm:
            hasher.encode(password, hasher.salt())
            continue
        is_right = hasher.verify(password, encoded)
        if not is_right:
            hasher.harden_runtime(password, encoded)
    return is_right


def hashers_in_use() -> list[Any]:
    """Returns the preferred hasher, and the old one as long as an account has such a hash."""
    preferred = get_hasher("default")
    has_old = preferred.algorithm != OLD_ALGORITHM and User.objects.with_old_hash().exists()
    return [preferred, get_hasher(OLD_ALGORITHM)] if has_old else [preferred]


def algorithm_of(encoded: str) -> str:
    try:
        return str(identify_hasher(encoded).algorithm)
    except ValueError:  # of a hasher that is no longer installed
        return ""


def needs_rehash(encoded: str) -> bool:
    """Returns whether a hash was made by another hasher than the preferred one, or with other parameters."""
    preferred = get_hasher("default")
    return algorithm_of(encoded) != preferred.algorithm or preferred.must_update(encoded)
