"""Whether the process serves."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process serves; touches nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")
