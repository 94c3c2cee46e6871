"""What a run hands to its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from harness.metrics.latency import LatencyBook
from harness.pipeline.outcome import GapFound, Outcome
from harness.recording.entry import OutcomeEntry
from harness.report.labels import Label

__all__ = ["NO_LABELS", "RunResult", "SessionResult"]

NO_LABELS = "none"
"""``label_source`` of a session without labels."""


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
        judges: of each judge that was asked, what it decided and cost (see ``report/render/judges.py``).
        virtual_time: True when times were simulated: then no latency is reported.
    """

    name: str
    mode: Literal["live", "replay"]
    sessions: Sequence[SessionResult]
    measurements: LatencyBook | None = None
    policy_digest: str | Mapping[str, str] = ""
    tool: str = ""
    seed: int | None = None
    virtual_time: bool = False
    judges: Sequence[Mapping[str, Any]] = ()

    def in_order(self) -> list[SessionResult]:
        """The sessions by file name and id: the order they ran in changes nothing in a report."""
        return sorted(self.sessions, key=lambda session: (session.file, session.recording_id))

    def policies(self) -> dict[str, str]:
        """Name -> digest of what decided."""
        if isinstance(self.policy_digest, str):
            return {"policy": self.policy_digest} if self.policy_digest else {}
        return dict(sorted(self.policy_digest.items()))
