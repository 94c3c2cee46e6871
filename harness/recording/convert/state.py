"""From surrogates to placeholders: ``convert --state redacted``. Pure; what knows of types and texts is passed in.

1. The labels of an entry say what is replaced; a value split over messages becomes one placeholder, where it begins.
2. Labels move to their placeholders, sizes and fragments follow.
3. An entry whose labels do not fit its text, or in whose new text the leak scan still finds something, is withheld;
   so are bytes, which nobody can read for personal data. A request keeps its place and loses its body.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from harness.recording.codec import encode_entry, kind_of
from harness.recording.convert.exchanges import body_of
from harness.recording.copying import Line
from harness.recording.entry import AnyEntry, HttpChunk, HttpError, HttpRequest, PiiLabel, Withheld, WsMessage

__all__ = ["Edits", "Fragments", "TextTools", "redacted"]

Edits = Mapping[str, Sequence[tuple[int, int, str]]]
"""Path -> (start, end, new text), in order."""

Fragments = tuple[tuple[int, int], ...]


class TextTools(Protocol):
    """What the conversion must be told."""

    def values(self, text: str) -> Mapping[str, str]:
        """Path -> decoded string; "" -> the whole of a text that is no JSON."""
        ...

    def edit(self, text: str, edits: Edits, cuts: Sequence[int]) -> tuple[str, list[int]]:
        """``text`` with the edits made, and where offsets in it moved to."""
        ...

    def fragments(self, text: str, fragments: Fragments, edits: Edits) -> Fragments:
        """The fragments of an edited message."""
        ...

    def placeholder(self, type_: str) -> str:
        """What stands for a value of the type."""
        ...

    def whole(self, type_: str, value: str) -> bool:
        """True if ``value`` is a whole surrogate of the type, False if only a piece of one."""
        ...

    def leak(self, text: str) -> str | None:
        """The type of a value an independent scan finds in ``text``."""
        ...


class _Unfit(Exception):
    """Labels that do not fit their text."""


def redacted(lines: Iterable[Line], tools: TextTools) -> Iterator[Line]:
    """The lines of a recording with placeholders in the place of surrogates."""
    work = _Redacting(tools)
    waiting: list[Line] = []
    unended: set[str] = set()
    for entry, line in lines:
        waiting.append((entry, line))
        if isinstance(entry, HttpChunk) and not entry.final:
            unended.add(entry.conn)
        elif isinstance(entry, (HttpChunk, HttpError, HttpRequest)):
            unended.discard(entry.conn)
        if not unended:  # the labels of a body stand with its last piece
            yield from work.flushed(waiting)
            waiting = []
    yield from work.flushed(waiting)


class _Redacting:
    def __init__(self, tools: TextTools) -> None:
        self._tools = tools
        self._open: dict[tuple[str, str], str] = {}
        """(path, id) of a value that goes on in a later text -> what of it has come."""

    def flushed(self, lines: Sequence[Line]) -> Iterator[Line]:
        by_body: dict[tuple[str, int | None], list[HttpChunk]] = {}
        for entry, _ in lines:
            if isinstance(entry, HttpChunk):
                by_body.setdefault((entry.conn, entry.re), []).append(entry)
        bodies = {key: iter(self._chunks(chunks)) for key, chunks in by_body.items()}
        for entry, line in lines:
            new = next(bodies[entry.conn, entry.re]) if isinstance(entry, HttpChunk) else self._entry(entry)
            yield (entry, line) if new is entry else (new, encode_entry(new))

    def _entry(self, entry: AnyEntry) -> AnyEntry:
        if isinstance(entry, WsMessage):
            return self._message(entry)
        if isinstance(entry, HttpRequest) and entry.body is not None:
            return self._request(entry, entry.body)
        return entry

    def _message(self, entry: WsMessage) -> AnyEntry:
        if entry.text is None:
            return _withheld(entry, entry.size or 0, "binary")
        try:
            text, labels, edits, _ = self._text(entry.text, entry.pii)
        except _Unfit:
            return _withheld(entry, _bytes(entry.text), "labels")
        if leak := self._tools.leak(text):
            return _withheld(entry, _bytes(entry.text), f"leak:{leak}")
        if not edits:
            return entry
        changes: dict[str, Any] = {"text": text, "pii": labels}
        if entry.size is not None:
            changes["size"] = _bytes(text)
        if entry.fragments:
            changes["fragments"] = self._tools.fragments(entry.text, entry.fragments, edits)
        return msgspec.structs.replace(entry, **changes)

    def _request(self, entry: HttpRequest, body: str) -> AnyEntry:
        try:
            text, labels, edits, _ = self._text(body, entry.pii)
        except _Unfit:
            return msgspec.structs.replace(entry, body=None, pii=())
        if self._tools.leak(text):
            return msgspec.structs.replace(entry, body=None, pii=())
        return msgspec.structs.replace(entry, body=text, pii=labels) if edits else entry

    def _chunks(self, chunks: Sequence[HttpChunk]) -> Sequence[AnyEntry]:
        """The pieces of a body, edited as one text and cut anew at their old places."""
        body = body_of(chunks)
        if isinstance(body, bytes):
            return [_withheld(chunk, len(body_of([chunk])), "binary") for chunk in chunks]
        labels = [label for chunk in chunks for label in chunk.pii]
        ends, at = [], 0
        for chunk in chunks[:-1]:
            at += len(chunk.text or "")
            ends.append(at)
        try:
            text, moved, edits, cuts = self._text(body, labels, ends)
        except _Unfit:
            return [_withheld(chunk, _bytes(chunk.text or ""), "labels") for chunk in chunks]
        if leak := self._tools.leak(text):
            return [_withheld(chunk, _bytes(chunk.text or ""), f"leak:{leak}") for chunk in chunks]
        if not edits:
            return chunks
        places = [0, *cuts, len(text)]
        return [
            msgspec.structs.replace(
                chunk, text=text[places[i] : places[i + 1]], pii=moved if i == len(chunks) - 1 else ()
            )
            for i, chunk in enumerate(chunks)
        ]

    def _text(
        self, text: str, labels: Sequence[PiiLabel], cuts: Sequence[int] = ()
    ) -> tuple[str, tuple[PiiLabel, ...], Edits, list[int]]:
        """(new text, labels of the placeholders, edits, moved cuts)."""
        if not labels:
            return text, (), {}, list(cuts)
        values = self._tools.values(text)
        edits: dict[str, list[tuple[int, int, str]]] = {}
        moved = []
        shifts: dict[str, int] = {}
        for label in sorted(labels, key=lambda one: (one.path, one.start)):
            new = self._placeholder(label, values.get(label.path))
            edits.setdefault(label.path, []).append((label.start, label.end, new))
            start = label.start + shifts.get(label.path, 0)
            shifts[label.path] = shifts.get(label.path, 0) + len(new) - (label.end - label.start)
            if new:
                moved.append(msgspec.structs.replace(label, start=start, end=start + len(new)))
        try:
            changed, places = self._tools.edit(text, edits, cuts)
        except ValueError:
            raise _Unfit from None
        return changed, tuple(moved), edits, places

    def _placeholder(self, label: PiiLabel, value: str | None) -> str:
        """What stands for the labelled piece: nothing, if an earlier text has begun the value."""
        if value is None or not 0 <= label.start < label.end <= len(value):
            raise _Unfit
        piece, key = value[label.start : label.end], (label.path, label.id)
        before = self._open.pop(key, "") if label.start == 0 and not self._tools.whole(label.type, piece) else ""
        if label.end == len(value) and not self._tools.whole(label.type, before + piece):
            self._open[key] = before + piece
        return "" if before else self._tools.placeholder(label.type)


def _withheld(entry: WsMessage | HttpChunk, size: int, rule: str) -> Withheld:
    dir_ = entry.dir if isinstance(entry, WsMessage) else "in"
    return Withheld(n=entry.n, t=entry.t, of_kind=kind_of(entry), size=size, rule=rule, conn=entry.conn, dir=dir_)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
