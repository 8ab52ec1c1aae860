"""Example rows of every model of every app, for the paths of routes."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models

from accounts.models import User
from infractions.models import Person
from scores.models import PersonalBest

ROW = 987_654_321  # an id that no sequence reaches during the tests
TEXT = "example"  # the id of a row that has no number
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
GROUND = ("common", "accounts", "project")

# What a plain value of the field's type would get wrong.
VALUES: dict[str, dict[str, Any]] = {
    "books.Book": {"copies": 2, "copies_out": 1},
    "scores.Score": {"user_id": ROW, "verified": True},
    "questions.Question": {"answers": 1, "answers_1": 1, "likes": 1, "ranking": 25},
    "infractions.OwnerChange": {"new_owner": lambda owner, number: row_of(Person, owner, number + 1)},
}


def service_models() -> Iterator[type[models.Model]]:
    """Yields the models of all apps of this project except accounts, and those whose rows triggers write."""
    for app in apps.get_app_configs():
        if Path(app.path).parent == settings.BASE_DIR and app.name not in GROUND:
            yield from (model for model in app.get_models() if model is not PersonalBest)


def make_rows(owner: User, count: int = 1) -> None:
    """Makes `count` rows of each model. The first row that belongs to a user belongs to `owner`."""
    for number in range(count):
        for model in service_models():
            row_of(model, owner, number)


def row_of(model: type[models.Model], owner: User, number: int = 0) -> models.Model:
    """Returns the row of that number; makes it if needed."""
    if model is User:
        return owner if number == 0 else person(number)
    key = ROW + number if isinstance(model._meta.pk, models.IntegerField) else text(number)
    row = model._default_manager.filter(pk=key).first()
    if row is not None:
        return row
    special = VALUES.get(model._meta.label, {})
    known = {name: one(owner, number) if callable(one) else one for name, one in special.items()}
    given = {field.name: value(field, owner, number) for field in model._meta.concrete_fields if is_needed(field)}
    return model._default_manager.create(**{**given, **known, "pk": key})


def person(number: int) -> User:
    return User.objects.get_or_create(pk=ROW + number, username=f"example{number}")[0]


def text(number: int) -> str:
    return f"{TEXT}{number or ''}"


def is_needed(field: Any) -> bool:
    optional = field.has_default() or field.null or field.blank or field.generated
    return not (field.primary_key or optional)


def value(field: Any, owner: User, number: int) -> Any:
    """Returns a value of the type of the field that no other row has."""
    if field.is_relation:
        return row_of(field.related_model, owner, number)
    if field.choices:
        return field.choices[0][0]
    kinds: list[tuple[type[models.Field], Any]] = [
        (models.EmailField, f"{text(number)}@example.org"),
        (models.CharField, text(number)),
        (models.TextField, text(number)),
        (models.DateTimeField, AT),
        (models.DateField, date(2026, 3, 1)),
        (models.BooleanField, False),
        (models.IntegerField, 1),
        (models.FloatField, 1.0),
        (models.DecimalField, Decimal("1.00")),
    ]
    for kind, plain in kinds:
        if isinstance(field, kind):
            return plain
    raise NotImplementedError(f"Say in project/tests/api/rows.py what {field} gets.")
