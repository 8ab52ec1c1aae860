"""Sessions in the database, of which a dump opens none: the keys are hashed, and the data is encrypted.

The data is encrypted because it holds, for a while, secrets of second factors that are being set up, links to reset a
password, and forms that wait until their sender has entered the password again.
"""

import hashlib
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session

from accounts.encryption import InvalidToken, session_cipher


def stored_key(session_key: str) -> str:
    """Returns the hash that the database holds instead of the key of a cookie. A key has 165 random bits, so the hash
    needs no salt. It is cut to the 40 characters of the column."""
    return hashlib.sha256(session_key.encode("utf-8", "surrogatepass")).hexdigest()[:40]


class SessionStore(db.SessionStore):
    def _get_session_from_db(self) -> Session | None:
        key = self.session_key
        if key is None:  # what the cookie holds is too short for a key
            return None
        self._session_key = stored_key(key)
        session: Session | None = super()._get_session_from_db()  # type: ignore[misc]  # the stubs lack it
        self._session_key = key if session else None
        return session

    def exists(self, session_key: str) -> bool:
        return super().exists(stored_key(session_key))

    def create_model_instance(self, data: Any) -> Any:
        instance = super().create_model_instance(data)
        instance.session_key = stored_key(instance.session_key)
        return instance

    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            super().delete(stored_key(key))

    async def acreate_model_instance(self, data: Any) -> Any:
        raise NotImplementedError("The site is synchronous. Django's method would store the key in clear.")

    def encode(self, session_dict: dict[str, Any]) -> str:
        return session_cipher().encrypt(super().encode(session_dict).encode()).decode()

    def decode(self, session_data: str | bytes) -> dict[str, Any]:
        try:
            return super().decode(session_cipher().decrypt(session_data).decode())
        except InvalidToken:
            return {}
