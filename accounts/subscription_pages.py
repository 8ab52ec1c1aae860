"""The pages that turn the notices of the library on and off: for the resident, and for the link in each notice."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.authentication import current_user
from accounts.subscriptions import notices_choose, subscriber_of
from common.pages import show_message


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def notices(request: HttpRequest) -> HttpResponse:
    """Turns the notices of the resident on or off. A GET leads to the account page, which has the form."""
    if request.method == "POST":
        wanted = request.POST.get("wanted") == "on"
        notices_choose(user=current_user(request), wanted=wanted, at=timezone.now())
        show_message(request, _("Notices are on.") if wanted else _("Notices are off."))
    return redirect("pages:account")


@login_not_required
@csrf_exempt  # mail programs post without a cookie, and the signed link is the proof
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Turns notices off by POST. A GET shows a button, because email scanners follow links.

    The answer to the POST is a page and no redirect, which mail programs would not follow (RFC 8058).
    """
    user = subscriber_of(token)
    if user is None:
        raise Http404
    if request.method == "POST":
        notices_choose(user=user, wanted=False, at=timezone.now())
    return render(request, "accounts/unsubscribe.html", {"is_done": request.method == "POST"})
