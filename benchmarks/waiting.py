"""How long another connection waits for the locks of a task."""

import random
import threading
from collections.abc import Callable
from time import perf_counter, sleep

import psycopg2
from django.db import connection

PAUSE_SECONDS = 0.005
LOCK_SQL = "SELECT FROM questions_question WHERE id = %s FOR NO KEY UPDATE"


def longest_wait_ms(task: Callable[[], None]) -> float:
    """Runs a task. Meanwhile another connection locks one question after another that was due before, as a vote does.

    Returns the longest time of one of these statements in milliseconds.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM questions_question WHERE is_from_today ORDER BY random() LIMIT 10000")
        ids = [pk for (pk,) in cursor.fetchall()]
    is_done = threading.Event()
    waits = [0.0]

    def lock_questions() -> None:
        parameters = connection.get_connection_params()
        other = psycopg2.connect(**{name: value for name, value in parameters.items() if name != "cursor_factory"})
        other.autocommit = True
        with other.cursor() as cursor:
            cursor.execute("SET synchronous_commit = off")  # it waits for locks, and not for the disk
            while not is_done.is_set():
                started = perf_counter()
                cursor.execute(LOCK_SQL, [random.choice(ids)])  # noqa: S311
                waits.append((perf_counter() - started) * 1000)
                sleep(PAUSE_SECONDS)
        other.close()

    thread = threading.Thread(target=lock_questions)
    thread.start()
    try:
        task()
    finally:
        is_done.set()
        thread.join()
    return max(waits)
