"""Limits how long the server waits for a database that keeps its connections and does not answer.

PostgreSQL ends statements after STATEMENT_TIMEOUT, and TCP finds out that a machine has vanished. Neither helps if the
server's processes are frozen, because its kernel goes on to acknowledge what it receives.
"""

import select
from typing import Any

import psycopg2
from psycopg2 import extensions

ANSWER_SECONDS = 35.0  # without a word of the server; longer than STATEMENT_TIMEOUT
CONNECTED = {extensions.STATUS_READY, extensions.STATUS_BEGIN, extensions.STATUS_PREPARED}
EVENTS = {extensions.POLL_READ: select.POLLIN, extensions.POLL_WRITE: select.POLLOUT}


def limit_waits() -> None:
    """Limits the waits of all connections of this process. COPY does not work with it."""
    extensions.set_wait_callback(wait)


def wait(connection: Any) -> None:
    """Returns when a call of libpq is complete, as psycopg2's `wait_callback`.

    Raises OperationalError if nothing happens for too long. psycopg2 then closes the connection.
    """
    seconds = ANSWER_SECONDS
    if connection.status not in CONNECTED:
        # libpq ignores its own `connect_timeout` if it does not wait itself.
        seconds = float(extensions.parse_dsn(connection.dsn).get("connect_timeout") or ANSWER_SECONDS)
    while (state := connection.poll()) != extensions.POLL_OK:
        poller = select.poll()
        poller.register(connection.fileno(), EVENTS[state])
        if not poller.poll(seconds * 1000):
            raise psycopg2.OperationalError(f"The database has not answered for {seconds:.0f} seconds.")
