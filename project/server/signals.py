"""Exit handlers, and signals that end a process as Ctrl-C does."""

import atexit
import os
import signal
import sys
from collections.abc import Callable


def at_exit(action: Callable[[], None]) -> None:
    """Runs the action when this process ends.

    Workers of gunicorn and of the tests are forks, which inherit exit handlers, but do not run the action.
    """
    process = os.getpid()

    def run() -> None:
        if os.getpid() == process:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not interrupt the action
            action()

    atexit.register(run)


def exit_on_signals() -> None:
    """Makes SIGTERM and a closed terminal (SIGHUP) end Python as Ctrl-C does, so that exit handlers run."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, lambda received, frame: sys.exit(128 + received))
