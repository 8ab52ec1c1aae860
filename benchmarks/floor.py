"""The floor: Django function views that do only what must be done, with the SQL that the site runs.

A view decodes the JWT, reads the user's row, sees that the account is active, that the token belongs to its current
password and that the token's family has not ended, runs the statements and answers JSON. There is no validation,
middleware, log or metric.
"""

import hashlib
import json
from datetime import timedelta
from typing import Any

import jwt
from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.tokens import FAMILY_CLAIM, SESSION_CLAIM
from common.throttling import count_attempt
from questions.services import PUT
from scores.leaderboard import standing_set
from scores.models import Score

USER_SQL = """
    SELECT id, password FROM accounts_user u WHERE id = %s AND is_active
    AND EXISTS (SELECT FROM accounts_issuedrefreshtoken t WHERE t.user_id = u.id AND t.family = %s)
"""
SESSION_SALT = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
SCORE_SQL = """
    INSERT INTO scores_score (user_id, score, date_submitted, verified) VALUES (%s, %s, %s, true) RETURNING id
"""
HELD_SQL = """
    SELECT book_id FROM rentals_rental WHERE user_id = %s AND date_returned IS NULL AND date_voided IS NULL
"""
BOOK_LOCK_SQL = """
    SELECT book_type, copies, copies_out, copies_set_aside, waiting, times_rented FROM books_book WHERE id = %s
    FOR NO KEY UPDATE
"""
RENT_SQL = """
    INSERT INTO rentals_rental (user_id, book_id, book_type, date_rented, date_due, is_self_service)
    VALUES (%s, %s, %s, %s, %s, true) RETURNING ref
"""
SETTLE_SQL = """
    UPDATE books_book SET copies_out = %s, copies_set_aside = %s, waiting = %s, times_rented = %s, next_due = (
        SELECT min(date_due) FROM rentals_rental
        WHERE book_id = books_book.id AND date_returned IS NULL AND date_voided IS NULL
    ) WHERE id = %s
"""
CHARGED_SQL = """
    SELECT ref, user_id, book_id, date_rented, date_due, date_returned, renewals,
        CASE WHEN date_voided IS NOT NULL THEN 0.00 ELSE (CASE book_type
            WHEN 'regular' THEN greatest(2, least(days, 2) + 1.5 * greatest(days - 2, 0))
            WHEN 'fiction' THEN 3 * days ELSE greatest(4.5, 1.5 * days) END)::numeric(14, 2) END
    FROM (SELECT *, greatest(1, ceil(extract(epoch FROM coalesce(date_returned, %s) - date_rented) / 86400)) AS days
        FROM rentals_rental WHERE ref = %s) AS rental
"""
RENTAL_NAMES = ("ref", "user", "book", "date_rented", "date_due", "date_returned", "renewals", "charge")
COUNT_SQL = """
    UPDATE questions_question SET likes = likes + %(likes)s, dislikes = dislikes + %(dislikes)s,
        ranking = 10 * answers + 5 * (likes + %(likes)s) - 3 * (dislikes + %(dislikes)s) + 10 * is_from_today::int
    WHERE id = %(id)s
"""
QUESTION_COLUMNS = (
    "id, title, description, created, ranking, is_from_today, answers, likes, dislikes, "
    "answers_1, answers_2, answers_3, answers_4, answers_5, author_id"
)
QUESTION_NAMES = tuple(QUESTION_COLUMNS.split(", "))
QUESTIONS_SQL = f"""
    SELECT q.*, u.name FROM (
        SELECT {QUESTION_COLUMNS} FROM questions_question ORDER BY ranking DESC, id DESC LIMIT %s
    ) q JOIN accounts_user u ON u.id = q.author_id ORDER BY q.ranking DESC, q.id DESC
"""  # noqa: S608
QUESTION_SQL = f"""
    SELECT {QUESTION_COLUMNS}, (SELECT name FROM accounts_user u WHERE u.id = author_id),
        (SELECT value FROM questions_vote v WHERE v.question_id = q.id AND v.user_id = %s)
    FROM questions_question q WHERE id = %s
"""  # noqa: S608
DEVICE_COLUMNS = "slug, model_id, name, note, status, place, serial, created_at, updated_at"
DEVICE_NAMES = tuple(DEVICE_COLUMNS.split(", "))
BOOK_COLUMNS = (
    "id, name, description, author, isbn, image, book_type, publisher, year, language, subjects, copies, "
    "copies - copies_out - copies_set_aside AS available, next_due, waiting, times_rented"
)
BOOK_NAMES = tuple(column.rpartition(" ")[2] for column in BOOK_COLUMNS.split(", "))
INFRACTION_NAMES = (
    "id",
    "license_plate",
    "vehicle",
    "owner",
    "timestamp",
    "comments",
    "officer",
    "voided",
    "void_reason",
    "date_voided",
    "objection",
)
OBJECTION_NAMES = ("text", "created_at", "answer", "upheld", "answered_at")
REPORT_SQL = """
    SELECT i.id, v.license_plate, i.vehicle_id, i.owner_id, i.timestamp, i.comments, i.void_reason, i.date_voided,
        o.id, o.name, o.badge_number, j.text, j.created_at, j.answer, j.upheld, j.answered_at
    FROM infractions_infraction i JOIN infractions_vehicle v ON v.id = i.vehicle_id
    JOIN infractions_officer o ON o.id = i.officer_id LEFT JOIN infractions_objection j ON j.infraction_id = i.id
    WHERE i.owner_id = %s AND i.date_voided IS NULL ORDER BY i.timestamp DESC, i.id DESC LIMIT 1000
"""
COUNT_REPORT_SQL = "SELECT count(*) FROM infractions_infraction WHERE owner_id = %s AND date_voided IS NULL"


def rows_of(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def user_of(request: HttpRequest) -> int:
    """Returns the id of the caller. Raises an error if the account is inactive or the token has ended."""
    token = request.META["HTTP_AUTHORIZATION"].partition(" ")[2]
    claims = jwt.decode(token, settings.JWT_SIGNING_KEY, algorithms=["HS256"])
    [(user_id, password)] = rows_of(USER_SQL, claims["user_id"], claims[FAMILY_CLAIM])
    expected = salted_hmac(SESSION_SALT, password, algorithm="sha256").hexdigest()
    if not constant_time_compare(claims[SESSION_CLAIM], expected):
        raise PermissionError
    return int(user_id)


def score(request: HttpRequest) -> HttpResponse:
    user, body, at = user_of(request), json.loads(request.body), timezone.now()
    row = Score(user_id=user, score=body["input_value"] + 1, date_submitted=at, verified=True)
    with transaction.atomic():
        [(row.pk,)] = rows_of(SCORE_SQL, user, row.score, at)
        standing_set(row)
    names = ("id", "user_id", "score", "verified", "date_submitted", "previous_best", "rank", "previous_rank")
    return JsonResponse({name: getattr(row, name) for name in names}, status=201)


def device_answer(row: tuple[Any, ...]) -> dict[str, Any]:
    device = dict(zip(DEVICE_NAMES, row, strict=True))
    return {
        "id": "/devices/" + device.pop("slug"),
        "deviceModel": "/devicemodels/" + device.pop("model_id"),
        **device,
    }


def device(request: HttpRequest, slug: str) -> HttpResponse:
    user_of(request)
    [row] = rows_of(f"SELECT {DEVICE_COLUMNS} FROM devices_device WHERE slug = %s", slug)  # noqa: S608
    return JsonResponse(device_answer(row))


def devices(request: HttpRequest) -> HttpResponse:
    user_of(request)
    rows = rows_of(
        f"SELECT {DEVICE_COLUMNS} FROM devices_device ORDER BY created_at DESC, slug DESC LIMIT %s",  # noqa: S608
        int(request.GET["page_size"]) + 1,
    )
    return JsonResponse({"next": None, "previous": None, "results": [device_answer(row) for row in rows[:-1]]})


def books(request: HttpRequest) -> HttpResponse:
    rows = rows_of(
        f"SELECT {BOOK_COLUMNS} FROM books_book ORDER BY sort_key, id LIMIT %s",  # noqa: S608
        int(request.GET["page_size"]) + 1,
    )
    results = [dict(zip(BOOK_NAMES, row, strict=True)) for row in rows[:-1]]
    return JsonResponse({"next": None, "previous": None, "results": results})


def question_answer(row: tuple[Any, ...]) -> dict[str, Any]:
    columns = len(QUESTION_NAMES)
    question = dict(zip(QUESTION_NAMES, row[:columns], strict=True))
    distribution = [question.pop(f"answers_{stars}") for stars in range(1, 6)]
    total = sum(stars * number for stars, number in enumerate(distribution, 1))
    average = round(total / sum(distribution), 1) if any(distribution) else None
    author = {"id": question.pop("author_id"), "name": row[columns]}
    my_vote = row[columns + 1] if len(row) > columns + 1 else None
    return {
        **question,
        "author": author,
        "my_answer": None,
        "my_vote": my_vote,
        "average": average,
        "distribution": distribution,
    }


def questions(request: HttpRequest) -> HttpResponse:
    rows = rows_of(QUESTIONS_SQL, int(request.GET["page_size"]) + 1)
    return JsonResponse({"next": None, "previous": None, "results": [question_answer(row) for row in rows[:-1]]})


def rent(request: HttpRequest) -> HttpResponse:
    user, body, at = user_of(request), json.loads(request.body), timezone.now()
    due = at + timedelta(days=28)
    [(book,)] = rows_of("SELECT id FROM books_book WHERE id = %s", body["book"])
    with transaction.atomic():
        rows_of("SELECT id FROM accounts_user WHERE id = %s AND is_active FOR NO KEY UPDATE", user)
        held = rows_of(HELD_SQL, user)
        [(kind, copies, out, aside, waiting, times)] = rows_of(BOOK_LOCK_SQL, book)
        if len(held) >= settings.MAX_RENTALS or (book,) in held or copies <= out + aside:
            raise PermissionError
        [(ref,)] = rows_of(RENT_SQL, user, book, kind, at, due)
        rows_of(SETTLE_SQL, out + 1, aside, waiting, times + 1, book)
    [row] = rows_of(CHARGED_SQL, at, ref)
    return JsonResponse({**dict(zip(RENTAL_NAMES, row, strict=True)), "status": "rented"}, status=201)


def vote(request: HttpRequest, question_id: int) -> HttpResponse:
    user, value, at = user_of(request), json.loads(request.body)["value"], timezone.now()
    with transaction.atomic():
        [(is_new, _replaced)] = rows_of(PUT.format(table="questions_vote"), question_id, user, value, at, user)
        if is_new is not None:
            likes = 1 if value == "like" else -1
            changes = {"likes": 0, "dislikes": 0, f"{value}s": 1} if is_new else {"likes": likes, "dislikes": -likes}
            with connection.cursor() as cursor:
                cursor.execute(COUNT_SQL, {**changes, "id": question_id})
    [row] = rows_of(QUESTION_SQL, user, question_id)
    return JsonResponse(question_answer(row))


def infraction(request: HttpRequest) -> HttpResponse:
    token = request.META["HTTP_AUTHORIZATION"].partition(" ")[2]
    body, at = json.loads(request.body), timezone.now()
    [(officer, name, badge)] = rows_of(
        "SELECT o.id, o.name, o.badge_number FROM infractions_officer o LEFT JOIN accounts_user u ON u.id = o.user_id"
        " WHERE token_hash = %s AND (o.user_id IS NULL OR u.is_active)",
        hashlib.sha256(token.encode()).hexdigest(),
    )
    with transaction.atomic():
        [(vehicle, plate)] = rows_of(
            "SELECT id, license_plate FROM infractions_vehicle WHERE plate_key = plate_key(%s) FOR NO KEY UPDATE",
            body["license_plate"],
        )
        [(owner,)] = rows_of(
            "SELECT coalesce((SELECT former_owner_id FROM infractions_ownerchange c WHERE c.vehicle_id = v.id"
            " AND at > %s ORDER BY at LIMIT 1), owner_id) FROM infractions_vehicle v WHERE id = %s",
            *(at, vehicle),
        )
        [(pk,)] = rows_of(
            "INSERT INTO infractions_infraction (vehicle_id, owner_id, officer_id, timestamp, recorded, comments,"
            " void_reason) VALUES (%s, %s, %s, %s, %s, %s, '') RETURNING id",
            *(vehicle, owner, officer, at, at, body["comments"]),
        )
    answer = {"id": pk, "license_plate": plate, "timestamp": at, "comments": body["comments"], "voided": False}
    return JsonResponse({**answer, "officer": {"name": name, "badge_number": badge}}, status=201)


def infraction_values(*row: Any) -> tuple[Any, ...]:
    officer = {"id": row[8], "name": row[9], "badge_number": row[10]}
    objection = None if row[12] is None else dict(zip(OBJECTION_NAMES, row[11:], strict=True))
    return (*row[:6], officer, row[7] is not None, *row[6:8], objection)


def report(request: HttpRequest) -> HttpResponse:
    count_attempt("report", f"user {user_of(request)}", at=timezone.now())
    [(person, name, email)] = rows_of(
        "SELECT id, name, email FROM infractions_person WHERE lower(email) = lower(%s)", request.GET["email"]
    )
    results = [dict(zip(INFRACTION_NAMES, infraction_values(*row), strict=True)) for row in rows_of(REPORT_SQL, person)]
    [(number,)] = rows_of(COUNT_REPORT_SQL, person)
    vehicles = rows_of(
        "SELECT id, license_plate, brand, color, owner_id FROM infractions_vehicle WHERE owner_id = %s", person
    )
    names = ("id", "license_plate", "brand", "color", "owner")
    answer = {
        "person": {"id": person, "name": name, "email": email},
        "vehicles": [dict(zip(names, row, strict=True)) for row in vehicles],
    }
    return JsonResponse({**answer, "count": number, "results": results})


urlpatterns = [
    path("healthz", lambda request: HttpResponse()),
    path("api/v3/scores/", score),
    path("api/v3/devices/", devices),
    path("api/v3/devices/<str:slug>/", device),
    path("api/v3/books/", books),
    path("api/v3/questions/", questions),
    path("api/v3/questions/<int:question_id>/vote/", vote),
    path("api/v3/book_rentals/", rent),
    path("api/v3/infractions/", infraction),
    path("api/v3/infractions/report/", report),
]
