"""The mails of the library. settings.MAIL_BUILDERS names the function that builds each kind.

They are notices that residents may turn off (see `accounts.subscriptions`). They are in the language of the account,
and hold no name and no words of the resident: the address may be unverified, and somebody else's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.mail import recipient_of, site_url
from accounts.models import User
from accounts.subscriptions import unsubscribe_headers, unsubscribe_link
from common.models import Mail
from common.outbox import Message, mail_enqueue, titled
from common.templatetags.money import money
from rentals import tariffs
from rentals.balance import balance_of
from rentals.models import DUE_SOON, Hold, Payment, Rental

DUE_WITHIN = timedelta(days=-DUE_SOON)


@dataclass(frozen=True)
class Content:
    """What a mail says: a heading, what happened, books with what concerns each, what to do, and a link to a page."""

    subject: str
    lead: str
    link: str
    link_text: str
    books: Sequence[tuple[str, Sequence[str]]] = ()
    closing: Sequence[str] = field(default_factory=list)


def send_hold_ready(hold: Hold, *, at: datetime) -> None:
    """Queues a mail that tells a resident that a copy is set aside for them."""
    send_notice("hold_ready", hold.user, at=at, hold_id=hold.pk)


def send_receipt(payment: Payment, *, at: datetime) -> None:
    """Queues a receipt for a payment."""
    send_notice("receipt", payment.user, at=at, payment_id=payment.pk)


def send_notice(kind: str, user: User, *, at: datetime, **parameters: int) -> None:
    """Queues a notice in the language of the account, if it gets notices. That is often not the language of staff."""
    if user.is_active and user.wants_notices and user.email:
        mail_enqueue(
            kind=f"rentals.{kind}",
            recipient=user.email,
            parameters={"user_id": user.pk, **parameters},
            language=user.language,
            at=at,
        )


@titled(gettext_lazy("A copy is set aside"))
def hold_ready(mail: Mail, *, at: datetime) -> Message | None:
    """Builds the notice that a copy is set aside. Returns None if the hold is no longer ready."""
    hold = Hold.objects.ready().filter(pk=mail.parameters["hold_id"], ready_until__gt=at).select_related("book").first()
    if hold is None:
        return None
    until = _("It is set aside for you until %(until)s, and then for the next person in line.")
    content = Content(
        _("A book is ready for you"),
        _("The book that you are waiting for is ready for you at the library desk."),
        site_url("pages:rentals"),
        _("See your rentals"),
        books=[(hold.book.name, [])],
        closing=[until % {"until": moment(hold.ready_until)}],
    )
    return message(mail, content)


@titled(gettext_lazy("Books that are due soon"))
def due_soon(mail: Mail, *, at: datetime) -> Message | None:
    """Builds the notice that books are due soon. Returns None if all were returned, renewed or became overdue."""
    rentals = [rental for rental in noticed(mail, at=at) if at < rental.date_due <= mail.created_at + DUE_WITHIN]
    if not rentals:
        return None
    content = Content(
        ngettext("A book is due soon", "Books are due soon", len(rentals)),
        ngettext("This book is due soon.", "These books are due soon.", len(rentals)),
        site_url("pages:rentals"),
        _("See your rentals"),
        books=[(rental.book.name, [due_on(rental), charge_of(rental)]) for rental in rentals],
        closing=[
            ngettext(
                "Please return it at the library desk, or renew it on the page of your rentals.",
                "Please return them at the library desk, or renew them on the page of your rentals.",
                len(rentals),
            )
        ],
    )
    return message(mail, content)


@titled(gettext_lazy("Overdue books"))
def overdue(mail: Mail, *, at: datetime) -> Message | None:
    """Builds the notice that books are overdue, with what is owed. Returns None if none is overdue any more."""
    rentals = [rental for rental in noticed(mail, at=at) if rental.date_due < at]
    if not rentals:
        return None
    balance = balance_of(mail.parameters["user_id"], version=tariffs.CURRENT, at=at)
    content = Content(
        ngettext("A book is overdue", "Books are overdue", len(rentals)),
        ngettext(
            "This book is overdue. Please return it at the library desk.",
            "These books are overdue. Please return them at the library desk.",
            len(rentals),
        ),
        site_url("pages:rentals"),
        _("See your rentals"),
        books=[(rental.book.name, [due_on(rental), charge_of(rental)]) for rental in rentals],
        closing=[
            ngettext(
                "The charge grows until the book is back.", "The charge grows until the books are back.", len(rentals)
            ),
            owed(balance["balance"]),
        ],
    )
    return message(mail, content)


@titled(gettext_lazy("Receipt for a payment"))
def receipt(mail: Mail, *, at: datetime) -> Message | None:
    """Builds the receipt for a payment. Returns None if the payment was voided."""
    payment = Payment.objects.valid().filter(pk=mail.parameters["payment_id"]).first()
    if payment is None:
        return None
    balance = balance_of(payment.user_id, version=tariffs.CURRENT, at=at)
    facts = {"amount": money(payment.amount), "date": moment(payment.date_paid), "number": payment.pk}
    content = Content(
        _("Receipt for your payment"),
        _("We received your payment of %(amount)s on %(date)s (receipt number %(number)s). Thank you.") % facts,
        site_url("pages:statement"),
        _("See your statement of account"),
        closing=[owed(balance["balance"])],
    )
    return message(mail, content)


def noticed(mail: Mail, *, at: datetime) -> list[Rental]:
    """Returns the rentals of a notice that are still open, by due date, with the book and the charge by `at`."""
    rentals = Rental.objects.open().filter(pk__in=mail.parameters["refs"], user=mail.parameters["user_id"])
    return list(rentals.with_explanation(at=at).order_by("date_due", "pk"))


def due_on(rental: Rental) -> str:
    return _("Due: %(date)s") % {"date": moment(rental.date_due)}


def charge_of(rental: Rental) -> str:
    return _("Charge so far: %(amount)s") % {"amount": money(rental.charge)}


def owed(balance: Decimal) -> str:
    if balance < 0:
        return _("Your credit is now %(amount)s.") % {"amount": money(-balance)}
    return _("In all, you owe %(amount)s.") % {"amount": money(balance)}


def moment(time: datetime | None) -> str:
    return date_format(timezone.localtime(time), "DATETIME_FORMAT")


def message(mail: Mail, content: Content) -> Message | None:
    """Returns the mail as text and as HTML. Returns None if the account does not get notices any more."""
    user = recipient_of(mail)
    if user is None or not user.wants_notices:
        return None
    link = unsubscribe_link(user)
    context = {"content": content, "unsubscribe": link, "language": mail.language}
    text = render_to_string("rentals/mail/notice.txt", context)
    html = render_to_string("rentals/mail/notice.html", context)
    return Message(content.subject, text, html, unsubscribe_headers(link))
