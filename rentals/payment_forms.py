"""The forms in which staff record a payment."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from accounts.models import User
from common.admin.number_fields import DecimalFormField
from common.templatetags.money import money
from rentals.balance import balance_of
from rentals.models import Payment
from rentals.tariffs import CURRENT


class PaymentForm(forms.ModelForm):
    """A new payment. One above the balance is asked about again: it is often an amount with a wrong point."""

    is_credit = forms.BooleanField(
        label=_("Record it as a credit"), required=False, widget=forms.HiddenInput, help_text=_("The amount is right.")
    )

    class Meta:
        model = Payment
        fields: tuple[str, ...] = ("user", "amount", "note")

    def payer(self) -> User | None:
        """Returns who pays, if the form knows it."""
        return self.cleaned_data.get("user")

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        user, amount = self.payer(), values.get("amount")
        if user is None or amount is None or values.get("is_credit"):
            return values
        balance = balance_of(user.pk, version=CURRENT, at=timezone.now())["balance"]
        if amount > balance:
            self.fields["is_credit"].widget = UnfoldBooleanSwitchWidget()
            message = gettext("The balance is %(balance)s. Is %(amount)s right? Then record the rest as a credit.")
            self.add_error("amount", message % {"balance": money(balance), "amount": money(amount)})
        return values


class DeskPaymentForm(PaymentForm):
    """A new payment of the resident whose page is open: the user of the instance."""

    class Meta(PaymentForm.Meta):
        fields = ("amount", "note")
        field_classes = {"amount": DecimalFormField}
        widgets = {"note": UnfoldAdminTextInputWidget}

    def payer(self) -> User | None:
        return self.instance.user
