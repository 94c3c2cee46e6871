"""Detectors of others beside our own: what they find is added, nothing of ours is taken away.

1. A detector sees closed segments: whole sentences, or what stands before a line's end, at most :data:`LONGEST` code
   points. Where a segment closes depends on the text and on its boundaries alone, never on the pieces it comes in.
2. It may add spans. What lies under a span of our own is cut off it: nothing is relabelled, nothing gets shorter.
3. A detector that fails, or is late, has the whole segment masked as :data:`UNCHECKED`; outcomes then say ``degraded``.
4. A text is held until its segment is closed and looked at.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Protocol

from harness.pii.book import NameBook
from harness.pii.rules import RuleSet
from harness.pii.span_stream import SpanStream
from harness.pii.stream import Redactor
from harness.text.span import Span, merged

__all__ = [
    "LONGEST",
    "UNCHECKED",
    "AidedRedactor",
    "DetectorFailed",
    "ExtraDetector",
    "ExtraStream",
    "failed_detectors",
]

LONGEST = 240
"""Code points of the longest segment."""

UNCHECKED = "UNCHECKED"
"""Type of a segment that a detector could not look at."""

_RULE = "extra."
_END = re.compile(r"[.!?…]['\")\]]*\s|\n")
_SPACE = re.compile(r"\s(?=\S*\Z)")


class DetectorFailed(Exception):
    """A detector could not look at a segment, or not in time; carries no text."""


class ExtraDetector(Protocol):
    """Finds personal data in a sentence; entry points of the group ``harness.detectors`` return one when called."""

    @property
    def name(self) -> str:
        """Stands in rule ids and in the policy's digest, with :attr:`version`."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever it may find something else."""
        ...

    def detect(self, text: str) -> Sequence[Span]:
        """Spans of ``text``, in any order, possibly overlapping.

        Raises:
            DetectorFailed: it could not look.
        """
        ...


def failed_detectors(spans: Iterable[tuple[str, str]]) -> list[str]:
    """Names of detectors that failed, from the types and rules of spans; sorted."""
    return sorted({rule.removeprefix(_RULE) for type_, rule in spans if type_ == UNCHECKED})


class AidedRedactor(Redactor):
    """A redactor beside which other detectors look.

    Args:
        rules: our own; the built-in ones if None.
        detectors: the others.
    """

    def __init__(self, rules: RuleSet | None, detectors: Sequence[ExtraDetector]) -> None:
        super().__init__(rules)
        self._detectors = tuple(detectors)

    @property
    def policy_digest(self) -> str:
        """Of the rules, and of the detectors' names and versions."""
        known = [super().policy_digest, *(f"{one.name}/{one.version}" for one in self._detectors)]
        return "sha256:" + hashlib.sha256("\n".join(known).encode()).hexdigest()

    def detect(self, text: str, names: NameBook | None = None) -> list[Span]:
        """Spans of ``text``; no quick test may stand before another's detector."""
        return self.span_stream(names).whole(text)

    def span_stream(self, names: NameBook | None = None) -> SpanStream:
        """A stream with every detector in it."""
        return ExtraStream(super().span_stream(names), self._detectors)


class ExtraStream(SpanStream):
    """A stream of our own detector with others beside it; offsets are code points of the whole raw text.

    Args:
        own: our own stream, not yet fed.
        detectors: the others.
    """

    __slots__ = ("_begin", "_closed", "_detectors", "_fed", "_given", "_open", "_own", "_ready")

    def __init__(self, own: SpanStream, detectors: Sequence[ExtraDetector]) -> None:
        self._own = own
        self._detectors = tuple(detectors)
        self._open = ""
        """Text of the segment that is not closed, from ``_begin`` on."""
        self._begin = 0
        self._closed: list[tuple[int, str]] = []
        """Closed segments that our own stream has not settled."""
        self._ready: list[Span] = []
        """Our own spans that are not given out."""
        self._fed = 0
        self.settled = 0

    def feed(self, chunk: str) -> list[Span]:
        """Take the next piece; returns the spans that are certain now."""
        self._ready += self._own.feed(chunk)
        self._fed += len(chunk)
        self._open += chunk
        self._close()
        return self._give()

    def whole(self, text: str) -> list[Span]:
        """The spans of a text that is all there is; for a stream that was not fed."""
        return self.feed(text) + self.finish()

    def boundary(self) -> None:
        """A soft separator of no width, which also closes the segment."""
        self._own.boundary()
        self._cut(len(self._open))

    def finish(self, rest: str = "") -> list[Span]:
        """No more text but ``rest``: the remaining spans."""
        if rest:
            return self.feed(rest) + self.finish()
        self._ready += self._own.finish()
        self._cut(len(self._open))
        return self._give(final=True)

    def _close(self) -> None:
        """Cut off every segment that is closed (rule 1)."""
        while True:
            end = _END.search(self._open, 0, LONGEST)
            if end is not None:
                self._cut(end.end())
            elif len(self._open) >= LONGEST:
                space = _SPACE.search(self._open, 0, LONGEST)
                self._cut(space.end() if space is not None else LONGEST)
            else:
                return

    def _cut(self, size: int) -> None:
        if size:
            self._closed.append((self._begin, self._open[:size]))
            self._begin += size
            self._open = self._open[size:]

    def _give(self, *, final: bool = False) -> list[Span]:
        """What is certain: segments that are closed, as far as our own stream is settled."""
        while self._closed and (final or self._own.settled >= self._closed[0][0] + len(self._closed[0][1])):
            begin, text = self._closed.pop(0)
            self._ready = sorted([*self._ready, *self._seen(begin, text)])
        edge = self._closed[0][0] if self._closed else self._begin
        self.settled = self._fed if final else min(edge, self._own.settled)
        for span in self._ready:
            if span.start < self.settled < span.end:
                self.settled = span.start
        out = [span for span in self._ready if final or span.start < self.settled]
        self._ready = self._ready[len(out) :]
        return out

    def _seen(self, begin: int, text: str) -> Iterable[Span]:
        """What the detectors add to one segment."""
        added: list[Span] = []
        for detector in self._detectors:
            rule = _RULE + detector.name
            try:
                spans = detector.detect(text)
            except DetectorFailed:
                spans = [Span(0, len(text), UNCHECKED)]
            added += [
                Span(begin + max(0, span.start), begin + min(len(text), span.end), span.type, rule)
                for span in spans
                if span.start < min(len(text), span.end)
            ]
        return [piece for span in merged(added) for piece in _outside(span, self._ready)]


def _outside(span: Span, own: Iterable[Span]) -> list[Span]:
    """The parts of ``span`` that no span of ``own`` covers (rule 2)."""
    pieces, start = [], span.start
    for other in own:
        if other.end <= start or other.start >= span.end:
            continue
        if other.start > start:
            pieces.append(Span(start, other.start, span.type, span.rule))
        start = max(start, other.end)
    if start < span.end:
        pieces.append(Span(start, span.end, span.type, span.rule))
    return pieces
