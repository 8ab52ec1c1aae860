"""How a process ends: by signals as by Ctrl-C, with what is left to be done at exit."""

import atexit
import os
import signal
import sys
from collections.abc import Callable


def at_exit(action: Callable[[], None]) -> None:
    """Do it when this process ends; gunicorn's and the tests' workers are forks that inherit it."""
    process = os.getpid()

    def act() -> None:
        if os.getpid() == process:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not break it off
            action()

    atexit.register(act)


def end_in_order() -> None:
    """Let SIGTERM and a closed terminal end Python as Ctrl-C does, with what is to be done at exit."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, lambda got, frame: sys.exit(128 + got))
