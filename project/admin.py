"""The titles and the search of the admin site, and its view of the outbox."""

from datetime import datetime
from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.core.paginator import InvalidPage
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from common.admin.acts import Act
from common.admin.changelists import ChoiceFilter
from common.admin.records import RecordAdmin, act_on_each
from common.admin.times import time_column
from common.models import Mail
from common.outbox import NO_LONGER_WAITS, mail_retry
from project.admin_history import HistoryAdmin as HistoryAdmin  # Django looks for admins in this file

admin.site.site_title = admin.site.site_header = _("Town hall")
admin.site.index_title = _("Back office")
unfold_search = admin.site.search  # type: ignore[attr-defined]


def search(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """Searches as unfold does, but returns 404 for a page that does not exist, where unfold's view fails."""
    try:
        response: HttpResponse = unfold_search(request, extra_context)
    except InvalidPage as error:
        raise Http404 from error
    return response


admin.site.search = search  # type: ignore[attr-defined]


class WaitingFilter(ChoiceFilter):
    title = _("status")
    parameter_name = "status"
    choices_by_value = {
        "waiting": (_("Waiting"), lambda rows: rows.waiting()),
        "finished": (_("Finished"), lambda rows: rows.finished()),
    }


@admin.register(Mail)
class MailAdmin(RecordAdmin):
    """Shows superusers what waits in the outbox, without recipients."""

    list_display = (
        "titled",
        time_column("created_at", _("created")),
        time_column("sent_at", _("sent")),
        time_column("dropped_at", _("dropped")),
        "attempts",
        time_column("next_attempt_at", _("next attempt")),
        "last_error",
    )
    shown_fields = ("id", "key", "language", *list_display)
    list_filter = (WaitingFilter,)
    search_method = "search"
    ordering = ("-created_at",)
    counted_names = _("emails")
    actions = ("retry",)
    acts = (
        Act(
            "retry",
            "retry_mail",
            _("Send again now"),
            icon="refresh",
            question=_("It is sent now instead of at its next attempt."),
            bar=lambda mail: str(NO_LONGER_WAITS) if mail.sent_at or mail.dropped_at else "",
        ),
    )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allows the action on the list to superusers. No one edits a row."""
        return obj is None and self.has_view_permission(request)

    @admin.display(description=_("kind"))
    def titled(self, mail: Mail) -> str:
        return mail.title

    @admin.action(description=_("Send again now"), permissions=["change"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        def retry_row(row: Any, at: datetime) -> str:
            return self.retry_mail(request, row, at=at)

        act_on_each(
            self, request, queryset, retry_row, lambda n: ngettext("%(count)s sent again.", "%(count)s sent again.", n)
        )

    def retry_mail(self, request: HttpRequest, row: Any, *, at: datetime) -> str:
        mail_retry(mail=row, at=at)
        return gettext("Sent again")


admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
