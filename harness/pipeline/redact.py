"""Stage: find personal data in every string of a message and put placeholders in its place.

1. Every string, key and long number is looked at; only the ids and enums the dialect lists are exempt.
2. A string that continues over messages (a summary's deltas) is one stream: a value split over messages is one value,
   its placeholder stands in the message where it begins, and the other pieces lose their part of it.
3. A message leaves the stage when every stream it has a piece in has settled past that piece.
4. A piece of a stream that comes out of its order (late, or a repetition that differs) cannot be judged alone: all its
   text is taken as personal data of type UNKNOWN.
5. What could not be decoded is scanned as it came and once more with its ``\\u`` escapes undone.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from harness.dialects.base import Dialect, Event
from harness.dialects.strict_json import MAX_BYTES
from harness.pii import Redactor
from harness.pipeline.outcome import PathSpan
from harness.pipeline.payload import leaves, rebuild
from harness.text.placeholder import placeholder
from harness.text.span import RedactedText, Span

__all__ = ["RedactStage", "Redaction"]

_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


@dataclass(slots=True, eq=False)
class Redaction:
    """A message on its way through the stage; complete when ``pending`` is 0."""

    payload: Any = field(repr=False)
    raw: str | None = field(default=None, repr=False)
    pending: int = 0
    spans: list[PathSpan] = field(default_factory=list)
    _new: dict[str, str] = field(default_factory=dict, repr=False)

    def put(self, path: str, text: RedactedText, spans: Sequence[PathSpan]) -> None:
        """Note what became of the string at ``path``."""
        self.spans.extend(spans)
        if spans:
            self._new[path] = text

    def result(self) -> Any:
        """The payload with every span replaced."""
        if self.raw is not None:
            return self._new.get("", self.raw)
        return rebuild(self.payload, self._new)

    def text(self, path: str, original: str) -> RedactedText:
        """The redacted form of the string at ``path``."""
        return RedactedText(self._new.get(path, original))


class _SpanSource(Protocol):
    settled: int

    def feed(self, chunk: str) -> list[Span]: ...

    def finish(self) -> list[Span]: ...


@dataclass(slots=True)
class _Piece:
    owner: Redaction
    path: str
    text: str
    base: int

    @property
    def end(self) -> int:
        return self.base + len(self.text)


@dataclass(slots=True)
class _TextStream:
    """One text over several messages."""

    source: _SpanSource
    ids: Iterator[int]
    length: int = 0
    pieces: list[_Piece] = field(default_factory=list)
    spans: list[tuple[Span, int]] = field(default_factory=list)

    def feed(self, owner: Redaction, path: str, text: str) -> None:
        owner.pending += 1
        self.pieces.append(_Piece(owner, path, text, self.length))
        self.length += len(text)
        self._take(self.source.feed(text), self.source.settled)

    def finish(self) -> None:
        self._take(self.source.finish(), self.length)

    def _take(self, found: Sequence[Span], settled: int) -> None:
        self.spans.extend((span, next(self.ids)) for span in found)
        done = 0
        for piece in self.pieces:
            if piece.end > settled:
                break
            self._resolve(piece)
            done += 1
        del self.pieces[:done]

    def _resolve(self, piece: _Piece) -> None:
        while self.spans and self.spans[0][0].end <= piece.base:
            self.spans.pop(0)
        inside = [(span, number) for span, number in self.spans if span.start < piece.end]
        parts: list[str] = []
        cuts: list[PathSpan] = []
        at = 0
        for span, number in inside:
            start, end = max(span.start - piece.base, 0), min(span.end, piece.end) - piece.base
            parts.append(piece.text[at:start])
            if span.start >= piece.base:
                parts.append(placeholder(span.type))
            at_value = piece.base + start - span.start
            cuts.append(_path_span(piece.path, start, end, span, number, at=at_value, last=span.end <= piece.end))
            at = end
        parts.append(piece.text[at:])
        piece.owner.pending -= 1
        piece.owner.put(piece.path, RedactedText("".join(parts)), cuts)


def _path_span(
    path: str, start: int, end: int, span: Span, number: int, *, at: int = 0, last: bool = True
) -> PathSpan:
    return PathSpan(path=path, start=start, end=end, type=span.type, rule=span.rule, value_id=number, at=at, last=last)


class RedactStage:
    """Holds the streams of a session; everything else about it is the redactor's."""

    def __init__(self, redactor: Redactor, dialect: Dialect) -> None:
        self._redactor = redactor
        self._dialect = dialect
        self._ids = itertools.count(1)
        self._streams: dict[tuple[str, str], _TextStream] = {}

    def submit(self, event: Event, raw: str | bytes) -> Redaction:
        """Start on a message; the returned value may be complete at once (``pending == 0``)."""
        if event.payload is None:
            return self._undecodable(raw)
        work = Redaction(payload=event.payload)
        streams = self._dialect.text_paths(event)
        for path, text in leaves(event.payload):
            name = streams.get(path, "")
            if name.startswith("summary/"):
                self._stream(event.conversation, name).feed(work, path, text)
            elif not self._dialect.exempt(event, path):
                self._whole(work, path, text)
        return work

    def submit_alone(self, event: Event, raw: str | bytes) -> Redaction:
        """The same for a piece of a stream that must not enter it (rule 4)."""
        work = Redaction(payload=event.payload)
        for path, text in leaves(event.payload):
            if path in self._dialect.text_paths(event):
                span = Span(0, len(text), "UNKNOWN", "out-of-order")
                work.put(path, placeholder("UNKNOWN"), [_path_span(path, 0, len(text), span, next(self._ids))])
            elif not self._dialect.exempt(event, path):
                self._whole(work, path, text)
        return work

    def close(self, conversation: str, name: str | None = None) -> None:
        """End one stream of a conversation, or all of them: what was held settles now."""
        for key in [k for k in self._streams if k[0] == conversation and name in (None, k[1])]:
            self._streams.pop(key).finish()

    def finish(self) -> None:
        """End every stream."""
        while self._streams:
            self._streams.popitem()[1].finish()

    def redact(self, text: str) -> RedactedText:
        """A stand-alone text (evidence)."""
        return self._redactor.redact(text).text

    def _stream(self, conversation: str, name: str) -> _TextStream:
        key = (conversation, name)
        if key not in self._streams:
            self._streams[key] = _TextStream(self._redactor.span_stream(), self._ids)
        return self._streams[key]

    def _whole(self, work: Redaction, path: str, text: str) -> None:
        result = self._redactor.redact(text)
        if result.spans:
            spans = [_path_span(path, span.start, span.end, span, next(self._ids)) for span in result.spans]
            work.put(path, result.text, spans)

    def _undecodable(self, raw: str | bytes) -> Redaction:
        if isinstance(raw, bytes):
            return Redaction(payload=None, raw=f"[BINARY_REDACTED] {len(raw)} bytes")
        if len(raw) > MAX_BYTES:
            return Redaction(payload=None, raw=f"[OVERSIZE_REDACTED] {len(raw)} characters")
        work = Redaction(payload=None, raw=raw)
        result = self._redactor.redact(raw)
        spans = [_path_span("", span.start, span.end, span, next(self._ids)) for span in result.spans]
        plain = _ESCAPE.sub(lambda match: chr(int(match.group(1), 16)), result.text)
        work.raw = self._redactor.redact(plain).text.encode("utf-8", "replace").decode()
        work.spans.extend(spans)
        return work
