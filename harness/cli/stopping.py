"""Signals that ask a verb to end: the first one ends it in order, the second at once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["stop_on_signals"]

_ASKING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_on_signals() -> Iterator[asyncio.Event]:
    """An event that is set by SIGINT or SIGTERM; after that both do what they do by default."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def asked() -> None:
        _release(loop)
        stop.set()

    for number in _ASKING:
        loop.add_signal_handler(number, asked)
    try:
        yield stop
    finally:
        _release(loop)


def _release(loop: asyncio.AbstractEventLoop) -> None:
    for number in _ASKING:
        loop.remove_signal_handler(number)
