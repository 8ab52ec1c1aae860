"""The back office of scores."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter

from accounts.admin import ByUserAdmin
from accounts.authentication import current_user
from accounts.models import User
from common.admin.changelists import DayRangeFilter, TextInputFilter
from common.admin.deletion import DeletableAdmin
from common.admin.number_fields import DecimalFormField
from common.admin.records import RecordAdmin
from common.numbers import read_number
from common.templatetags.numbers import plain
from scores import services
from scores.formula import MAX_INPUT
from scores.models import SCORE_DECIMAL_PLACES, Score


class GreaterThanFilter(TextInputFilter):
    title = _("score greater than")
    parameter_name = "score_gt"

    def filter_by(self, scores: Any, value: str) -> Any:
        return scores.filter(score__gt=read_number(value))


class UserFilter(TextInputFilter):
    title = _("username or email address")
    parameter_name = "of"

    def filter_by(self, scores: Any, value: str) -> Any:
        return scores.filter(user__in=User.objects.by_name(value))


class ScoreForm(forms.ModelForm):
    input_value = DecimalFormField(
        min_value=-MAX_INPUT,
        max_value=MAX_INPUT,
        decimal_places=SCORE_DECIMAL_PLACES,
        label=_("Input value"),
        help_text=_("The score is calculated from this number."),
    )

    class Meta:
        model = Score
        fields = ("user",)

    def clean_user(self) -> User:
        user: User | None = self.cleaned_data["user"]
        if user is None:
            raise ValidationError(gettext("Select the user of the score."))
        return user


@admin.register(Score)
class ScoreAdmin(ByUserAdmin, DeletableAdmin, RecordAdmin):
    form = ScoreForm
    list_display = ("id", "user", "points", "verified", "date_submitted")
    list_filter = (
        GreaterThanFilter,
        UserFilter,
        ("verified", BooleanRadioFilter),
        ("date_submitted", DayRangeFilter),
    )
    list_select_related = ("user",)
    sortable_by = ("points", "date_submitted")
    autocomplete_fields = ("user",)
    recorded_fields = ("user", "input_value")
    shown_fields = list_display

    @admin.display(description=_("score"), ordering="score")
    def points(self, score: Score) -> str:
        return plain(score.score)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Unlike other records, scores may be deleted: a faked one would stay on the leaderboard.
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def save_model(self, request: HttpRequest, obj: Score, form: Any, change: bool) -> None:
        created = services.score_submit(**form.cleaned_data, by=current_user(request), at=timezone.now())
        obj.pk = created.pk
