"""What the pipeline says of one message: the value that is recorded, audited, delivered and reported.

1. An outcome holds redacted text only.
2. Verdicts: ``accepted`` (may be delivered), ``rejected`` (broken or refused), ``quarantined`` (well formed but
   not to be shown: ungrounded, over budget by policy ...).
3. The same input gives the same outcome, field for field, on any machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.text.span import RedactedText

__all__ = [
    "Budget",
    "ClaimVerdict",
    "Effect",
    "GapFound",
    "Generate",
    "Grounding",
    "JudgeAnswer",
    "JudgeRequest",
    "Outcome",
    "PathSpan",
    "Send",
    "Verdict",
]

Verdict = Literal["accepted", "rejected", "quarantined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathSpan:
    """A span in one decoded string of a message.

    Args:
        path: RFC 6901 JSON pointer of the string ("/text"); "" = the whole raw message; a pointer ending in "#key"
            means the key itself.
        start: first code point in that string.
        end: one past the last.
        type: type of the value.
        rule: rule that decided it.
        value_id: pieces of one value split over messages share it; unique in a session.
        at: offset of this piece in the whole value.
        last: True on the last (or only) piece.
    """

    path: str
    start: int
    end: int
    type: str
    rule: str
    value_id: int = 0
    at: int = 0
    last: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimVerdict:
    """One claim of a summary, offsets in the summary as received; ``evidence`` is redacted."""

    start: int
    end: int
    verdict: str
    reason: str
    score: float
    evidence: RedactedText = field(default=RedactedText(""), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounding:
    """What the hallucination check says; ``verdict`` grounded|ungrounded, ``band`` adds review|nothing_to_check."""

    verdict: str
    band: str
    score: float
    claims: Sequence[ClaimVerdict] = ()
    context: str = "stream"
    """``stream`` = the harness's own record of the conversation, ``self_supplied`` = the message's own context."""
    degraded: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Tokens of a summary and of its conversation after it; ``kept`` < ``tokens`` when truncated."""

    tokens: int
    kept: int
    total: int
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeRequest:
    """A question for somebody outside the pure chain; redacted text only.

    ``judge`` is a judge's name, or ``gateway`` for the service's own validation.
    """

    id: str
    judge: str
    conversation: str
    context: Sequence[Mapping[str, str]] = field(default=(), repr=False)
    summary: RedactedText = field(default=RedactedText(""), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeAnswer:
    """What came back for a :class:`JudgeRequest`.

    Args:
        valid: the judge's verdict; None when it could not be had (the outcome then says ``degraded``).
        violations: codes, never text.
    """

    valid: bool | None
    violations: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result for exactly one inbound message.

    Args:
        number: position of the message in the session, from 1, in the order it was fed.
        service: ``stream``, or ``gateway`` for the body of a summary made over REST.
        conversation: interaction id ('' if none could be read).
        seq: the service's sequence number, if any.
        event: wire type, or "malformed".
        verdict: see the module's rule 2.
        stage: the stage that decided: queue (no room) | decode | validate | ground | redact | budget | audit | judge.
        reasons: codes, most important first; never payload text.
        spans: personal data found, in order of path and offset.
        payload: the message with every span replaced (a JSON value, or RedactedText when undecodable).
        digest: sha256 hex of the canonical redacted payload.
        deliverable: True for summaries; only those go to sinks, if accepted.
        provisional: True for pieces of a summary that is not completed yet.
        pii_redacted: result of the independent second scan: the detector left nothing in ``payload``. What it had
            left is masked there.
        held: for a piece of a summary, code points of the summary held back when the piece had been taken in, because a
            value might go on in the next one; None for every other message.
        entities_dropped: entities of a type not asked for, or under the confidence asked for.
        judge_requests: questions to be answered before the outcome is final (``Pipeline.settle``).
        governance: ``status`` compliant | non_compliant | not_checked, and the ``failing`` check.
    """

    number: int
    service: str = "stream"
    conversation: str
    seq: int | None
    event: str
    verdict: Verdict
    stage: str
    reasons: Sequence[str] = ()
    spans: Sequence[PathSpan] = ()
    payload: Any = field(default=None, repr=False)
    digest: str = ""
    deliverable: bool = False
    provisional: bool = False
    pii_redacted: bool = False
    grounding: Grounding | None = None
    budget: Budget | None = None
    entities_dropped: int = 0
    held: int | None = None
    judge_requests: Sequence[JudgeRequest] = ()
    governance: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Asks the client to send ``message`` (a JSON object) on the stream."""

    conversation: str
    message: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GapFound:
    """Messages ``from_seq`` .. ``to_seq`` (both missing) were given up."""

    conversation: str
    from_seq: int
    to_seq: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Generate:
    """Asks the client to have the gateway make a summary; ``context`` is redacted: [{"speaker","text"}]."""

    conversation: str
    context: Sequence[Mapping[str, str]] = field(default=(), repr=False)


Effect = Outcome | Send | GapFound | Generate
"""What :meth:`harness.pipeline.chain.Pipeline.feed` returns, in the order things must happen."""
