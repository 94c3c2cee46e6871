"""Silence in other people's logs: httpx and httpcore write URLs and headers of every exchange, and those may hold anything.

1. Only what is logged on behalf of our own exchanges is dropped; an application's other uses of httpx log as before.
2. The loggers' levels, handlers and propagation are not touched.
"""

from __future__ import annotations

import contextlib
import contextvars
import logging
from collections.abc import Iterator

__all__ = ["quiet"]

_LOGGERS = ("httpx", *(f"httpcore.{name}" for name in ("connection", "http11", "http2", "proxy", "socks")))
_ours: contextvars.ContextVar[bool] = contextvars.ContextVar("harness_exchange", default=False)


def _is_not_ours(record: logging.LogRecord) -> bool:
    return not _ours.get()


for _name in _LOGGERS:
    logging.getLogger(_name).addFilter(_is_not_ours)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Nothing is logged of the exchanges of the current task until the block ends."""
    token = _ours.set(True)
    try:
        yield
    finally:
        _ours.reset(token)
