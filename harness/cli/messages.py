"""What ``info`` and ``cat`` share: opening recordings, and telling which conversation an entry belongs to."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, cast

import msgspec

from harness.recording.entry import AnyEntry, HttpRequest, OutcomeEntry
from harness.recording.gzipped import unpacked
from harness.recording.reader import Recording, find_recordings, read_recording, read_stream

__all__ = ["conversation_of", "conversations", "open_recordings", "text_of"]


class _Named(msgspec.Struct):
    interaction_id: str = ""


_PEEK = msgspec.json.Decoder(_Named)


def open_recordings(files: Iterable[str]) -> Iterator[Recording]:
    """Every recording under ``files`` (``-`` = stdin), cut-off ones included."""
    for name in files:
        if name == "-":
            stdin = cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, sys.stdin.buffer)))
            yield read_stream(unpacked(stdin, "-"), allow_truncated=True)
            continue
        for path in find_recordings([name]):
            yield read_recording(path, allow_truncated=True)


def text_of(entry: AnyEntry) -> str | None:
    """The text an entry carried over the wire, None if it carried none."""
    if isinstance(entry, HttpRequest):
        return entry.body
    return getattr(entry, "text", None)


def conversation_of(entry: AnyEntry) -> str:
    """The interaction id an entry names, '' if it names none."""
    if isinstance(entry, OutcomeEntry):
        return entry.conversation
    named = getattr(entry, "conversation", "")
    if named:
        return str(named)
    text = text_of(entry)
    if not text or "interaction_id" not in text:
        return ""
    try:
        return _PEEK.decode(text).interaction_id
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ""


def conversations(entries: Sequence[AnyEntry]) -> list[str]:
    """The interaction ids of a recording, in the order they appear."""
    found = dict.fromkeys(map(conversation_of, entries))
    found.pop("", None)
    return list(found)
