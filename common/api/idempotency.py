"""POST requests that create something once, also if a client sends them again.

The client makes up an `Idempotency-Key` for each thing that it creates, and sends it again with the same request if it
got no answer. The key, the effect and the answer are committed in one transaction. The database settles two requests
at once: the second one waits for the first to end. Source: the IETF's draft "The Idempotency-Key HTTP Header Field".

A dump of the database does not disclose answers: they are encrypted, and only the key and the request together decrypt
them. That also tells another request with the same key from the same request.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.db import IntegrityError, connection, transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import is_success

from common.api.renderers import JSONRenderer
from common.exceptions import KeyReused
from common.models import KeptAnswer

HEADER, META_NAME = "Idempotency-Key", "HTTP_IDEMPOTENCY_KEY"
REPLAYED_HEADER = "Idempotent-Replayed"
KEEP_FOR = timedelta(hours=24)  # then a key is free again, and `manage.py tidy` deletes its row
KEY = re.compile(r"[!-~]{1,255}")
SALT = "common.api.idempotency"

# Inserts a row for the key, or locks the one that exists, after the transaction that wrote it has ended. The answer is
# empty if the caller of this statement is the one to write it.
CLAIM = f"""
    INSERT INTO {KeptAnswer._meta.db_table} AS kept (key, caller, answer, created_at)
    VALUES (%(key)s, %(caller)s, '', %(at)s)
    ON CONFLICT (key) DO UPDATE SET
        answer = CASE WHEN kept.created_at > %(expired)s THEN kept.answer ELSE '' END,
        created_at = CASE WHEN kept.created_at > %(expired)s THEN kept.created_at ELSE EXCLUDED.created_at END
    RETURNING answer
"""  # noqa: S608


def answer_once(
    request: Request, create: Callable[[], Response], *, caller: str, secret_fields: set[str], at: datetime
) -> Response:
    """Returns what `create` answers, or its first answer if the same caller has sent the same request within KEEP_FOR.

    Only a success is kept, without its `secret_fields`, which are null when it is sent again. Otherwise the transaction
    is rolled back, and the key stays free. Raises ValidationError for a malformed key, and KeyReused for one that came
    with another request.
    """
    key = request.META[META_NAME]
    if not KEY.fullmatch(key):
        raise ValidationError({HEADER: [_("Send 1 to 255 visible ASCII characters.")]})
    values = {"caller": caller, "key": hashlib.sha256(f"{caller} {key}".encode()).hexdigest()}
    cipher = answer_cipher(request, caller=caller, key=key)
    try:
        return claim_or_replay(cipher, create, values, secret_fields, at)
    except IntegrityError:
        # A foreign key is checked when the transaction ends. What it names was deleted meanwhile, which only the
        # service knows how to handle. It fails or succeeds by itself if it begins again.
        return claim_or_replay(cipher, create, values, secret_fields, at)


def user_caller(user_id: int) -> str:
    """Returns the name of a user as a caller."""
    return f"user {user_id}"


def answers_forget(*, user_id: int) -> None:
    """Deletes what is kept of the answers to a user."""
    KeptAnswer.objects.filter(caller=user_caller(user_id)).delete()


def claim_or_replay(
    cipher: Fernet, create: Callable[[], Response], values: dict[str, Any], secret_fields: set[str], at: datetime
) -> Response:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLAIM, {**values, "at": at, "expired": at - KEEP_FOR})
        [(kept,)] = cursor.fetchall()
        if kept:
            return replay(cipher, kept)
        response = create()
        if is_success(response.status_code):
            answer = encrypt(cipher, response, secret_fields)
            KeptAnswer.objects.filter(pk=values["key"]).update(answer=answer)
        else:
            transaction.set_rollback(True)
        return response


def answer_cipher(request: Request, *, caller: str, key: str) -> Fernet:
    """Returns the cipher of the answer to a request: another request has another one."""
    body = json.dumps(request.data, sort_keys=True, default=str)
    path = request._request.path_info  # with its last slash, which is optional in `path`
    parts = [caller, key, request.method, request.version, path, request.META.get("QUERY_STRING", ""), body]
    secret = salted_hmac(SALT, json.dumps(parts), algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(secret))


def encrypt(cipher: Fernet, response: Response, secret_fields: set[str]) -> str:
    data = {**response.data, **dict.fromkeys(secret_fields)}
    return cipher.encrypt(JSONRenderer().render([response.status_code, data])).decode()


def replay(cipher: Fernet, kept: str) -> Response:
    try:
        status, data = json.loads(cipher.decrypt(kept))
    except InvalidToken as error:
        raise KeyReused from error
    return Response(data, status, headers={REPLAYED_HEADER: "true"})
