"""Headers, messages and whole recordings for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.recording.entry import AnyEntry, Header, Redaction, WsMessage
from harness.recording.writer import RecordingWriter


def make_header(**changes: Any) -> Header:
    fields: dict[str, Any] = {
        "id": "01JTESTHEADER0000000000001",
        "created": "2026-03-14T09:00:00.000Z",
        "tool": "mediation-harness/0.1.0",
        "source": "synthetic",
        "redaction": Redaction(state="fictional"),
    }
    return Header(**(fields | changes))


def make_message(n: int = 0, t: int = 0, text: str = "hello", **changes: Any) -> WsMessage:
    fields: dict[str, Any] = {"n": n, "t": t, "text": text, "conn": "w1", "dir": "in"}
    return WsMessage(**(fields | changes))


def write_recording(path: Path, *entries: AnyEntry, head: Header | None = None) -> Path:
    with RecordingWriter(path, head or make_header()) as writer:
        writer.extend(entries or [make_message(t=t, text=f"message {t}") for t in (10, 20, 30)])
    return path


@pytest.fixture(scope="session")
def header() -> Callable[..., Header]:
    """Makes the header of a synthetic recording; keywords change fields."""
    return make_header


@pytest.fixture(scope="session")
def message() -> Callable[..., WsMessage]:
    """Makes an inbound text message; keywords change fields."""
    return make_message


@pytest.fixture(scope="session")
def write() -> Callable[..., Path]:
    """Writes a sealed recording of the given entries, of three messages if none are given."""
    return write_recording


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    """A sealed recording of three messages."""
    return write_recording(tmp_path / "a.rec.jsonl")
