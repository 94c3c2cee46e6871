"""The history of one session, read from the files it left: nothing is taken from the memory of client or service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.dialects.base import Dialect
from harness.recording.entry import AnyEntry, Gap, OutcomeEntry, Unknown, Withheld, WsMessage
from harness.recording.reader import read_recording
from harness.session.chaos.history import Delivered, History, Message, Told
from harness.session.store import AUDIT_NAME

__all__ = ["CLIENT", "SERVICE", "played", "read_history"]

SERVICE = "service.rec.jsonl"
"""What the service did: its journal."""

CLIENT = "client.rec.jsonl"
"""What the client recorded; a session that failed before its first message has none."""

_TIMERS = frozenset({"timer", "window", "finish"})
"""Reasons of a gap in the stream; the others are gaps of the recording."""


def read_history(folder: Path, dialect: Dialect, error: str = "") -> History:
    """What ``folder`` holds of a session with one conversation.

    Args:
        folder: has the two recordings and the audit log.
        dialect: reads messages.
        error: type of what ended the session early.

    Raises:
        RecordingError: one of the recordings is damaged.
    """
    client = read_recording(folder / CLIENT).entries if (folder / CLIENT).exists() else []
    outcomes = [entry for entry in client if isinstance(entry, OutcomeEntry)]
    records = [json.loads(line) for line in _lines(folder / AUDIT_NAME)]
    return History(
        sent=_inbound(read_recording(folder / SERVICE).entries, dialect),
        received=_inbound(client, dialect),
        recorded=[_told(number, entry) for number, entry in enumerate(outcomes, 1)],
        audited=[_audited(record) for record in records if record["record"] == "message"],
        delivered=[_delivered(record) for record in records if record.get("result") == "delivered"],
        gaps=[(e.from_seq, e.to_seq) for e in client if isinstance(e, Gap) and e.reason in _TIMERS],
        error=error,
    )


def played(folder: Path) -> set[str]:
    """The words of every fault the service says it played."""
    entries = read_recording(folder / SERVICE).entries
    return {entry.raw["name"] for entry in entries if isinstance(entry, Unknown) and entry.raw.get("kind") == "fault"}


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file


def _inbound(entries: list[AnyEntry], dialect: Dialect) -> list[Message]:
    found = []
    for entry in entries:
        if isinstance(entry, WsMessage) and entry.dir == "in":
            event = dialect.decode(entry.text if entry.text is not None else b"")
            found.append(Message(event.type, event.seq))
        elif isinstance(entry, Withheld) and entry.dir == "in" and entry.of_kind == "ws.message":
            if entry.rule == "bad_utf8":  # it fails the connection (RFC 6455, 8.1): nobody received a message
                continue
            found.append(Message("malformed", None))
    return found


def _told(number: int, entry: OutcomeEntry) -> Told:
    return Told(
        number=number,
        place=entry.of,
        service=entry.service,
        type=entry.event,
        seq=entry.seq,
        verdict=entry.verdict,
        reasons=tuple(entry.reasons),
        deliverable=entry.deliverable,
    )


def _audited(record: dict[str, Any]) -> Told:
    return Told(
        number=record["number"],
        place=record["n"],
        type=record["event"],
        seq=record["seq"],
        verdict=record["verdict"],
        reasons=tuple(record["reasons"]),
    )


def _delivered(record: dict[str, Any]) -> Delivered:
    return Delivered(sink=record["sink"], key=record["idempotency_key"], number=record["number"], place=record["n"])
