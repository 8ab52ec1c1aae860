"""Acts on one row, such as voiding a payment: buttons on its page, each with a page that asks first.

An admin lists its acts in one line, and has a method for each that calls the service:

    acts = (Act("return", "return_rental", _("Mark returned"), icon="check"),)

    def return_rental(self, request: HttpRequest, row: Rental, *, at: datetime) -> str:
        rental_return(rental=row, at=at)
        return gettext("Returned.")
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from rest_framework.exceptions import APIException
from unfold.admin import ModelAdmin

from common.exceptions import StorageUnavailable, error_message


def no_bar(_row: Any) -> str:
    return ""


def no_check(_request: HttpRequest) -> None:
    pass


@dataclass(frozen=True)
class Act:
    """A button on the page of a row, for users who may do `permission` with the row.

    `bar` returns why the act is impossible now, or "". There is no button then, and the page says why. `method` is
    called with the request, the row, the time as `at`, and the values of the form. It returns what it did, for the user
    and for the history of the row, or raises what the service raises. A `template` shows what the act would do, from
    what `act_context` returns, which also has the values of the form's hidden fields. An act with a `page` is shown by
    that view instead, which gets the key of the row, checks the permission and asks by itself.
    """

    name: str  # in the URL
    method: str
    label: Any
    icon: str = ""
    question: Any = ""  # what the user should know before, or a function that returns it
    form_class: type[forms.Form] = forms.Form
    bar: Callable[[Any], str] = no_bar
    permission: str = "may_act"  # the name of a method of the admin
    check: Callable[[HttpRequest], None] = no_check  # raises what asks for the password again
    is_grave: bool = False  # red
    template: str = ""
    page: str = ""


class ActsAdmin(ModelAdmin):
    """An admin with acts on single rows."""

    acts: ClassVar[tuple[Act, ...]] = ()

    def may_act(self, request: HttpRequest, row: Any) -> bool:
        return self.has_change_permission(request, row)

    def act_text(self, row: Any) -> str:
        """Returns what the page that asks shows of a row."""
        return str(row)

    def act_context(self, act: Act, row: Any) -> dict[str, Any]:
        """Returns what the template of an act needs, and the initial values of its form."""
        return {}

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.act_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_act"
        return [path("<path:object_id>/act/<slug:name>/", view, name=name), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None and "_popup" not in request.GET:
            context["acts"] = self.act_buttons(request, row)
        return super().render_change_form(request, context, *args, **kwargs)

    def act_buttons(self, request: HttpRequest, row: Any) -> list[dict[str, Any]]:
        """Returns the acts that the user may do with the row now, with their URLs."""
        possible = [act for act in self.acts if self.is_permitted(request, act, row) and not act.bar(row)]
        return [{"act": act, "url": self.act_url(act, row)} for act in possible]

    def is_permitted(self, request: HttpRequest, act: Act, row: Any) -> bool:
        return bool(getattr(self, act.permission)(request, row))

    def act_url(self, act: Act, row: Model) -> str:
        if act.page:
            return reverse(f"admin:{act.page}", args=[row.pk])
        return self.row_url("act", row, act.name)

    def row_url(self, page: str, row: Model, *arguments: str) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}"
        return reverse(name, args=[quote(row.pk), *arguments])

    def act_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Asks for confirmation, then acts. A form with errors is shown again."""
        act = next((act for act in self.acts if act.name == name and not act.page), None)
        if act is None:
            raise Http404
        row = self.get_object(request, unquote(object_id))
        if row is None:
            missing: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return missing
        if not self.is_permitted(request, act, row):
            raise PermissionDenied
        if request.method != "POST" and act.bar(row):
            return self.act_page(request, act, row, refusal=act.bar(row))
        act.check(request)
        form = act.form_class(request.POST if request.method == "POST" else None, initial=self.act_context(act, row))
        if form.is_valid():
            self.act_on(request, act, row, form.cleaned_data)
            return HttpResponseRedirect(self.row_url("change", row))
        return self.act_page(request, act, row, form=form)

    def act_page(
        self, request: HttpRequest, act: Act, row: Any, *, refusal: str = "", form: Any = None
    ) -> HttpResponse:
        """Shows the form of an act, or why it is impossible, with the status that the API has for that."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": act.label,
            "original": row,
            "act": act,
            "row_text": self.act_text(row),
            "form": form,
            "refusal": refusal,
            "back": self.row_url("change", row),
            **self.act_context(act, row),
        }
        status = HTTPStatus.CONFLICT if refusal else HTTPStatus.OK
        return TemplateResponse(request, "admin/act.html", context, status=status)

    def act_on(self, request: HttpRequest, act: Act, row: Any, values: dict[str, Any]) -> None:
        """Acts and logs it, or shows why the service refuses."""
        method: Callable[..., str] = getattr(self, act.method)
        at: datetime = timezone.now()
        try:
            with transaction.atomic():
                text = method(request, row, at=at, **values)
                self.log_change(request, row, text)
        except StorageUnavailable:  # the answer is 503, as without the database
            raise
        except (APIException, ValidationError) as error:
            self.message_user(request, f"{row}: {error_message(error)}", messages.ERROR)
        else:
            self.message_user(request, f"{row}: {text}", messages.SUCCESS)
