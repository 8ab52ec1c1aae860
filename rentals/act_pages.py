"""The pages where residents renew and cancel their own rentals, and cancel their holds.

Each shows what the act does, with a button. A button on another page posts to it as well.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from rest_framework import exceptions

from accounts.authentication import current_user
from common.exceptions import Conflict
from common.pages import ALREADY_SUBMITTED, render_with_error, show_message
from common.submissions import AlreadySubmittedError, form_key, submission_record
from rentals import services
from rentals.holds import hold_cancel
from rentals.mail import moment
from rentals.models import Hold, Rental

Act = Callable[[], str]  # returns the message for the resident


def act_page(request: HttpRequest, context: dict[str, Any], act: Act, *, at: datetime) -> HttpResponse:
    """Shows what an act does. A POST does it once, and leads to the resident's rentals with a message."""
    context["form_key"] = form_key(request)
    if request.method != "POST":
        return render(request, "rentals/act.html", context)
    try:
        with transaction.atomic():
            submission_record(request, at=at)
            message = act()
    except AlreadySubmittedError:
        message = str(ALREADY_SUBMITTED)
    except Conflict as error:
        return render_with_error(request, "rentals/act.html", error, {**context, "is_over": True})
    except PermissionDenied as error:
        refusal = exceptions.PermissionDenied(str(error))
        return render_with_error(request, "rentals/act.html", refusal, {**context, "is_over": True})
    show_message(request, message)
    return redirect("pages:rentals")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def renew(request: HttpRequest, ref: int) -> HttpResponse:
    """Renews an own rental."""
    at = timezone.now()
    rental = get_object_or_404(Rental.objects.select_related("book"), pk=ref, user=current_user(request))

    def act() -> str:
        renewed = services.rental_renew(rental=rental, at=at)
        text = _("“%(book)s” is renewed. Please return it by %(date)s at the latest.")
        return text % {"book": rental.book.name, "date": moment(renewed.date_due)}

    context = {
        "title": _("Renew a rental"),
        "book": rental.book,
        "text": services.renewal_text(at=at),
        "button": _("Renew"),
        "refusal": services.open_bar(rental) or services.renewal_bar(rental, rental.book, at=at),
    }
    return act_page(request, context, act, at=at)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rental_cancel(request: HttpRequest, ref: int) -> HttpResponse:
    """Voids an own rental, soon after it was made."""
    user, at = current_user(request), timezone.now()
    rental = get_object_or_404(Rental.objects.select_related("book"), pk=ref, user=user)

    def act() -> str:
        services.rental_void(rental=rental, reason=_("Cancelled by the resident."), by=user, at=at)
        return _("The rental of “%(book)s” is cancelled. It costs nothing.") % {"book": rental.book.name}

    context = {
        "title": _("Cancel a rental"),
        "book": rental.book,
        "text": _("The rental then costs nothing, and another resident can rent the copy."),
        "button": _("Cancel the rental"),
        "note": services.own_void_rule(),
        "refusal": services.open_bar(rental),
    }
    return act_page(request, context, act, at=at)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def hold_end(request: HttpRequest, hold_id: int) -> HttpResponse:
    """Cancels an own hold."""
    at = timezone.now()
    hold = get_object_or_404(Hold.objects.select_related("book"), pk=hold_id, user=current_user(request))

    def act() -> str:
        hold_cancel(hold=hold, at=at)
        return _("You no longer wait for “%(book)s”.") % {"book": hold.book.name}

    context = {
        "title": _("Cancel a hold"),
        "book": hold.book,
        "text": _("You lose your place in the line. A copy that is set aside for you goes to the next resident."),
        "button": _("Cancel the hold"),
    }
    return act_page(request, context, act, at=at)
