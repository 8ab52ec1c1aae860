"""What staff read for each kind of mail in the outbox (see `settings.MAIL_BUILDERS`)."""

from django.utils.translation import gettext_lazy as _

TITLES = {
    "accounts.verify_email": _("Link to confirm an email address"),
    "accounts.verify_new_email": _("Link to confirm a new email address"),
    "accounts.password_reset": _("Link to choose a password"),
    "accounts.address_taken": _("The address already has an account"),
    "accounts.password_changed": _("The password was changed"),
    "accounts.email_changed": _("The email address was changed"),
    "accounts.wrong_passwords": _("Wrong passwords were entered"),
    "accounts.new_sign_in": _("New sign-in"),
    "accounts.factor_added": _("A second factor was added"),
    "accounts.factor_removed": _("A second factor was removed"),
    "accounts.codes_renewed": _("New recovery codes"),
    "accounts.factors_reset": _("Staff removed the second factor"),
    "accounts.identity_linked": _("Another way to sign in was added"),
    "accounts.identity_unlinked": _("A way to sign in was removed"),
    "infractions.objection_created": _("New objection to an infraction"),
    "infractions.objection_answered": _("Answer to an objection"),
    "rentals.due_soon": _("Books that are due soon"),
    "rentals.overdue": _("Overdue books"),
    "rentals.hold_ready": _("A copy is set aside"),
    "rentals.receipt": _("Receipt for a payment"),
}
