"""What a run hands to its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from harness.metrics.latency import LatencyBook
from harness.pipeline.outcome import GapFound, Outcome
from harness.recording.entry import OutcomeEntry
from harness.report.labels import Label

__all__ = ["NO_LABELS", "Crossing", "Place", "RunResult", "SessionResult"]

NO_LABELS = "none"
"""``label_source`` of a session without labels."""


class Place(NamedTuple):
    """Where a message stands in its recording: the file's line, from 1, and microseconds since the header."""

    line: int
    t_us: int


class Crossing(NamedTuple):
    """What else crossed the wire: ``what`` is a word of the protocol ("subscribe", "POST token"), never payload."""

    line: int
    t_us: int
    dir: Literal["in", "out"]
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionResult:
    """One session after its pass through the pipeline.

    Args:
        recording_id: the header's ``id``.
        recording_path: the file; only its name is reported, so that a folder's place changes no digest.
        scenario: the scenario's name, None for real traffic.
        source: the header's ``source``.
        outcomes: one per inbound message.
        baseline: the live side as recorded; None = nothing to compare with.
        gaps: messages given up.
        premature: claims of summaries that became true only later: message number, start, end.
        labels: ground truth in force.
        label_source: "scenario", "human gold", "as detected at record time"; "none" = unlabelled. A session with
            a source and no labels is labelled as holding nothing.
        substituted_spans: values replaced by surrogates in the recording.
        problems: what went wrong, in words without payload text.
        sha256: digest of the recording's bytes.
        policy: digest of the policy the live side was made under, '' if unknown.
        places: number of a message -> its place in the recording.
        crossings: what crossed the wire besides the messages judged, in order of line.
        detected: what the recorder replaced, as labels; None where nothing is known of that.
        ends: how each of its connections ended: a close code, ``abort`` or ``refused``.
    """

    recording_id: str
    recording_path: Path | str
    scenario: str | None = None
    source: str = "live"
    outcomes: Sequence[Outcome] = field(repr=False)
    baseline: Sequence[OutcomeEntry] | None = field(default=None, repr=False)
    gaps: Sequence[GapFound] = ()
    premature: Sequence[tuple[int, int, int]] = ()
    labels: Sequence[Label] = field(default=(), repr=False)
    label_source: str = NO_LABELS
    substituted_spans: int = 0
    problems: Sequence[str] = ()
    sha256: str | None = None
    policy: str = ""
    places: Mapping[int, Place] = field(default_factory=dict, repr=False)
    crossings: Sequence[Crossing] = field(default=(), repr=False)
    detected: Sequence[Label] | None = field(default=None, repr=False)
    ends: Sequence[str] = ()

    @property
    def file(self) -> str:
        return Path(self.recording_path).name

    @property
    def labelled(self) -> bool:
        return self.label_source not in ("", NO_LABELS)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """One pass of recordings, or of live sessions, through the pipeline.

    Args:
        name: the run's name; its folder under ``reports/``.
        mode: "live" or "replay".
        measurements: durations; None = nothing was timed.
        policy_digest: of rules and thresholds, or name -> digest of several.
        tool: "mediation-harness 0.1.0".
        seed: of the bootstrap and whatever else was drawn; None counts as 0.
        virtual_time: True when times were simulated: then no latency is reported.
        rules: ids of the rules of redaction in force.
    """

    name: str
    mode: Literal["live", "replay"]
    sessions: Sequence[SessionResult]
    measurements: LatencyBook | None = None
    policy_digest: str | Mapping[str, str] = ""
    tool: str = ""
    seed: int | None = None
    virtual_time: bool = False
    rules: Sequence[str] = field(default=(), repr=False)

    def in_order(self) -> list[SessionResult]:
        """The sessions by file name and id: the order they ran in changes nothing in a report."""
        return sorted(self.sessions, key=lambda session: (session.file, session.recording_id))

    def policies(self) -> dict[str, str]:
        """Name -> digest of what decided."""
        if isinstance(self.policy_digest, str):
            return {"policy": self.policy_digest} if self.policy_digest else {}
        return dict(sorted(self.policy_digest.items()))
