"""Forms on the pages of acts."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from common.form_fields import LineFormField
from common.models import MAX_REASON_LENGTH


class VoidForm(forms.Form):
    """Why a row is voided."""

    reason = LineFormField(label=_("Reason"), max_length=MAX_REASON_LENGTH, widget=UnfoldAdminTextInputWidget)
