"""Whether the process serves."""

from django.http import HttpRequest, HttpResponse


def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process serves; touches nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")
