from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import RecordingFormatError
from harness.recording.copying import load, write_copy
from harness.recording.entry import (
    AnyEntry,
    Header,
    OutcomeEntry,
    PiiLabel,
    Redaction,
    Unknown,
    WsAccept,
    WsMessage,
    WsOpen,
)
from harness.recording.merge import merged
from harness.recording.reader import read_recording
from harness.recording.writer import RecordingWriter

Header_ = Callable[..., Header]


def named(entry: AnyEntry) -> str:
    return (getattr(entry, "text", None) or "").partition(" ")[0]


@pytest.fixture
def part(tmp_path: Path, header: Header_) -> Callable[..., Path]:
    """Writes a recording of one connection and two messages of a conversation."""

    def write(name: str, times: tuple[int, int] = (20, 40), **changes: Any) -> Path:
        label = PiiLabel(type="PHONE", start=0, end=1, id="s1")
        with RecordingWriter(
            tmp_path / f"{name}.rec.jsonl", header(id=name, **changes), checkpoint_bytes=700
        ) as writer:
            writer.append(WsOpen(n=0, t=0, conn="w1", url="/s"))
            writer.append(WsAccept(n=0, t=1, conn="w1", re=1))
            of = 0
            for t in times:
                of = writer.append(
                    WsMessage(n=0, t=t, conn="w1", dir="in", re=1, text=f"{name} at {t}", pii=(label,))
                ).n
            writer.append(OutcomeEntry(n=0, t=99, of=of, event="e", stage="s", verdict="accepted"))
            raw = {"kind": "later", "conn": "w1", "re": 1, "x": [1]}
            n = writer.entries + 1
            writer.append(Unknown(n=n, t=100, raw={"n": n, "t": 100} | raw))
            writer.seal(dropped=2)
        return writer.path

    return write


def test_entries_come_when_they_came(tmp_path: Path, part: Callable[..., Path]) -> None:
    """The second began 25 microseconds after the first; nothing is mistaken for the other's."""
    one = load(
        part("A", created="2026-03-14T09:00:00.000100Z", redaction=Redaction(state="fictional", counts={"PHONE": 1}))
    )
    two = load(
        part(
            "B", created="2026-03-14T10:00:00.000125+01:00", redaction=Redaction(state="fictional", counts={"PHONE": 2})
        )
    )
    head, lines = merged([one, two], named)
    recording = read_recording(write_copy(tmp_path / "m.rec.jsonl", head, lines))
    messages = [entry for entry in recording.entries if isinstance(entry, WsMessage)]
    assert [(m.t, m.conn, m.text) for m in messages] == [
        (20, "r1-w1", "A at 20"),
        (40, "r1-w1", "A at 40"),
        (45, "r2-w1", "B at 20"),
        (65, "r2-w1", "B at 40"),
    ]
    opens = {entry.conn: entry.n for entry in recording.entries if isinstance(entry, WsOpen)}
    assert all(m.re == opens[m.conn] for m in messages)
    assert {m.pii[0].id for m in messages} == {"r1-s1", "r2-s1"}
    by_n = {entry.n: entry for entry in recording.entries}
    outcomes = [entry for entry in recording.entries if isinstance(entry, OutcomeEntry)]
    assert [getattr(by_n[o.of], "text", "") for o in outcomes] == ["A at 40", "B at 40"]
    later = [entry.raw for entry in recording.entries if isinstance(entry, Unknown)]
    assert [(raw["conn"], raw["re"], raw["x"]) for raw in later] == [
        ("r1-w1", opens["r1-w1"], [1]),
        ("r2-w1", opens["r2-w1"], [1]),
    ]
    header = recording.header
    assert header.created == "2026-03-14T09:00:00.000100Z"
    assert (header.id, header.source) == ("A-and-1-more", "synthetic")
    assert header.labels["merged"] == f"{one.digest} {two.digest}"
    assert header.redaction.counts == {"PHONE": 3}
    assert str(header.parent).startswith("sha256:")


def test_what_all_parts_share_is_kept(part: Callable[..., Path]) -> None:
    """Keys, scenarios and signatures that differ are not; a time without a zone is UTC."""
    surrogate = Redaction(state="surrogate", key_id="k1", policy="p", signed_off="me")
    heads = [
        {"source": "live", "redaction": surrogate, "scenario": "x", "created": "2026-03-14T09:00:00"},
        {"source": "edited", "redaction": Redaction(state="surrogate", key_id="k2", policy="p"), "scenario": "x"},
    ]
    parts = [load(part(name, **head)) for name, head in zip("AB", heads, strict=True)]
    head, _ = merged(parts, named)
    assert b'"source":"edited"' in head
    assert b'"scenario":"x"' in head
    assert b'"signed_off":null,"policy":"p","key_id":null' in head
    same = [load(part(name, source="live", redaction=surrogate)) for name in "CD"]
    assert b'"signed_off":"me","policy":"p","key_id":"k1"' in merged(same, named)[0]


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"dialect": "other/1"}, "another dialect"),
        ({"redaction": Redaction(state="redacted")}, "state of redaction"),
        ({"created": "yesterday"}, "created is no time"),
    ],
)
def test_what_does_not_go_together_is_refused(part: Callable[..., Path], changes: dict[str, Any], words: str) -> None:
    """The file is named."""
    parts = [load(part("A")), load(part("B", **changes))]
    with pytest.raises(RecordingFormatError, match=rf"B\.rec\.jsonl: .*{words}"):
        merged(parts, named)


def test_nothing_is_merged_twice(part: Callable[..., Path]) -> None:
    """Neither a recording nor a conversation."""
    one = load(part("A"))
    with pytest.raises(RecordingFormatError, match="among them already"):
        merged([one, one], named)
    again = load(part("Z", scenario="A"))
    with pytest.raises(RecordingFormatError, match="holds one of its conversations"):
        merged([one, again], lambda entry: "same" if named(entry) else "")
