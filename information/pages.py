"""The pages about the town hall, which anyone reads."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from information.models import InformationPage


@login_not_required
@require_safe
def information(request: HttpRequest, slug: str) -> HttpResponse:
    page = get_object_or_404(InformationPage, pk=slug)
    return render(request, "information/page.html", {"page": page, "blocks": page.blocks(get_language() or "")})
