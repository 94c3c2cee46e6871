"""Deliver what an earlier run in a folder left in its outbox."""

from __future__ import annotations

from contextlib import AsyncExitStack, aclosing
from pathlib import Path

from harness.clock import SystemClock
from harness.session.keys import load_key
from harness.session.sinks import sinks_of
from harness.session.store import Store
from harness.settings import Settings

__all__ = ["redeliver"]


async def redeliver(settings: Settings, folder: Path, seconds: float) -> int:
    """Carry everything pending for at most ``seconds``; how much is pending still.

    Raises:
        ConfigError: the webhook's address or the key file is not usable.
        SinkError: the audit log or the outbox failed.
    """
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        sinks = [await stack.enter_async_context(aclosing(sink)) for sink in sinks_of(settings, clock)]
        key = load_key(settings.key_file, None)
        store = await stack.enter_async_context(Store(folder, key=key, clock=clock, sinks=sinks, drain_s=seconds))
    return store.pending
