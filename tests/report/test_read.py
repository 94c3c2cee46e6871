"""Reading a report back."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.errors import RecordingFormatError, RecordingNotFound, UnsupportedVersion
from harness.report.read import load_report, parse_report
from harness.report.write import write_report


def test_round_trip(make: SimpleNamespace, tmp_path: Path) -> None:
    """What was written comes back, by folder or by file."""
    report = write_report(make.run(), tmp_path)
    found = load_report(tmp_path)
    assert found.report == report
    assert found.rows is not None and len(found.rows) == 5
    assert load_report(tmp_path / "report.json") == found


def test_without_results(make: SimpleNamespace, tmp_path: Path) -> None:
    """A report alone is a report."""
    write_report(make.run(), tmp_path)
    (tmp_path / "results.jsonl").unlink()
    assert load_report(tmp_path).rows is None


@pytest.mark.parametrize(
    "data,words",
    [
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"{}", "not a mediation-report"),
        (b'{"format":"mediation-report","version":"1"}', "not a mediation-report"),
        (b'{"format":"mediation-report","version":1,"run":{}}', "lacks parity, verdicts, measurements"),
    ],
)
def test_not_a_report(data: bytes, words: str) -> None:
    """Anything else is refused in one line."""
    with pytest.raises(RecordingFormatError, match=words):
        parse_report(data, path="x")


def test_changed_by_hand(make: SimpleNamespace, tmp_path: Path) -> None:
    """A verdict edited afterwards does not fit the digest."""
    report = write_report(make.run(), tmp_path)
    report["parity"]["differing"] = 1
    with pytest.raises(RecordingFormatError, match="by hand"):
        parse_report(json.dumps(report).encode(), path="x")


def test_later_version() -> None:
    """A later format is not guessed at."""
    with pytest.raises(UnsupportedVersion):
        parse_report(b'{"format":"mediation-report","version":2}', path="x")


def test_missing_and_unreadable(tmp_path: Path) -> None:
    """No report, and one that cannot be read."""
    with pytest.raises(RecordingNotFound):
        load_report(tmp_path)
    (tmp_path / "report.json").mkdir()
    with pytest.raises(RecordingFormatError, match="cannot be read"):
        load_report(tmp_path)


def test_broken_results(make: SimpleNamespace, tmp_path: Path) -> None:
    """A broken line of results is named."""
    write_report(make.run(), tmp_path)
    with (tmp_path / "results.jsonl").open("ab") as file:
        file.write(b"{\n")
    with pytest.raises(RecordingFormatError) as caught:
        load_report(tmp_path)
    assert caught.value.line == 6
