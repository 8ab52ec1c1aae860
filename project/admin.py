"""The admin as a whole: its names, and its search."""

from typing import Any

from django.contrib import admin
from django.core.paginator import InvalidPage
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

admin.site.site_title = admin.site.site_header = _("Town hall")
admin.site.index_title = _("Back office")
stock_search = admin.site.search  # type: ignore[attr-defined]


def search(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """unfold's, which fails at a page that is not there."""
    try:
        return stock_search(request, extra_context)
    except InvalidPage as error:
        raise Http404 from error


admin.site.search = search  # type: ignore[attr-defined]
