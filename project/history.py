"""The tables of all apps whose history is kept."""

import accounts.history
import books.history
import devices.history
import information.history
import infractions.history
import questions.history
import rentals.history
import scores.history

APPS = (
    accounts.history,
    books.history,
    rentals.history,
    scores.history,
    infractions.history,
    questions.history,
    devices.history,
    information.history,
)
TABLES = tuple(table for app in APPS for table in app.TABLES)
# Tables without a history. Those of `common` hold counts, mails and other things that pass.
OTHERS = tuple(name for app in APPS for name in getattr(app, "OTHERS", ()))
# Tables whose rows are only added, never deleted
APPENDED = ("rentals_rental", "rentals_payment", "infractions_infraction")
