"""The devices of the town, and the models they are of."""

from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Count, Q, Window
from django.utils.translation import gettext_lazy as _

from common.search import matching, search_vector

SLUG = "[A-Za-z0-9_-]{1,64}"
SLUG_HELP = _("1 to 64 letters, digits, - and _; not `bulk`.")
# No control characters. PostgreSQL has no NUL, and Python's $ would let a line end through.
SERIAL = r"^[^\u0001-\u001f\u007f-\u009f]+$"
MODEL_PREFIX = "/devicemodels/"
PREFIX = "/devices/"
COMMON_MODELS = 10  # as many as are told one by one

IS_SLUG = Q(slug__regex=f"^{SLUG}$") & ~Q(slug="bulk")


class NextSerial(models.Func):
    """`A` and nine digits from the sequence `device_serial`, without the numbers that a client took."""

    function = "device_next_serial"
    output_field = models.CharField()


class DeviceModel(models.Model):
    """A kind of device, registered by its first device."""

    slug = models.CharField(_("id"), max_length=64, primary_key=True, help_text=SLUG_HELP)

    class Meta:
        verbose_name, verbose_name_plural = _("device model"), _("device models")
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(condition=IS_SLUG, name="device_model_slug", violation_error_message=SLUG_HELP)
        ]

    def __str__(self) -> str:
        return self.slug


class SumOverAll(models.Func):
    """The sum over all groups, beside each of them; to Django's own Sum a count of a group is no column."""

    function = "SUM"
    window_compatible = True
    output_field = models.BigIntegerField()


class DeviceQuerySet(models.QuerySet["Device"]):
    def search_or_serial(self, text: str) -> "DeviceQuerySet":
        """Returns the devices that `search` finds, and the device with the text as its serial."""
        return self.search(text) | self.filter(serial=text.strip())

    def search(self, text: str) -> "DeviceQuerySet":
        """Devices with, for every word given, a word in id, name or note that begins with it."""
        return self.filter(matching(text))

    def wanted(self, *, q: str = "", **exact: str) -> "DeviceQuerySet":
        """Those that a list with its parameters asks for: found by the words, and exactly of a model or a serial."""
        found = self.search(q) if q else self
        return found.filter(**exact).defer("search")

    def by_model(self) -> "models.QuerySet[Device, dict[str, Any]]":
        """How many there are of each model, the most common model first, and of all.

        It reads every device: 0.2 s for a million, which is why the dashboard asks once.
        """
        counted = self.values("model").annotate(count=Count("pk"), total=Window(SumOverAll(Count("pk"))))
        return counted.order_by("-count", "model")

    def of_other_models(self) -> "DeviceQuerySet":
        """Those of models beyond the most common ones."""
        return self.exclude(model__in=self.by_model().values("model")[:COMMON_MODELS])


class Device(models.Model):
    """One thing that the town hall looks after; its serial is the client's, or the next from one sequence."""

    slug = models.CharField(_("id"), max_length=64, primary_key=True, help_text=SLUG_HELP)
    model = models.ForeignKey(
        DeviceModel, verbose_name=_("model"), on_delete=models.PROTECT, related_name="devices", db_index=False
    )
    name = models.CharField(_("name"), max_length=200)
    note = models.TextField(_("note"), max_length=10_000)
    serial = models.CharField(
        _("serial"),
        max_length=64,
        unique=True,
        db_default=NextSerial(),
        help_text=_("Left out, it is the next of our own numbers."),
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
        ]
        indexes = [
            GinIndex("search", name="device_search"),
            models.Index(fields=["created_at", "slug"], name="device_newest"),
            models.Index(fields=["model", "created_at", "slug"], name="device_by_model"),
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def path(self) -> str:
        """How clients name the device."""
        return PREFIX + self.slug

    @property
    def model_path(self) -> str:
        """How clients name its model."""
        return MODEL_PREFIX + self.model_id
