"""Sessions as the results a report is made of."""

from __future__ import annotations

from pathlib import Path

from harness.recording.entry import Withheld, WsAbort, WsClose, WsMessage, WsReject
from harness.recording.reader import Recording
from harness.report.labels import Label, labels_path, read_labels
from harness.report.run import NO_LABELS, SessionResult
from harness.report.sources import SCENARIO, source_of
from harness.session.dialects import dialect_of
from harness.session.places import crossings_of, places_of
from harness.session.replay import Replayed, baseline, substituted_spans
from harness.session.session import SessionRun

__all__ = ["detected_of", "ends_of", "labels_of", "live_result", "replayed_result"]


def labels_of(path: Path) -> tuple[list[Label], str]:
    """The labels beside a recording and their source; no labels, no source."""
    beside = labels_path(path)
    if not beside.exists():
        return [], NO_LABELS
    labels = read_labels(beside, each_source=True)
    return labels, source_of(labels, SCENARIO)


def replayed_result(recording: Recording, replayed: Replayed) -> SessionResult:
    """A replay beside its recording's live side."""
    labels, source = labels_of(recording.path)
    withheld = _withheld(recording)
    live = baseline(recording)
    return SessionResult(
        recording_id=recording.header.id,
        recording_path=recording.path,
        scenario=recording.header.scenario,
        source=recording.header.source,
        outcomes=[outcome for outcome in replayed.run.outcomes if outcome.event != "withheld"],
        baseline=None if live is None else [entry for entry in live if entry.of not in withheld],
        gaps=replayed.run.gaps,
        premature=replayed.run.premature,
        labels=labels,
        label_source=source,
        substituted_spans=substituted_spans(recording),
        problems=[*replayed.problems, *withheld.values()],
        sha256=recording.digest,
        policy=recording.header.redaction.policy,
        places=places_of(recording.entries, replayed.run.outcomes),
        crossings=crossings_of(recording.entries),
        detected=detected_of(recording),
        ends=ends_of(recording),
    )


def detected_of(recording: Recording) -> list[Label] | None:
    """What the recorder replaced in messages of the stream, as labels; None where the recording does not tell."""
    if recording.header.redaction.state != "surrogate":
        return None
    dialect, labels = dialect_of(recording.header), list[Label]()
    for entry in recording.entries:
        if not isinstance(entry, WsMessage) or entry.dir != "in" or not entry.pii or entry.text is None:
            continue
        event = dialect.decode(entry.text)
        labels += [
            Label(
                id=f"n{entry.n}:{number}",
                conversation=event.conversation or "",
                seq=event.seq,
                path=pii.path,
                kind="span",
                start=pii.start,
                end=pii.end,
                label=pii.type,
            )
            for number, pii in enumerate(entry.pii)
        ]
    return labels


def ends_of(recording: Recording) -> list[str]:
    """How the connections of the stream ended, in order."""
    found = []
    for entry in recording.entries:
        match entry:
            case WsClose(code=code):
                found.append("no code" if code is None else str(code))
            case WsAbort():
                found.append("abort")
            case WsReject():
                found.append("refused")
            case _:
                pass
    return found


def _withheld(recording: Recording) -> dict[int, str]:
    """Entries whose text is not in the recording: nothing of them can be compared, and the report says so."""
    return {
        entry.n: f"entry {entry.n} was withheld ({entry.rule}); its message is not compared"
        for entry in recording.entries
        if isinstance(entry, Withheld) and entry.rule != "binary"
    }


def live_result(name: str, run: SessionRun, recording: Recording | None) -> SessionResult:
    """A live session; ``recording`` is what was made of it, if anything."""
    return SessionResult(
        recording_id=recording.header.id if recording else name,
        recording_path=recording.path if recording else name,
        scenario=recording.header.scenario if recording else None,
        source="live",
        outcomes=run.outcomes,
        gaps=run.gaps,
        premature=run.premature,
        problems=[str(run.error)] if run.error else [],
        sha256=recording.digest if recording else None,
        policy=run.policy_digest,
        places=places_of(recording.entries, run.outcomes) if recording else {},
        crossings=crossings_of(recording.entries) if recording else (),
    )
