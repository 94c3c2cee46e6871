"""One trial: a service that fails as asked, the real client on it with recorder, audit log and outbox, and the verdict."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import SecretStr

from harness.client import ClientOptions
from harness.clock import Clock, SystemClock
from harness.dialects.mediation import MediationDialect
from harness.dialects.mediation_addresses import resolve
from harness.pipeline.policy import PipelinePolicy
from harness.recording.reader import Recording
from harness.replayer.faults import parse_fault
from harness.replayer.service import ReplayService
from harness.session.chaos.evidence import CLIENT, SERVICE, played, read_history
from harness.session.chaos.history import Findings, History, examine
from harness.session.chaos.menu import Form
from harness.session.keys import Key
from harness.session.parts import Credentials, Tools
from harness.session.replay import conversations_of, subscription_of
from harness.session.session import RecordTo, SessionPlan, run_session
from harness.session.store import AUDIT_NAME, Store
from harness.sinks.audit_verify import verify_audit

__all__ = ["Ground", "Result", "Trial", "run_trial"]

_DEADLINE_S = 120.0
_PATIENCE_S = 20.0
_SHORT_PATIENCE_S = 6.0
"""Of a service that may have to wait for what the client was never told; more than a busy machine needs for a timer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One session to be disturbed.

    Args:
        number: from 1; the seed of its places and of its jitter.
        words: its faults, as drawn.
        forms: the forms they were drawn from.
    """

    number: int
    words: tuple[str, ...]
    forms: tuple[Form, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a trial.

    Args:
        error: type of what ended the session early, '' if nothing did.
        expected: the types that would have been the documented end; none: the end of the conversation.
        unplayed: faults the service never came to.
        hung: it had to be ended from outside.
    """

    trial: Trial
    findings: Findings
    error: str = ""
    expected: tuple[str, ...] = ()
    unplayed: tuple[str, ...] = ()
    hung: bool = False

    @property
    def survived(self) -> bool:
        """The documented row was reached, and the history is clean."""
        reached = self.error in self.expected if self.expected else not self.error
        return reached and not self.hung and not self.unplayed and not self.findings.all

    @property
    def problems(self) -> list[str]:
        """Why it did not survive, in words."""
        found = self.findings.all
        wanted = " or ".join(self.expected) or "the end of the conversation"
        if self.hung:
            found.append("hung: the session did not end")
        elif (self.error not in self.expected) if self.expected else self.error:
            found.append(f"ended with {self.error or 'the end of the conversation'} instead of {wanted}")
        return [*found, *(f"not played: {words}" for words in self.unplayed)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What all trials share.

    Args:
        call: the session that is disturbed.
        clock: the client's: back-off runs on it.
        folder: every trial gets a folder in it.
    """

    call: Recording
    tools: Tools
    clock: Clock
    key: Key
    folder: Path
    options: ClientOptions = field(default_factory=lambda: ClientOptions(attempts=8))


async def run_trial(trial: Trial, ground: Ground) -> Result:
    """Play ``trial`` and judge what it left on the disk."""
    folder = ground.folder / f"trial-{trial.number}"
    folder.mkdir()
    hung, error = False, ""
    try:
        async with asyncio.timeout(_DEADLINE_S):
            error = await _session(trial, ground, folder)
    except TimeoutError:
        hung = True
    history = read_history(folder, MediationDialect(), error or "hung" * hung)
    findings = examine(history)
    audited = verify_audit(folder / AUDIT_NAME, ground.key.secret)
    if audited.fault is not None:
        findings.contradictions.append(f"the audit log: {audited.fault.words}")
    said = played(folder)
    return Result(
        trial=trial,
        findings=findings,
        error=error,
        expected=_expected(trial.forms, history),
        # Two faults at one message are logged under the words of the last one.
        unplayed=() if said else trial.words,
        hung=hung,
    )


def _expected(forms: Sequence[Form], history: History) -> tuple[str, ...]:
    """The typed ends that are documented for this history; '' is the end of the conversation."""
    named = next((form.ends for form in forms if form.ends), ())
    damaged = any(form.short for form in forms)
    return named or (("ConnectionLost",) if damaged and not history.ended else ())


async def _session(trial: Trial, ground: Ground, folder: Path) -> str:
    """Run it; the type of the error it ended with, '' if it ended in order."""
    short = any(form.short for form in trial.forms)
    service = ReplayService(
        [ground.call],
        dialect=MediationDialect(),
        clock=SystemClock(),
        lenient=True,
        faults=[parse_fault(words) for words in trial.words],
        seed=trial.number,
        journal=folder / SERVICE,
        patience_s=_SHORT_PATIENCE_S if short else _PATIENCE_S,
    )
    async with service, Store(folder, key=ground.key, clock=ground.clock) as store:
        plan = SessionPlan(
            addresses=resolve(endpoint=service.endpoint),
            credentials=Credentials(service.client_id, SecretStr(service.client_secret)),
            conversations=conversations_of(ground.call),
            policy=replace(PipelinePolicy(), subscription=subscription_of(ground.call)),
            tools=ground.tools,
            clock=ground.clock,
            stopwatch=SystemClock(),
            options=ground.options,
            record=RecordTo(path=folder / CLIENT, key=ground.key),
            store=store,
            seed=trial.number,
        )
        run = await run_session(plan)
    return type(run.error).__name__ if run.error is not None else ""
