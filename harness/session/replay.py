"""Recordings through the real client: an in-process replayer on loopback, and what to compare with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError

from harness.client import AskJudge, ClientOptions
from harness.clock import Clock, SystemClock, VirtualClock
from harness.dialects.base import Dialect
from harness.dialects.generic import SOLE
from harness.dialects.mediation import MediationDialect, Subscription
from harness.dialects.mediation_addresses import resolve
from harness.dialects.strict_json import StrictJsonError, loads
from harness.errors import AuthError, ConnectionLost, HarnessError, RecordingFormatError
from harness.metrics.latency import SCHEDULE_LAG, LatencyBook
from harness.pipeline.policy import PipelinePolicy
from harness.recording.entry import HttpChunk, OutcomeEntry, WsMessage
from harness.recording.reader import Recording
from harness.replayer.service import ReplayService
from harness.session.audit_trail import Taker
from harness.session.dialects import dialect_of
from harness.session.holes import given_up
from harness.session.intended import Intended
from harness.session.parts import Credentials, Tools, policy_for
from harness.session.said import timed_sends
from harness.session.session import RecordTo, SessionPlan, SessionRun, run_session
from harness.wire.guard import NetworkGuard

__all__ = [
    "Replayed",
    "asked_of",
    "baseline",
    "conversations_of",
    "replay_recording",
    "subscription_of",
    "subscriptions",
    "substituted_spans",
]


PATIENCE_S = 5.0
"""How late the client may be in a replay of our own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A replayed session and what the replayer found wrong with it."""

    run: SessionRun
    problems: Sequence[str] = field(default=())


async def replay_recording(
    recording: Recording,
    *,
    tools: Tools,
    policy: PipelinePolicy,
    speed: float | None = None,
    store: Taker | None = None,
    book: LatencyBook | None = None,
    dialect: Dialect | None = None,
    clock: Clock | None = None,
    record: RecordTo | None = None,
    journal: Path | None = None,
    ask_judge: AskJudge | None = None,
    patience_s: float = PATIENCE_S,
) -> Replayed:
    """One recording, served and consumed in this process.

    Args:
        speed: 1 = as recorded, None = instant: order only, no waiting.
        dialect: instead of the one the header names.
        policy: its subscription is replaced by the recorded one, so that the client sends what was sent.
        clock: stamps and waits; None = a virtual one at instant speed, else the machine's.
        record: record the client's side.
        journal: write the service's own recording to this file.
        ask_judge: plays back what judges answered; None = their questions stay open, and are degraded.
        patience_s: how late the client may be before the replay is given up.

    Raises:
        RecordingFormatError: the recording holds no subscription.
    """
    clock = clock or (VirtualClock(auto=True) if speed is None else SystemClock())
    dialect = dialect or dialect_of(recording.header)
    policy = policy_for(policy, dialect)
    conversations, subscription = asked_of(recording, dialect, policy)
    own = None if book is None else book.session(recording.path.name)
    timed = own is not None and not clock.virtual and speed is not None
    lagged = partial(own.record, SCHEDULE_LAG) if own is not None and not clock.virtual else None
    intended = Intended() if timed else None
    service = ReplayService(
        [recording],
        dialect=dialect,
        clock=clock,
        speed=speed,
        lenient=True,
        journal=journal,
        lagged=lagged,
        intended=None if intended is None else intended.sent,
        patience_s=patience_s,
    )
    async with service:
        plan = SessionPlan(
            addresses=resolve(endpoint=service.endpoint),
            credentials=Credentials(service.client_id, SecretStr(service.client_secret)),
            conversations=conversations,
            policy=replace(policy, subscription=subscription),
            tools=tools,
            dialect=dialect,
            clock=clock,
            stopwatch=SystemClock(),
            options=ClientOptions(
                give_up_after=given_up(recording.entries, dialect, policy),
                say_after=timed_sends(recording.entries, dialect, subscription),
                attempts=50,
                ask_judge=ask_judge,
            ),
            record=record,
            store=store,
            book=own,
            intended=intended,
        )
        with NetworkGuard(service.ports):
            run = await run_session(plan)
    if intended is not None and own is not None:
        intended.record(own)
    return Replayed(run=run, problems=_problems(service, run, recording))


def _problems(service: ReplayService, run: SessionRun, recording: Recording) -> list[str]:
    found = [str(problem) for problem in service.problems]
    unplayed = service.unplayed()
    found += [f"not played: {label}" for label in unplayed]
    if run.error is not None and not _ended_with_recording(run.error, recording, unplayed):
        found.append(str(run.error))
    elif run.error is not None:
        found = [line for line in found if "unexpected connection" not in line]
    return found


def _ended_with_recording(error: HarnessError, recording: Recording, unplayed: Sequence[str]) -> bool:
    """A recording without an ``end`` leaves the client dialling: that is its end, not a fault."""
    ended = any(isinstance(e, OutcomeEntry) and e.event == "end" for e in recording.entries)
    return isinstance(error, AuthError | ConnectionLost) and not ended and not unplayed


def _heard(recording: Recording, dialect: Dialect) -> list[str]:
    """The conversations the client asked for, by what it sent; where that names none, those it heard of."""
    texts = [(e.dir, e.text) for e in recording.entries if isinstance(e, WsMessage) and e.text]
    sent = [text for direction, text in texts if direction == "out"]
    asked = dict.fromkeys(one for one in map(dialect.conversation_of, sent) if one)
    if asked:
        return list(asked)
    heard = list(dict.fromkeys(dialect.decode(text).conversation or SOLE for way, text in texts if way == "in"))
    return (heard[: len(sent)] if sent else heard) or [SOLE]


def asked_of(recording: Recording, dialect: Dialect, policy: PipelinePolicy) -> tuple[list[str], Subscription]:
    """What the recorded client followed, and what it asked for; that of ``policy`` where ``dialect`` has no subscriptions.

    Raises:
        RecordingFormatError: the recording holds no subscription.
    """
    if isinstance(dialect, MediationDialect):
        return _subscribed(recording)
    return _heard(recording, dialect), policy.subscription


def conversations_of(recording: Recording) -> list[str]:
    """The interaction ids the recorded client subscribed to, in order."""
    return _subscribed(recording)[0]


def subscription_of(recording: Recording) -> Subscription:
    """What the recorded client asked for."""
    return _subscribed(recording)[1]


def _subscribed(recording: Recording) -> tuple[list[str], Subscription]:
    found = subscriptions(recording)
    if not found:
        raise RecordingFormatError("holds no subscription to replay", path=recording.path, fix="record a session")
    return list(found), next(iter(found.values()))


def subscriptions(recording: Recording) -> dict[str, Subscription]:
    """Conversation -> what the recorded client asked for, in the order it subscribed."""
    found: dict[str, Subscription] = {}
    for entry in recording.entries:
        if isinstance(entry, WsMessage) and entry.dir == "out" and entry.text and '"subscribe"' in entry.text:
            value = _object(entry.text)
            if value.get("type") == "subscribe" and isinstance(value.get("interaction_id"), str):
                found.setdefault(value["interaction_id"], _subscription(value, recording.path, entry.n))
    return found


def _object(text: str) -> dict[str, Any]:
    try:
        value = loads(text)
    except StrictJsonError:
        return {}
    return value if isinstance(value, dict) else {}


def _subscription(value: dict[str, Any], path: Path, n: int) -> Subscription:
    fields = {name: value[name] for name in Subscription.model_fields if name in value}
    try:
        return Subscription.model_validate(fields)
    except ValidationError:
        raise RecordingFormatError(f"entry {n}: the subscription is out of its bounds", path=path) from None


def baseline(recording: Recording) -> list[OutcomeEntry] | None:
    """The live side of parity; None where nothing was recorded live."""
    found = [entry for entry in recording.entries if isinstance(entry, OutcomeEntry)]
    return found or None


def substituted_spans(recording: Recording) -> int:
    """Values that were replaced by surrogates in what the client received."""
    if recording.header.redaction.state != "surrogate":
        return 0
    inbound = (e for e in recording.entries if isinstance(e, HttpChunk) or (isinstance(e, WsMessage) and e.dir == "in"))
    return sum(len(entry.pii) for entry in inbound)
