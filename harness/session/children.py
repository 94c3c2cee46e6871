"""Processes of our own, and the Ctrl-C that a terminal sends to all of them."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker

__all__ = ["deaf_children"]


@contextmanager
def deaf_children() -> Iterator[None]:
    """Processes begun in here never see a SIGINT, not even while they still import: their parent ends them.

    The signal is held back from this thread meanwhile, and comes when the block ends.
    """
    resource_tracker.ensure_running()  # it is a child too, and would let the signal through again if begun below
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
