"""Pages for signing up, signing in and out, and the resident's account. They are allauth's views with our templates."""

from typing import Any

from allauth.account import views
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from rest_framework.exceptions import Throttled
from rest_framework.serializers import Serializer

from accounts import forms, identities, mail, services
from accounts.authentication import current_user
from accounts.serializers import OwnAccountSerializer
from accounts.unconfirmed import address_disown
from common.exceptions import Conflict
from common.kept_text import keeps_text, text_forget
from common.pages import form_of, form_page, kept_text_show, next_url, render_with_error, show_message
from common.throttling import count_attempt, counted_address

open_to_anyone = method_decorator(login_not_required, name="dispatch")


class FormPage:
    """Makes a form view of allauth answer as our other pages do.

    Invalid fields are 400. Errors of a service (400, 409) and a throttle (429) are shown above the form, which keeps
    the posted values.
    """

    http_method_names = ["get", "head", "post"]
    request: HttpRequest
    template_name: str

    @method_decorator(never_cache)
    @method_decorator(sensitive_post_parameters())
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        view: Any = super()
        # Before allauth redirects those who are signed in.
        act = view.dispatch if str(request.method).lower() in self.http_method_names else view.http_method_not_allowed
        return act(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().post(request, *args, **kwargs)  # type: ignore[misc]
        except (Conflict, Throttled, ValidationError) as error:
            context = self.get_context_data(form=self.form_without_errors())
            return render_with_error(request, self.template_name, error, context)

    def form_without_errors(self) -> Any:
        """Returns the form with the posted values, which are not validated again."""
        view: Any = self
        arguments = view.get_form_kwargs()
        posted = arguments.pop("data")
        arguments.pop("files", None)
        form = view.get_form_class()(**arguments)
        form.initial = {name: posted.get(form.add_prefix(name), "") for name in form.fields}
        return form

    def form_invalid(self, form: Any) -> HttpResponse:
        refusal = " ".join(form.non_field_errors()) or _("Please correct the errors below.")
        view: Any = self
        response: HttpResponse = view.render_to_response(self.get_context_data(form=form, refusal=refusal), status=400)
        return response

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        data: dict[str, Any] = super().get_context_data(next=next_url(self.request), **context)  # type: ignore[misc]
        return data


@open_to_anyone
class LoginPage(FormPage, views.LoginView):
    form_class = forms.LoginForm

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(provider=provider_name(), **context)


class LogoutPage(views.LogoutView):
    http_method_names = ["post"]


@open_to_anyone
class SignupPage(FormPage, views.SignupView):
    form_class = forms.SignupForm

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            count_attempt("registration", counted_address(request), at=timezone.now())
        except Throttled as error:
            context = self.get_context_data(form=self.form_without_errors())
            return render_with_error(request, self.template_name, error, context)
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form: Any) -> HttpResponse:
        if set(form.errors) == {"email"} and form.has_error("email", "email_taken"):
            mail.send_address_taken_on_request(form.data["email"], request=self.request, at=timezone.now())
        return super().form_invalid(form)

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        text = _("Welcome! We have sent an email to %(email)s. Follow the link in it to confirm your address.")
        show_message_with_books_link(self.request, text % {"email": self.user.email})
        return response


@keeps_text("name", "phone", "address")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    user = current_user(request)
    form = form_of(request, OwnAccountSerializer, user)
    is_linked = bool(settings.OIDC_SERVER) and identities.is_linked(user=user)
    page: dict[str, Any] = {"confirmed": user.has_verified_email(), "provider": provider_name(), "is_linked": is_linked}
    return form_page(request, "accounts/account.html", form, account_save, **page)


def provider_name() -> str:
    """Returns what the identity provider is called, or an empty text if there is none."""
    return settings.OIDC_NAME if settings.OIDC_SERVER else ""


def account_save(request: HttpRequest, form: Serializer[Any]) -> HttpResponse:
    form.is_valid(raise_exception=True)
    user = current_user(request)
    services.account_update(user=user, by=user, at=timezone.now(), **form.validated_data)
    show_message(request, _("Your changes are saved."))
    return redirect("pages:account")


@method_decorator(keeps_text("email"), name="dispatch")
class EmailPage(FormPage, views.EmailView):
    """Changes the address, or sends the email that confirms the current one again."""

    form_class = forms.EmailChangeForm
    success_url = reverse_lazy("account_email")

    def get_initial(self) -> dict[str, Any]:
        kept = kept_text_show(self.request) if self.request.method == "GET" else {}
        return {**super().get_initial(), **kept}

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        text_forget(self.request)
        text = _("We have sent an email to %(email)s. Your address changes once you follow the link in it.")
        show_message(self.request, text % {"email": form.cleaned_data["email"]})
        return response

    def _action_send(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        email = current_user(request).email
        if email:
            mail.send_on_request(mail.send_verification_again, email, request=request, at=timezone.now())
            text = _("If %(email)s is not confirmed yet, we have sent an email to it.")
            show_message(request, text % {"email": email})
        return redirect("pages:account")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if "action_add" in request.POST:
            return super().post(request, *args, **kwargs)
        try:
            return self._action_send(request)
        except Throttled as error:
            context = self.get_context_data(form=self.form_without_errors())
            return render_with_error(request, self.template_name, error, context)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        user = current_user(self.request)
        context = super().get_context_data(**context)
        waiting = [row.email for row in context["emailaddresses"] if row.email != user.email.lower()]
        return {**context, "confirmed": user.has_verified_email(), "new_address": waiting[0] if waiting else ""}


@open_to_anyone
class ConfirmEmailPage(views.ConfirmEmailView):
    """Confirms an address when its account, signed in, presses the button.

    A visitor who follows the link sees which account it is for, and can say that it is not theirs. The link alone opens
    nothing else: the account may be a stranger's, who entered the reader's address. GET changes nothing, because email
    scanners follow links.
    """

    http_method_names = ["get", "head", "post"]

    @method_decorator(never_cache)
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if str(request.method).lower() not in self.http_method_names:
            return self.http_method_not_allowed(request)
        try:
            self.address = self.get_object().email_address
        except Http404:
            return self.render_to_response(
                {"address": None, "refusal": forms.DEAD_LINK}, status=400 if request.method == "POST" else 200
            )
        return super().dispatch(request, *args, **kwargs)

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self.render_to_response(self.context())

    def context(self) -> dict[str, Any]:
        is_own = self.request.user.pk == self.address.user_id
        return {"address": self.address, "account": self.address.user, "is_own": is_own}

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        request = self.request
        if "not_me" in request.POST:
            address_disown(address=self.address, at=timezone.now())
            show_message(request, _("Thank you. The account no longer has your address."))
            return redirect("home")
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), reverse("pages:login"))
        if request.user.pk != self.address.user_id:
            error = ValidationError(_("This link belongs to another account."))
            return render_with_error(request, self.template_name, error, self.context())
        try:
            services.email_confirm(address=self.address, at=timezone.now())
        except ValidationError as error:
            return render_with_error(request, self.template_name, error, self.context())
        show_message_with_books_link(request, _("Thank you, your address is confirmed."))
        return redirect("home")


class ReauthenticatePage(FormPage, views.ReauthenticateView):
    pass


def show_message_with_books_link(request: HttpRequest, text: str) -> None:
    """Shows a message with a link to the library, as a first step for a new resident."""
    link = reverse("pages:books")
    show_message(request, format_html('{} <a href="{}">{}</a>', text, link, _("Browse the library.")))
