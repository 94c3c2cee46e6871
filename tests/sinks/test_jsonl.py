"""Lines in a file."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import SinkError
from harness.pipeline.outcome import Outcome
from harness.sinks.base import parcel_of
from harness.sinks.jsonl import JsonlSink, append_line


def test_lines(tmp_path: Path, make_outcome: Callable[..., Outcome]) -> None:
    """One line per outcome, appended, readable by the owner only; a lone surrogate stays JSON."""
    path = tmp_path / "out.jsonl"
    for text in ("one", "\ud800"):
        with JsonlSink(path) as sink:
            asyncio.run(sink.deliver(parcel_of(make_outcome(payload={"summary": text}))))
            sink.close()
    assert [json.loads(line)["summary"] for line in path.read_text().splitlines()] == ["one", "\ud800"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("taken", [0, 7])
def test_a_full_disk(
    tmp_path: Path, make_outcome: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch, taken: int
) -> None:
    """A line that does not fit is taken back whole, and the next one stands alone."""
    path = tmp_path / "out.jsonl"
    real = os.write
    calls = 0

    def full(fd: int, data: bytes) -> int:
        nonlocal calls
        calls += 1
        if calls == 1 and taken:
            return real(fd, bytes(data[:taken]))
        raise OSError(errno.ENOSPC, "No space left on device")

    with JsonlSink(path) as sink:
        asyncio.run(sink.deliver(parcel_of(make_outcome(payload={"summary": "first"}))))
        monkeypatch.setattr(os, "write", full)
        with pytest.raises(SinkError, match="No space left"):
            asyncio.run(sink.deliver(parcel_of(make_outcome(payload={"summary": "lost"}))))
        monkeypatch.setattr(os, "write", real)
        asyncio.run(sink.deliver(parcel_of(make_outcome(payload={"summary": "second"}))))
    assert [json.loads(line)["summary"] for line in path.read_text().splitlines()] == ["first", "second"]


def test_short_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line is written on until it is whole."""
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, bytes(data[:3])))
    fd = os.open(tmp_path / "x", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    append_line(fd, {"a": "b c d"})
    os.close(fd)
    assert (tmp_path / "x").read_text() == '{"a":"b c d"}\n'
