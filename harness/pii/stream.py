"""The machine: text in pieces -> redacted text.

1. ``detect`` and ``redact`` are this machine fed one piece; there is no other path.
2. What :class:`RedactStream` gave out is always a prefix of its final output.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from harness.pii.book import NameBook
from harness.pii.chains import Chains
from harness.pii.course import LONG_ROW, Course
from harness.pii.gate import HOT, NUMBER, WAKE, is_cold, is_idle_of, low, parsed
from harness.pii.heard import ValueBook
from harness.pii.operators import Operator, apply, replace
from harness.pii.people import PeopleRules, PeopleStream
from harness.pii.rules import RuleSet, builtin_rules
from harness.pii.segment import CAP
from harness.pii.span_stream import SpanStream
from harness.text.span import RedactedText, Span

__all__ = ["RedactStream", "RedactionResult", "Redactor", "SpanStream"]

STRIDE = 16
"""Code points that a :class:`RedactStream` awaits before it looks again: small pieces cost less, hold-back grows by eight."""

WAIT = 8
"""The same after a look that decided nothing."""

_LONG_WORD = 15
"""Without a longer one no chain that is followed (course.py) is longer than one that is looked at (segment.py)."""

_MOST_SAID = 4
"""More number words are likely to be a value."""

_NO_NAMES = NameBook()

_NO_SPANS: list[Span] = []

_NOTHING = RedactedText("")


class RedactionResult(NamedTuple):
    """Redacted text, and what was found in the raw one."""

    text: RedactedText
    spans: tuple[Span, ...]


class RedactStream:
    """Redacts a text that arrives in pieces.

    Args:
        stream: finds what is replaced; not yet fed.
        operator: what is put in a value's place.
    """

    __slots__ = ("_due", "_early", "_given", "_held", "_operator", "_seen", "_spans", "_stream")

    def __init__(self, stream: SpanStream, operator: Operator = replace) -> None:
        self._stream = stream
        self._operator = operator
        self._held = ""
        self._seen = 0
        """Code points of it that the stream was fed."""
        self._due = STRIDE
        self._early: list[Span] = []
        """Spans that a boundary settled; they come out with the next piece."""
        self._given = 0
        self._spans: list[Span] = []

    @property
    def spans(self) -> tuple[Span, ...]:
        """Spans found so far, in the whole raw text."""
        return tuple(self._spans)

    @property
    def held(self) -> int:
        """Raw code points not given out yet."""
        return len(self._held)

    def feed(self, chunk: str) -> RedactedText:
        """Take the next piece; returns what is certain now, maybe nothing."""
        held = self._held = self._held + chunk
        if len(held) < self._due:
            return _NOTHING
        stream = self._stream
        spans = stream.feed(held[self._seen :])
        self._seen = len(held)
        if spans or self._early:
            spans, self._early = self._early + spans, []
        if stream.settled == self._given:
            self._due = self._seen + WAIT
            return _NOTHING
        return self._out(spans)

    def _look(self) -> list[Span]:
        """Pass on what came since the last look."""
        held = self._held
        spans = self._stream.feed(held[self._seen :]) if self._seen < len(held) else []
        self._seen = len(held)
        if self._early:
            spans, self._early = self._early + spans, []
        return spans

    def boundary(self) -> None:
        """See :meth:`SpanStream.boundary`."""
        self._early = self._look()
        self._stream.boundary()

    def finish(self) -> RedactedText:
        """The rest."""
        spans = self._stream.finish(self._held[self._seen :])
        return self._out(self._early + spans if self._early else spans)

    def _out(self, spans: list[Span]) -> RedactedText:
        base, self._given = self._given, self._stream.settled
        size = self._given - base
        ready, self._held = self._held[:size], self._held[size:]
        self._seen -= size
        self._due = self._seen + STRIDE
        if not spans:
            return RedactedText(ready)
        self._spans += spans
        return apply(ready, spans, self._operator, base=base)


def _is_short(text: str) -> bool:
    """Whether no row without a blank has :data:`CAP` characters; False says nothing."""
    at, size = 0, len(text)
    while size - at >= CAP:
        blank = text.rfind(" ", at, at + CAP)
        if blank < 0:
            return False
        at = blank + 1
    return True


class Redactor:
    """Finds and replaces personal data; immutable, may be shared.

    Args:
        rules: what to look for; the built-in rules if None.
    """

    def __init__(self, rules: RuleSet | None = None) -> None:
        self._rules = rules if rules is not None else builtin_rules()
        self._quick = self._rules.builtin
        self._cue_ends = self._rules.cue_low
        people = PeopleRules(self._rules)
        self._people = people if people.active else None
        self._wakes = people.wakes

    @property
    def policy_digest(self) -> str:
        """``sha256:`` and the digest of the rules."""
        return self._rules.digest

    @property
    def rules(self) -> RuleSet:
        """The rules in force."""
        return self._rules

    def detect(self, text: str, names: NameBook | None = None) -> list[Span]:
        """Spans of ``text``, sorted, not overlapping.

        Args:
            names: the names and values of the conversation; it learns those of the text.
        """
        people = self._people
        if not text.isascii():
            return SpanStream(self._rules, people, names).whole(text)
        plain, words = parsed(text)
        if self._quick and not names and b"0" not in plain and self._wakes.isdisjoint(words) and len(text) < CAP:
            return []
        given, spans = text, _NO_SPANS
        offsets: Sequence[int] = range(len(text))
        if people and people.may_hold(text, plain, words, names if names is not None else _NO_NAMES):
            layer = PeopleStream(people, names)
            given, offsets, spans = layer.feed(text, offsets, final=True)
            layer.finish()
        values = names.values if names is not None else ValueBook()
        if not spans and self._is_nothing(text, plain, words) and not values.may_be_in(text):
            return []
        found = Chains(self._rules, values).whole(given, offsets)
        return sorted(found + spans) if spans else found

    def _is_nothing(self, text: str, plain: bytes, words: list[bytes]) -> bool:
        if self._quick and len(text) < CAP:
            if is_idle_of(text, plain, words, self._cue_ends):
                return True
        elif b"0" not in plain and HOT.isdisjoint(words):
            return _is_short(text) or is_cold(text, CAP)
        if (
            not self._quick
            or "@" in text
            or LONG_ROW.search(plain)
            or sum(map(NUMBER.__contains__, words)) > _MOST_SAID
        ):
            return False
        if len(text) >= CAP and max(map(len, text.split()), default=0) > _LONG_WORD:
            return False
        followed = plain.split() if b"0" in plain else words
        return Course([*followed, b"", b""], HOT, self._cue_ends).is_nothing(text, plain)

    def quiet_words(self, text: str) -> list[bytes] | None:
        """The words of ``text`` (:func:`harness.pii.gate.parsed`) if quick tests alone prove that nothing is in it, nor in
        any row of its lines by itself, but for names that a book knows; None if they do not.

        No quick test stands before the ``detect`` of a class that has its own.
        """
        if type(self).detect is not Redactor.detect or not text.isascii():
            return None
        plain = low(text)
        if b"0" in plain:
            return None
        words = plain.split()
        if not (HOT.isdisjoint(words) and _is_short(text)):
            lines_are_short = len(text) < CAP or max(map(len, text.split("\n"))) < CAP
            if not (self._quick and lines_are_short and WAKE.isdisjoint(words)):
                return None
        people = self._people
        return None if people and people.may_hold(text, plain, words, _NO_NAMES) else words

    def redact(self, text: str, operator: Operator = replace, names: NameBook | None = None) -> RedactionResult:
        """``text`` with every span replaced; see :meth:`detect`."""
        spans = self.detect(text, names)
        return RedactionResult(apply(text, spans, operator) if spans else RedactedText(text), tuple(spans))

    def stream(self, operator: Operator = replace, names: NameBook | None = None) -> RedactStream:
        """A stream for one text that arrives in pieces; ``names`` learns its names when it is finished."""
        return RedactStream(self.span_stream(names), operator)

    def span_stream(self, names: NameBook | None = None) -> SpanStream:
        """A stream that gives spans instead of text; likewise."""
        return SpanStream(self._rules, self._people, names)
