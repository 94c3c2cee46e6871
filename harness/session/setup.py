"""From settings to a run: keys, addresses and names, checked before anything is dialled or written."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

from harness.client import ClientOptions
from harness.clock import Clock, SystemClock
from harness.dialects.base import Dialect
from harness.dialects.mediation import MediationDialect
from harness.errors import ConfigError
from harness.metrics.latency import LatencyBook
from harness.session.judging import Judging
from harness.session.keys import load_key
from harness.session.live import LiveRun
from harness.session.parts import NO_CREDENTIALS, Tools, addresses_for, addresses_of, credentials_of
from harness.session.store import Store
from harness.settings import Settings
from harness.wire.dialler import LinkState
from harness.wire.limiter import RateLimiter

__all__ = ["checked_name", "client_options", "live_run", "safe_name"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def _untold(_: LinkState) -> None:
    """Nobody wants to know."""


def client_options(
    settings: Settings,
    clock: Clock,
    on_state: Callable[[LinkState], None] = _untold,
    judging: Judging | None = None,
) -> ClientOptions:
    """How patient clients are; the rate limits in it are shared by all that are given it."""
    return ClientOptions(
        gap_timeout_s=settings.gap_timeout_s,
        connect_timeout_s=settings.connect_timeout_s,
        attempts=settings.reconnect_attempts,
        budget_s=settings.reconnect_s,
        ping_interval_s=settings.ping_interval_s,
        ping_timeout_s=settings.ping_timeout_s,
        heartbeat_timeout_s=settings.heartbeat_timeout_s,
        max_message_bytes=settings.max_message_bytes,
        queue_messages=settings.queue_messages,
        queue_policy=settings.queue_policy,
        subscriptions=RateLimiter(settings.subscriptions_per_s, clock=clock),
        requests=RateLimiter(settings.requests_per_s, clock=clock),
        request_budget_s=settings.request_s,
        on_state=on_state,
        ask_judge=None if judging is None else judging.ask,
    )


def live_run(
    settings: Settings,
    *,
    record_to: Path | None = None,
    store: Store | None = None,
    book: LatencyBook | None = None,
    seed: int | None = None,
    dialect: Dialect | None = None,
    stop: asyncio.Event | None = None,
    on_state: Callable[[LinkState], None] = _untold,
    judging: Judging | None = None,
) -> LiveRun:
    """What every session with the configured service shares.

    Raises:
        ConfigError: an address, the credentials or the key file are not usable.
    """
    return LiveRun(
        addresses=addresses_of(settings) if dialect is None else addresses_for(settings, dialect),
        credentials=credentials_of(settings) if dialect is None or dialect.needs_token else NO_CREDENTIALS,
        dialect=dialect or MediationDialect(),
        durability=settings.durability,
        tools=Tools.of(settings),
        key=load_key(settings.key_file, seed),
        options=client_options(settings, SystemClock(), on_state, judging),
        drain_s=settings.drain_s,
        stop=stop,
        record_to=record_to,
        store=store,
        book=book,
        seed=seed,
    )


def checked_name(name: str) -> str:
    """``name`` if it can be a folder of a run.

    Raises:
        ConfigError: it could lead elsewhere.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError("--name", name, "letters, digits, dot, dash and underscore, at most 100")
    return name


def safe_name(conversation: str) -> str:
    """A file name for a conversation's id, whatever the service calls it."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", conversation).strip(".-")[:100] or "conversation"
