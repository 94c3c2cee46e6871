r"""Stage: find personal data in every string of a message and put placeholders in its place.

1. Every string, key and long number is looked at; only the ids and enums the dialect lists are exempt.
2. A string that continues over messages (a summary's deltas) is one stream: a value split over messages is one value,
   its placeholder stands in the message where it begins, and the other pieces lose their part of it.
3. A message leaves the stage when every stream it has a piece in has settled past that piece.
4. A piece of a stream that comes out of its order (late, malformed, or a repetition that differs) cannot be judged
   alone: all its text is taken as personal data of type UNKNOWN.
5. A stream that misses a piece, or that ends without its summary, is torn: what was not settled by then, and every
   piece after it, is UNKNOWN too.
6. What could not be decoded is searched as it came and once more with its ``\u`` escapes undone.
7. A final utterance that ends in the middle of a value waits for its speaker's next one, and is one text with it; it waits no
   longer when a summary comes, when others have said a few things, or at the end. An interim utterance never waits: half a
   value at its end, or at its beginning while a final one waits, is PARTIAL.
8. A name that a conversation has heard is known in what it says later; a streamed summary, its pieces and its whole, knows
   the names that were heard when it began.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from harness.dialects.base import Dialect, Event, Malformed, Summary, SummaryDelta, Utterance
from harness.pii import Redactor
from harness.pii.names import NameBook
from harness.pii.operators import apply
from harness.pipeline.found import Found
from harness.pipeline.halves import PARTIAL, goes_on, half, is_awaited
from harness.pipeline.outcome import PathSpan
from harness.pipeline.payload import Document, field_names
from harness.text.placeholder import placeholder
from harness.text.span import RedactedText, Span, merged

__all__ = ["RedactStage", "Redaction"]

UNKNOWN = "UNKNOWN"
"""Type of text that cannot be judged."""

_SAID = 200
"""Characters of what a speaker has said by which it is judged whether the value is whole."""

_PATIENCE = 4
"""Utterances of others for which one waits."""

_NAMES_KEPT = 1024
_NO_NAMES: frozenset[str] = frozenset()

Texts = list[tuple[str, str]]
"""(path, text), in the order of the document."""

_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


@dataclass(slots=True, eq=False)
class Redaction:
    """A message on its way through the stage; complete when ``pending`` is 0."""

    document: Document = field(repr=False)
    """The message's payload, or what is shown of one that has none."""
    pending: int = 0
    held: int | None = None
    """Code points of its stream not decided yet when it had been taken in; None = it is no piece of one."""
    spans: list[PathSpan] = field(default_factory=list)
    _new: dict[str, str] = field(default_factory=dict, repr=False)

    def put(self, path: str, text: RedactedText, spans: Sequence[PathSpan]) -> None:
        """Note what became of the string at ``path``."""
        self.spans.extend(spans)
        if spans:
            self._new[path] = text

    def done(self) -> Document:
        """The payload with every span replaced."""
        return self.document.replaced(self._new)

    def result(self) -> Any:
        """The same as a JSON value."""
        return self.done().value

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
    names: NameBook
    """The names of the conversation, as they were when the text began."""
    length: int = 0
    count: int = 0
    """Pieces so far: the index the next one must have."""
    torn: bool = False
    said: str = field(default="", repr=False)
    """The last words of an utterance that waits."""
    others: int = 0
    """What others have said since."""
    pieces: list[_Piece] = field(default_factory=list)
    spans: list[tuple[Span, int]] = field(default_factory=list)

    def feed(self, owner: Redaction, path: str, text: str) -> None:
        owner.pending += 1
        self.pieces.append(_Piece(owner, path, text, self.length))
        self.length += len(text)
        self.count += 1
        self._take(self.source.feed(text), self.source.settled)

    @property
    def held(self) -> int:
        """Code points not decided yet."""
        return 0 if self.torn else self.length - self.source.settled

    def gap(self) -> None:
        """An utterance ends here: a line break that is in no message."""
        self._take(self.source.feed("\n"), self.source.settled)
        self.length += 1

    def finish(self) -> None:
        if not self.torn:
            self._take(self.source.finish(), self.length)

    def tear(self) -> None:
        """A piece is missing here (rule 5)."""
        if not self.torn:
            self.torn = True
            settled = self.source.settled
            held = [Span(settled, self.length, UNKNOWN, "torn")] if settled < self.length else []
            self._take(held, self.length)

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
        inside = [(span, number) for span, number in self.spans if span.start < piece.end and piece.text]
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


def _path_span(path: str, start: int, end: int, span: Span, number: int, *, at: int = 0, last: bool = True) -> PathSpan:
    return PathSpan(path=path, start=start, end=end, type=span.type, rule=span.rule, value_id=number, at=at, last=last)


class RedactStage:
    """Holds the streams of a session; everything else about it is the redactor's."""

    def __init__(self, redactor: Redactor, dialect: Dialect) -> None:
        self._redactor = redactor if isinstance(redactor, Found) else Found(redactor)
        self._dialect = dialect
        self._ids = itertools.count(1)
        self._streams: dict[tuple[str, str], _TextStream] = {}
        self._names: dict[str, NameBook] = {}
        self._halves: dict[tuple[str, str], _TextStream] = {}
        self._plain_names: set[str] = set()
        """Names of fields in which nothing was found: they need not be searched with every message."""

    def texts(self, event: Event, document: Document) -> Texts:
        """What is to be searched of a message (rule 1)."""
        exempt = self._dialect.exempt_paths(event)
        if isinstance(event, Utterance) and event.text_path in exempt:
            exempt -= {event.text_path}  # what is said is said, whatever else it is taken for
        # Of a piece that is no text but an object every part is a piece.
        names = _NO_NAMES if isinstance(event, Malformed) and self._continued(event) else self._plain_names
        return document.but(exempt, names)

    def submit(self, event: Event, raw: str | bytes, seen: tuple[Document, Texts] | None = None) -> Redaction:
        """Start on a message; the returned value may be complete at once (``pending == 0``).

        Args:
            seen: its payload and the :meth:`texts` of it, where the caller has them.
        """
        if event.payload is None:
            return self._undecodable(event, raw)
        if isinstance(event, Summary | SummaryDelta):
            self.settle(event.conversation)
        if isinstance(event, Malformed) and self._continued(event):
            self.tear(event.conversation)
        return self._search(event, self._stream(event) if isinstance(event, SummaryDelta) else None, seen)

    def submit_alone(self, event: Event, seen: tuple[Document, Texts] | None = None) -> Redaction:
        """The same for a piece of a stream that must not enter it (rule 4)."""
        return self._search(event, None, seen)

    def tear(self, conversation: str) -> None:
        """Messages of a conversation are missing: no stream of it that is open can be trusted to be whole (rule 5)."""
        for (owner, _), stream in (*self._streams.items(), *self._halves.items()):
            if owner == conversation:
                stream.tear()
        self.settle(conversation)

    def settle(self, conversation: str) -> None:
        """No utterance of a conversation waits any longer for what its speaker says next."""
        for key in [key for key in self._halves if key[0] == conversation]:
            self._halves.pop(key).finish()

    def close(self, conversation: str, summary_id: str) -> None:
        """A summary is complete, and so is its stream: what was held settles now."""
        stream = self._streams.pop((conversation, summary_id), None)
        if stream is not None:
            stream.finish()

    def finish(self) -> None:
        """Nothing more will come; streams that are still open were broken off."""
        for conversation, _ in list(self._halves):
            self.settle(conversation)
        for stream in self._streams.values():
            stream.tear()

    def _search(self, event: Event, stream: _TextStream | None, seen: tuple[Document, Texts] | None) -> Redaction:
        document, texts = seen if seen is not None else self._seen(event)
        work = Redaction(document=document)
        continued, names = self._continued(event), self._known(event)
        inside = tuple(f"{piece}/" for piece in continued)
        passes = not continued and not self._halves
        if passes and self._redactor.is_quiet(names):
            self._learn_names(texts)
            return work
        for path, text in texts:
            if passes and self._redactor.is_quiet_in(text, names):
                self._learn_names([(path, text)])
                continue
            if continued and (path in continued or path.startswith(inside)):
                self._piece(work, path, text, stream)
            elif isinstance(event, Utterance) and path == event.text_path:
                self._said(work, event, text, names)
            else:
                self._whole(work, path, text, names)
        return work

    def _seen(self, event: Event) -> tuple[Document, Texts]:
        document = Document(event.payload)
        texts = self.texts(event, document)
        self._redactor.begin([text for _, text in texts])
        return document, texts

    def _learn_names(self, texts: Texts) -> None:
        """Note the names of fields in which there is nothing."""
        if len(self._plain_names) < _NAMES_KEPT:
            self._plain_names.update(field_names(texts))

    def _said(self, work: Redaction, event: Utterance, text: str, names: NameBook) -> None:
        """Rule 7."""
        key = (event.conversation, event.speaker)
        if event.is_final:
            self._others_said(event)
        open_one = self._halves.get(key)
        if not event.is_final:
            self._interim(work, event.text_path, text, open_one is not None, names)
            return
        if open_one is not None and not goes_on(text):
            self._halves.pop(key).finish()
            open_one = None
        if open_one is None:
            start = half(text, self._redactor.detect(text, names.copy()))
            if start < 0 or not is_awaited(text, start):
                self._whole(work, event.text_path, text, names)
                return
            open_one = self._halves[key] = _TextStream(self._redactor.span_stream(names), self._ids, names.copy())
        else:
            open_one.gap()
        open_one.feed(work, event.text_path, text)
        open_one.said = f"{open_one.said}\n{text}"[-_SAID:]
        start = half(open_one.said, self._redactor.detect(open_one.said, names.copy()))
        if start < 0 or not is_awaited(open_one.said, start):
            self._halves.pop(key).finish()

    def _others_said(self, event: Utterance) -> None:
        for key in [key for key in self._halves if key[0] == event.conversation and key[1] != event.speaker]:
            self._halves[key].others += 1
            if self._halves[key].others > _PATIENCE:
                self._halves.pop(key).finish()

    def _interim(self, work: Redaction, path: str, text: str, waits: bool, names: NameBook) -> None:
        spans = self._redactor.detect(text, names)
        start = half(text, spans)
        masked = [Span(start, len(text.rstrip()), PARTIAL, "interim")] if start >= 0 else []
        first = goes_on(text) if waits else 0
        if first:
            masked = merged([Span(0, first, PARTIAL, "interim"), *masked])
        kept = [span for span in spans if all(span.end <= one.start or one.end <= span.start for one in masked)]
        spans = sorted([*kept, *masked])
        work.put(path, apply(text, spans), [self._found(path, span) for span in spans])

    def _book(self, conversation: str) -> NameBook:
        book = self._names.get(conversation)
        if book is None:
            book = self._names[conversation] = NameBook()
        return book

    def _known(self, event: Event) -> NameBook:
        """The names by which a message is read (rule 7)."""
        match event:
            case Utterance(is_final=False):
                return self._book(event.conversation).copy()
            case Summary(summary_id=summary_id):
                stream = self._streams.get((event.conversation, summary_id))
                return self._book(event.conversation) if stream is None else stream.names.copy()
        return self._book(event.conversation)

    def _continued(self, event: Event) -> list[str]:
        """Paths of the strings that are a piece of a summary."""
        return [path for path, name in self._dialect.text_paths(event).items() if name.startswith("summary/")]

    def _stream(self, event: SummaryDelta) -> _TextStream:
        """The stream ``event`` is a piece of; torn if it is not the next piece."""
        key = (event.conversation, event.summary_id)
        stream = self._streams.get(key)
        if stream is None:
            names = self._book(event.conversation)
            source = self._redactor.span_stream(names)
            stream = self._streams[key] = _TextStream(source, self._ids, names.copy())
        if event.index != stream.count:
            stream.tear()
        return stream

    def _piece(self, work: Redaction, path: str, text: str, stream: _TextStream | None) -> None:
        if stream is not None and not stream.torn:
            stream.feed(work, path, text)
            work.held = stream.held
        elif text:
            unknown = Span(0, len(text), UNKNOWN, "out-of-order")
            work.put(path, placeholder(UNKNOWN), [self._found(path, unknown)])

    def _whole(self, work: Redaction, path: str, text: str, names: NameBook) -> None:
        result = self._redactor.redact(text, names=names)
        if not result.spans:
            self._learn_names([(path, text)])
        work.put(path, result.text, [self._found(path, span) for span in result.spans])

    def _found(self, path: str, span: Span) -> PathSpan:
        return _path_span(path, span.start, span.end, span, next(self._ids))

    def _undecodable(self, event: Event, raw: str | bytes) -> Redaction:
        if isinstance(raw, bytes):
            return Redaction(document=Document(f"[BINARY_REDACTED] {len(raw)} bytes"))
        if isinstance(event, Malformed) and event.reason == "too_large":
            return Redaction(document=Document(f"[OVERSIZE_REDACTED] {len(raw)} characters"))
        spans = self._spans_of_raw(raw)
        text = _unescaped(apply(raw, spans))[0].encode("utf-8", "replace").decode()
        return Redaction(document=Document(text), spans=[self._found("", span) for span in spans])

    def _spans_of_raw(self, raw: str) -> list[Span]:
        """Rule 6; offsets are those of ``raw``."""
        spans = self._redactor.detect(raw)
        plain, starts = _unescaped(raw)
        if plain != raw:
            hidden = self._redactor.detect(plain)
            spans += [Span(starts[span.start], starts[span.end], span.type, span.rule) for span in hidden]
        return merged(spans)


def _unescaped(raw: str) -> tuple[str, list[int]]:
    r"""``raw`` with its ``\u`` escapes undone, and where each character of that stands in ``raw``; its end comes last."""
    parts: list[str] = []
    starts: list[int] = []
    at = 0
    for match in _ESCAPE.finditer(raw):
        parts += (raw[at : match.start()], chr(int(match.group(1), 16)))
        starts += range(at, match.start() + 1)
        at = match.end()
    return "".join((*parts, raw[at:])), [*starts, *range(at, len(raw) + 1)]
