"""A sink that calls the user's own coroutine, as the mediation documents' client does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from harness.errors import SinkError
from harness.sinks.base import Parcel

__all__ = ["CallbackSink"]


class CallbackSink:
    """Calls ``callback(delivery)`` for every accepted summary.

    Args:
        callback: an async function of one dict (see :func:`harness.sinks.base.delivery`).
        name: how the audit log and the outbox call it.
    """

    def __init__(self, callback: Callable[[dict[str, Any]], Awaitable[None]], *, name: str = "callback") -> None:
        self._callback = callback
        self.name = name

    async def deliver(self, parcel: Parcel) -> None:
        """Call it; whatever it raises becomes a :class:`SinkError`, without its text."""
        try:
            await self._callback(dict(parcel.body))
        except Exception as error:  # noqa: BLE001 - whatever the user's code raises is one failed delivery
            raise SinkError(parcel.key, f"the callback raised {type(error).__name__}") from None
