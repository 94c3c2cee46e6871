"""A sink that calls the user's own coroutine, as the mediation documents' client does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from harness.errors import SinkError
from harness.pipeline.outcome import Outcome
from harness.sinks.base import delivery, idempotency_key

__all__ = ["CallbackSink"]


class CallbackSink:
    """Calls ``callback(delivery)`` for every accepted summary.

    Args:
        callback: an async function of one dict (see :func:`harness.sinks.base.delivery`).
    """

    def __init__(self, callback: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        self._callback = callback

    async def deliver(self, outcome: Outcome) -> None:
        """Call it; whatever it raises becomes a :class:`SinkError`, without its text."""
        try:
            await self._callback(delivery(outcome))
        except Exception as error:  # noqa: BLE001 - whatever the user's code raises is one failed delivery
            kind = type(error).__name__
            raise SinkError(idempotency_key(outcome), f"the callback raised {kind}") from None
