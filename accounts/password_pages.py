"""Pages for changing, setting and resetting a password. They are allauth's views with our templates."""

from typing import Any

from allauth.account import views
from django.http import HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts import forms
from accounts.authentication import current_user
from accounts.models import User
from accounts.pages import FormPage, open_to_anyone
from accounts.sudo import raise_unless_sudo
from common.pages import show_message


class PasswordChangePage(FormPage, views.PasswordChangeView):
    form_class = forms.PasswordChangeForm

    def get_default_success_url(self) -> str:
        return reverse("pages:account")


class PasswordSetPage(FormPage, views.PasswordSetView):
    """Gives a password to an account that has none, after its owner has signed in at the identity provider again."""

    form_class = forms.PasswordSetForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not current_user(request).has_usable_password():
            raise_unless_sudo(request)
        return super().dispatch(request, *args, **kwargs)

    def get_default_success_url(self) -> str:
        return reverse("pages:account")


@open_to_anyone
class PasswordForgottenPage(FormPage, views.PasswordResetView):
    form_class = forms.PasswordForgottenForm
    success_url = reverse_lazy("account_login")

    def form_valid(self, form: Any) -> HttpResponse:
        """Answers the same whether or not an account has the address."""
        response: HttpResponse = super().form_valid(form)
        text = _("If an account has the address %(email)s, we have sent a link to it.")
        show_message(self.request, text % {"email": form.data["email"]})
        return response


@open_to_anyone
class PasswordResetPage(FormPage, views.PasswordResetFromKeyView):
    """Sets a new password by a mailed link, which works once.

    allauth moves the token from the link into the session, to keep it out of the Referer header. Here it stays in the
    link, because it would be readable in the table of sessions; the header of other sites does not carry it
    (SECURE_REFERRER_POLICY).
    """

    form_class = forms.PasswordResetForm
    success_url = reverse_lazy("account_login")
    reset_user: User | None

    def dispatch(self, request: HttpRequest, uidb36: str, key: str, **kwargs: Any) -> Any:
        self.request, self.key = request, key
        link = forms.ResetLinkForm(data={"uidb36": uidb36, "key": key})
        self.reset_user = link.reset_user if link.is_valid() else None
        return self.dispatch_form(request)

    @method_decorator(never_cache)
    @method_decorator(sensitive_post_parameters())
    def dispatch_form(self, request: HttpRequest) -> Any:
        if request.method not in ("GET", "HEAD", "POST"):
            return self.http_method_not_allowed(request)
        if self.reset_user is None:
            status = 400 if request.method == "POST" else 200
            return self.render_to_response({"token_fail": True, "refusal": forms.DEAD_LINK}, status=status)
        return self.post(request) if request.method == "POST" else self.get(request)
