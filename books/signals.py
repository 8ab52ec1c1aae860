"""The signal with which the app of rentals learns that a book has more or fewer copies."""

from django.dispatch import Signal

# Sent in the transaction that changes `copies`, while it holds the lock of the book. Arguments: `book_id`, and the time
# `at`. A receiver may change the columns that the services of rentals write.
copies_changed = Signal()
