"""How patient a client is, and who hears of what it does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from harness.dialects.base import Event
from harness.pipeline.outcome import GapFound, JudgeAnswer, JudgeRequest, Outcome
from harness.wire.dialler import BUDGET_S, LinkState
from harness.wire.limiter import RateLimiter
from harness.wire.rest import BUDGET_S as REQUEST_BUDGET_S
from harness.wire.stream import Limits

__all__ = ["AskJudge", "ClientOptions", "Observer", "QueuePolicy", "TimedSend"]

AskJudge = Callable[[JudgeRequest], Awaitable[JudgeAnswer]]
"""Asks a judge of the policy; an answer that cannot be had has no verdict."""

QueuePolicy = Literal["block", "drop"]
"""What happens to a message that finds the queue full: it waits, or it is dropped and audited."""


class Observer(Protocol):
    """Hears what the pipeline says of every message, in order (the recorder is one)."""

    def inbound(self, handle: Any, number: int) -> None:
        """The message behind the tap's ``handle`` is message ``number``."""
        ...

    def outcome(self, outcome: Outcome) -> None:
        """The message's values are known."""
        ...

    def settled(self, outcome: Outcome) -> None:
        """The message's outcome is final."""
        ...

    def unused(self, handle: Any) -> None:
        """No outcome will come for a response body."""
        ...

    def dropped(self, handle: Any, event: Event, reason: str) -> None:
        """The message behind ``handle`` goes no further, for ``reason``. ``event`` has its place, and no text."""
        ...

    def gap(self, gap: GapFound, after: int) -> None:
        """Messages were given up."""
        ...


@dataclass(frozen=True, slots=True)
class TimedSend:
    """What a recorded timer had the client say, on the session's connection number ``connection``, from 1."""

    connection: int
    text: str = field(repr=False)


def _untold(_: LinkState) -> None:
    """Nobody wants to know."""


def _unmeasured(_stage: str, _ns: int) -> None:
    """Nobody measures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientOptions:
    """How patient the client is.

    Args:
        gap_timeout_s: a hole in the order is given up after so long.
        connect_timeout_s: limit for one dial.
        attempts: dials in a row that may fail.
        budget_s: how long the service may be away.
        ping_interval_s: between pings; 0 = none.
        ping_timeout_s: for a sign of life after a ping.
        heartbeat_timeout_s: for any message, where the dialect has heartbeats; 0 = no watch.
        max_message_bytes: a larger message ends the connection.
        queue_messages: messages that may wait for the pipeline.
        queue_policy: see :data:`QueuePolicy`.
        give_up_after: number of inbound messages -> conversations whose holes a recorded timer gave up then; None on
            a live service, where the timer itself decides.
        say_after: number of inbound messages -> what recorded timers had the client say then.
        ask_judge: asks the judges of the policy (``judges.Bench.ask``); None leaves their questions unanswered.
        subscriptions: our own rate limit of subscriptions.
        requests: our own rate limit of REST calls.
        request_budget_s: how long one REST call may be tried again.
        on_state: told how the stream fares.
        measure: told of durations: stage, ns.
    """

    gap_timeout_s: float = 5.0
    connect_timeout_s: float = 10.0
    attempts: int = 8
    budget_s: float = BUDGET_S
    ping_interval_s: float = 20.0
    ping_timeout_s: float = 20.0
    heartbeat_timeout_s: float = 75.0
    max_message_bytes: int = Limits().max_bytes
    queue_messages: int = 1024
    queue_policy: QueuePolicy = "block"
    give_up_after: Mapping[int, Sequence[str]] | None = None
    say_after: Mapping[int, Sequence[TimedSend]] = field(default_factory=dict)
    ask_judge: AskJudge | None = None
    subscriptions: RateLimiter | None = None
    requests: RateLimiter | None = None
    request_budget_s: float = REQUEST_BUDGET_S
    on_state: Callable[[LinkState], None] = _untold
    measure: Callable[[str, int], None] = _unmeasured

    @property
    def timers(self) -> bool:
        """False in a replay: what timers decided is in the recording."""
        return self.give_up_after is None

    @property
    def limits(self) -> Limits:
        """Of one connection."""
        return Limits(
            timeout_s=self.connect_timeout_s,
            ping_interval_s=self.ping_interval_s,
            ping_timeout_s=self.ping_timeout_s,
            max_bytes=self.max_message_bytes,
        )
