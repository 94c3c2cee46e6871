from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.cat import command, line_of
from harness.recording.entry import (
    AnyEntry,
    Gap,
    Header,
    HttpChunk,
    HttpError,
    HttpRequest,
    HttpResponse,
    OutcomeEntry,
    Redaction,
    Unknown,
    Withheld,
    WsAbort,
    WsAccept,
    WsClose,
    WsControl,
    WsMessage,
    WsOpen,
    WsReject,
)
from harness.recording.writer import RecordingWriter

ENTRIES: list[tuple[AnyEntry, str]] = [
    (
        HttpRequest(n=1, t=0, service="token", conn="h", method="POST", url="/t", body="a=b"),
        "-> http.request  POST /t a=b",
    ),
    (HttpResponse(n=2, t=1, conn="h", re=1, status=200), "<- http.response 200"),
    (HttpChunk(n=3, t=2, conn="h", text="{}"), "<- http.chunk    {}"),
    (HttpError(n=4, t=3, conn="h", re=1, error="timeout"), "<- http.error    timeout"),
    (WsOpen(n=5, t=4, conn="w", url="/s"), "-> ws.open       /s (attempt 1)"),
    (WsAccept(n=6, t=5, conn="w", re=5), "<- ws.accept     101"),
    (WsReject(n=7, t=6, conn="w", re=5, status=401, body="no"), "<- ws.reject     401 no"),
    (
        WsMessage(n=8, t=7, conn="w", dir="out", text='{"interaction_id":"i-1"}'),
        '-> ws.message    {"interaction_id":"i-1"}',
    ),
    (
        WsMessage(n=9, t=1_500_000, conn="w", dir="in", text="a\x1b[2J\n\u202eb"),
        "<- ws.message    a\\u001b[2J\\u000a\\u202eb",
    ),
    (WsMessage(n=10, t=8, conn="w", dir="in", base64="AAEC"), "<- ws.message    base64 AAEC"),
    (WsControl(n=11, t=9, conn="w", dir="in", opcode="ping", base64="AA=="), "<- ws.control    ping AA=="),
    (WsClose(n=12, t=10, conn="w", by="us", code=1000, reason="bye"), "-> ws.close      1000 bye"),
    (WsClose(n=13, t=10, conn="w", by="peer"), "<- ws.close      no code"),
    (WsAbort(n=14, t=11, conn="w", error="reset"), "<- ws.abort      reset"),
    (
        Gap(n=15, t=12, conversation="i-1", from_seq=2, to_seq=3, reason="hole"),
        "-- gap           i-1 2..3 never came (hole)",
    ),
    (
        Withheld(n=16, t=13, of_kind="ws.message", size=9, rule="leak", dir="in"),
        "<- withheld      ws.message of 9 bytes (leak)",
    ),
    (
        OutcomeEntry(
            n=17, t=14, of=8, conversation="i-1", event="e", stage="s", verdict="rejected", reasons=("a", "b")
        ),
        "-- outcome       of 8: e rejected at s a, b",
    ),
    (Unknown(n=18, t=15, raw={"n": 18, "t": 15, "kind": "later"}), "-- later"),
]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """One entry of every kind."""
    header = Header(id="r", created="c", tool="t", source="synthetic", redaction=Redaction(state="fictional"))
    with RecordingWriter(tmp_path / "a.rec.jsonl", header) as writer:
        writer.extend(entry for entry, _ in ENTRIES)
    return writer.path


@pytest.mark.parametrize("entry, words", ENTRIES, ids=[words.split()[1] for _, words in ENTRIES])
def test_every_kind_has_its_line(entry: AnyEntry, words: str) -> None:
    """Time in seconds, direction, kind, text with control characters escaped."""
    assert line_of(entry) == f"{entry.t / 1e6:11.6f} {words}"


def test_all_but_outcomes_are_printed(recording: Path) -> None:
    """One line each, in order."""
    lines = CliRunner().invoke(command, [str(recording)]).output.splitlines()
    assert lines == [line_of(entry) for entry, _ in ENTRIES if not isinstance(entry, OutcomeEntry)]


def test_entries_are_picked(recording: Path) -> None:
    """By kind and by conversation; a named outcome is printed."""
    run = CliRunner().invoke
    assert run(command, [str(recording), "--kind", "outcome"]).output.count("\n") == 1
    both = run(command, [str(recording), "--kind", "ws.close", "--kind", "ws.abort"]).output.splitlines()
    assert len(both) == 3
    of_one = run(command, [str(recording), "--conversation", "i-1"]).output.splitlines()
    assert [line.split()[2] for line in of_one] == ["ws.message", "gap"]


def test_machines_get_the_entries(recording: Path) -> None:
    """JSON lines, checksums left out; stdin works."""
    output = CliRunner().invoke(command, ["--jsonl", "-"], input=recording.read_bytes()).output
    rows = [json.loads(line) for line in output.splitlines()]
    assert [row["n"] for row in rows] == [n for n in range(1, 19) if n != 17]
    assert "crc" not in rows[0]


def test_a_folder_without_recordings_is_said(tmp_path: Path) -> None:
    """Exit code 5, one line."""
    result = CliRunner().invoke(command, [str(tmp_path)])
    assert (result.exit_code, result.output.count("\n")) == (5, 1)


def test_compressed_input_is_read_from_stdin(recording: Path) -> None:
    """As from a file."""
    packed = gzip.compress(recording.read_bytes())
    assert (
        CliRunner().invoke(command, ["-"], input=packed).output == CliRunner().invoke(command, [str(recording)]).output
    )


@pytest.mark.parametrize("arguments", [["--kind", "nothing.such"], ["--conversation", "i-9"]])
def test_a_filter_that_leaves_nothing_is_said(recording: Path, arguments: list[str]) -> None:
    """Exit code 5, one line, as grep has it."""
    result = CliRunner().invoke(command, [str(recording), *arguments])
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (5, "", 1)
