"""The titles and the search of the admin site."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.core.paginator import InvalidPage
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

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
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
