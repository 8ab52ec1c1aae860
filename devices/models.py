"""Devices and their models."""

from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Count, Q, Window
from django.utils.translation import gettext_lazy as _

from common.fields import LineField, LongTextField
from common.search import match_words, search_vector
from common.text import text_digest, unique_text

SLUG = "[A-Za-z0-9_-]{1,64}"
SLUG_HELP = _("1 to 64 letters, digits, - and _; not “bulk”.")
# No control characters. PostgreSQL cannot store NUL, and Python's $ would allow a trailing line feed.
SERIAL = r"^[^\u0001-\u001f\u007f-\u009f]+$"
DEVICE_PREFIX = "/devices/"
MODEL_PREFIX = "/devicemodels/"
COMMON_MODELS = 10  # models that the dashboard shows one by one

IS_SLUG = Q(slug__regex=f"^{SLUG}$") & ~Q(slug="bulk")


class NextSerial(models.Func):
    """`A` and nine digits from the sequence `device_serial`, skipping numbers that clients chose in any spelling."""

    function = "device_next_serial"
    output_field = models.CharField()


class DeviceModelQuerySet(models.QuerySet["DeviceModel"]):
    def search(self, text: str) -> "DeviceModelQuerySet":
        """Returns the models whose slug begins with the text."""
        return self.filter(slug__startswith=text)


class DeviceModel(models.Model):
    """A kind of device. It is created with the first device of that kind."""

    slug = models.CharField(_("id"), max_length=64, primary_key=True, help_text=SLUG_HELP)

    objects = DeviceModelQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("device model"), _("device models")
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(condition=IS_SLUG, name="device_model_slug", violation_error_message=SLUG_HELP)
        ]

    def __str__(self) -> str:
        return self.slug


class DeviceStatus(models.TextChoices):
    IN_STOCK = "in_stock", _("In stock")
    IN_USE = "in_use", _("In use")
    IN_REPAIR = "in_repair", _("In repair")
    RETIRED = "retired", _("Retired")


class SumOverAll(models.Func):
    """The sum over all groups, as a column of each group. Django's Sum refuses to sum the count of a group."""

    function = "SUM"
    window_compatible = True
    output_field = models.BigIntegerField()


class DeviceQuerySet(models.QuerySet["Device"]):
    def search(self, text: str) -> "DeviceQuerySet":
        """Returns the devices with, for each word of the text, a word in id, name or note that begins with it."""
        return self.filter(match_words(text))

    def search_or_serial(self, text: str) -> "DeviceQuerySet":
        """Returns the devices that `search` finds, and the device with the text as its serial."""
        return self.search(text) | self.with_serial(text.strip())

    def with_serial(self, serial: str) -> "DeviceQuerySet":
        """Returns the device with a serial, regardless of case, Unicode form, width and kind of space."""
        return self.alias(serial_digest=unique_text("serial")).filter(serial_digest=text_digest(serial))

    def without_search_vector(self) -> "DeviceQuerySet":
        """Defers the column that only the search reads."""
        return self.defer("search")

    def count_by_model(self) -> "models.QuerySet[Device, Any]":
        """Returns the `count` of devices of each `model`, the most common model first, and the `total` of all.

        Reads all devices: 0.2 s for a million. That is why the dashboard calls it only once.
        """
        counted = self.values("model").annotate(count=Count("pk"), total=Window(SumOverAll(Count("pk"))))
        return counted.order_by("-count", "model")

    def of_other_models(self) -> "DeviceQuerySet":
        """Returns the devices whose model is not one of the most common ones."""
        return self.exclude(model__in=self.count_by_model().values("model")[:COMMON_MODELS])


class Device(models.Model):
    """A device that the town hall looks after. Its serial is chosen by the client or assigned from a sequence."""

    slug = models.CharField(_("id"), max_length=64, primary_key=True, help_text=SLUG_HELP)
    model = models.ForeignKey(
        DeviceModel, verbose_name=_("model"), on_delete=models.PROTECT, related_name="devices", db_index=False
    )
    name = LineField(_("name"), max_length=200)
    note = LongTextField(_("note"), max_length=10_000)
    status = models.CharField(
        _("status"), max_length=10, choices=DeviceStatus.choices, blank=True, default="", db_default=""
    )
    place = LineField(_("place"), max_length=200, blank=True, default="", db_default="")
    serial = LineField(
        _("serial"),
        max_length=64,
        unique=True,
        db_default=NextSerial(),
        help_text=_("Leave empty to assign the next number."),
    )
    created_at = models.DateTimeField(_("created"), editable=False)
    updated_at = models.DateTimeField(_("changed"), editable=False)
    search = models.GeneratedField(
        expression=search_vector("slug", "name", "note"), output_field=SearchVectorField(), db_persist=True
    )

    objects = DeviceQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("device"), _("devices")
        ordering = ["-created_at", "-slug"]
        constraints = [
            models.CheckConstraint(condition=IS_SLUG, name="device_slug", violation_error_message=SLUG_HELP),
            models.CheckConstraint(
                condition=Q(serial__regex=SERIAL) & Q(serial__regex=r"\S"),
                name="device_serial_readable",
                violation_error_message=_("A serial has no control characters and is not blank."),
            ),
            models.CheckConstraint(condition=Q(status__in=["", *DeviceStatus.values]), name="device_status_known"),
        ]
        indexes = [
            GinIndex("search", name="device_search"),
            models.Index(fields=["created_at", "slug"], name="device_newest"),
            models.Index(fields=["model", "created_at", "slug"], name="device_by_model"),
            # Not unique yet: the previous release would insert a refused device again and again (docs/migrations.md).
            models.Index(unique_text("serial"), name="device_by_serial_text"),
            models.Index(fields=["status", "created_at", "slug"], name="device_by_status"),
            models.Index(fields=["place", "created_at", "slug"], name="device_by_place"),
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def path(self) -> str:
        """The id of the device in the API."""
        return DEVICE_PREFIX + self.slug
