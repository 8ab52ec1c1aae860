"""The signal with which apps above this one learn that an account was deactivated."""

from django.dispatch import Signal

# Sent in the transaction that deactivates an account, while it holds the lock of the account. Arguments: `user`, and
# the time `at`. A closed account does not send it: `project.personal` calls each app instead.
account_deactivated = Signal()
