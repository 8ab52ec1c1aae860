"""Pages that say what residents should know about the town hall."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from common.fields import LongTextField

MAX_TEXT_LENGTH = 20_000  # characters
HEADING = "# "
FORM_OF_TEXT = _("A blank line begins a new paragraph. A paragraph that begins with “# ” is a heading.")


class Block(NamedTuple):
    is_heading: bool
    text: str


class InformationPage(models.Model):
    """A page with a text in each language of the site, which editors change. The pages come with a migration."""

    class Slug(models.TextChoices):
        OPENING_HOURS = "opening-hours", _("Opening hours")
        CONTACT = "contact", _("Contact")
        PRIVACY = "privacy", _("Privacy")
        ACCESSIBILITY = "accessibility", _("Accessibility")

    slug = models.CharField(_("page"), max_length=40, primary_key=True, choices=Slug)
    text_en = LongTextField(_("text in English"), max_length=MAX_TEXT_LENGTH, help_text=FORM_OF_TEXT)
    text_es = LongTextField(_("text in Spanish"), max_length=MAX_TEXT_LENGTH, help_text=FORM_OF_TEXT)
    updated_at = models.DateTimeField(_("changed"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("page"), _("pages")
        ordering = ("slug",)
        constraints = [
            models.CheckConstraint(
                condition=~Q(**{name: ""}) & Q(LessThanOrEqual(Length(name), MAX_TEXT_LENGTH)),
                name=f"information_{name}",
            )
            for name in ("text_en", "text_es")
        ]

    def __str__(self) -> str:
        return self.get_slug_display()

    def get_absolute_url(self) -> str:
        return reverse("pages:information", args=[self.slug])

    def blocks(self, language: str) -> Iterator[Block]:
        """Yields the headings and paragraphs of the text in a language such as `en-gb`."""
        text = self.text_es if language.startswith("es") else self.text_en
        for part in re.split(r"\n\s*\n", text.strip()):
            yield Block(part.startswith(HEADING), part.removeprefix(HEADING).strip())
