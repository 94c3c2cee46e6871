"""The machine: text in pieces -> settled spans, or redacted text.

1. ``detect`` and ``redact`` are this machine fed one piece; there is no other path.
2. ``settled`` is a promise: no span reported later begins before it, and every span that begins before it was
   reported and ends at or before it.
3. What :class:`RedactStream` gave out is always a prefix of its final output.
4. At most :data:`harness.pii.segment.HELD_MAX` raw code points are held; see segment.py for what happens then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from harness.pii.book import NameBook
from harness.pii.detect import classify
from harness.pii.gate import has_any, is_cold, is_cold_so_far, is_idle, is_idle_of, parsed
from harness.pii.heard import ValueBook
from harness.pii.operators import Operator, apply, replace
from harness.pii.people import PeopleRules, PeopleStream
from harness.pii.rules import RuleSet, builtin_rules
from harness.pii.segment import CAP, Open, Segmenter, cold_cut
from harness.pii.view import any_word
from harness.text.fold import Folder
from harness.text.placeholder import placeholder
from harness.text.span import RedactedText, Span

__all__ = ["OVERSIZE", "RedactStream", "RedactionResult", "Redactor", "SpanStream"]

OVERSIZE = "OVERSIZE"
"""Type of what was masked because it is too long to be looked at whole."""

STRIDE = 16
"""Code points that a :class:`RedactStream` awaits before it looks again: small pieces cost less, hold-back grows by eight."""

_LEAD = 130
"""Characters of it in which a cue can stand."""

_NO_NAMES = NameBook()

_NO_SPANS: list[Span] = []

_NOTHING = RedactedText("")

_TAIL = 160
"""Characters of folded, redacted text kept as context."""


class RedactionResult(NamedTuple):
    """Redacted text, and what was found in the raw one."""

    text: RedactedText
    spans: tuple[Span, ...]


class SpanStream:
    """Finds spans in a text that arrives in pieces; offsets are code points of the whole raw text.

    Args:
        rules: what to look for.
        people: what to look for before all else; None for nothing.
        names: the names and values of the conversation.
    """

    __slots__ = (
        "_folder",
        "_left",
        "_masking",
        "_offsets",
        "_people",
        "_plain",
        "_raw",
        "_rules",
        "_same",
        "_shared",
        "_tail",
        "_text",
        "_values",
        "_waited",
        "settled",
    )

    def __init__(self, rules: RuleSet, people: PeopleRules | None = None, names: NameBook | None = None) -> None:
        self._rules = rules
        self._people = PeopleStream(people, names) if people else None
        self._shared = names
        self._values = names.values.copy() if names is not None else ValueBook()
        self._waited: list[Span] = []
        """Names and addresses whose place is not settled yet."""
        self._folder = Folder()
        self._text = ""
        self._offsets: Sequence[int] = range(0)
        self._tail = ""
        self._raw = 0
        self._same = True
        """All that is held is ASCII as it came: offsets count from ``settled`` on, and are not kept."""
        self._plain = True
        """What is held is known to be cold."""
        self._left: Open | None = None
        self._masking = False
        self.settled = 0
        """Code points before which everything is decided (rule 2)."""

    def feed(self, chunk: str) -> list[Span]:
        """Take the next piece; returns the spans that are certain now."""
        if self._same and chunk.isascii():
            given, where, found = chunk, None, _NO_SPANS
            if self._people:
                given, where, found = self._people.quick(chunk, self.settled + len(self._text))
            if where is None:
                return self._feed_same(given, len(chunk))
            self._offsets = range(self.settled, self.settled + len(self._text))
            self._same = False
            self._raw += len(chunk)
            self._waited += found
            self._take(given, where)
            return self._drain(final=False)
        if chunk:
            self._fold(chunk)
        return self._drain(final=False)

    def _feed_same(self, given: str, size: int) -> list[Span]:
        """The quick way: nothing but ASCII is held, and the first layer gave on ``given`` for ``size`` code points."""
        text = self._text = self._text + given
        self._raw += size
        plain = self._plain and self._people is not None and self._people.plain
        if self._left is None and len(text) < CAP and (plain or is_cold_so_far(text, CAP)):
            self._plain = True
            cut = cold_cut(text)
            if cut:
                self._tail = (self._tail + text[:cut])[-_TAIL:]
                self._text = text[cut:]
                self.settled += cut
            return []
        self._stand()
        return self._drain(final=False)

    def _stand(self) -> None:
        """Keep the offsets of what is held from now on."""
        end = self.settled + len(self._text)
        self._offsets = range(self.settled, end)
        if self._people:
            self._people.stand(end)
        self._same = False

    def _fold(self, chunk: str) -> None:
        folded, offsets = self._folder.feed(chunk, self._raw)
        self._raw += len(chunk)
        self._pass(folded, offsets)

    def _pass(self, folded: str, offsets: Sequence[int], *, final: bool = False) -> None:
        """Take names and addresses out of folded text, and hold the rest of it."""
        if self._same:
            self._stand()
        if self._people:
            folded, offsets, spans = self._people.feed(folded, offsets, final=final)
            self._waited += spans
        self._take(folded, offsets)

    def boundary(self) -> None:
        """A soft separator of no width: an utterance ends here, but a number may go on in the next one."""
        self._pass("\n", [self._raw])

    def finish(self) -> list[Span]:
        """No more text: the remaining spans; the stream is empty afterwards and may be fed a new text's worth."""
        if self._people:
            rest = self._people.rest() if self._same else None
            if rest is None:
                self._pass("", range(self._raw, self._raw), final=True)
            else:
                self._text += rest
            self._people.finish()
        found = self._ended()
        self._tell()
        return found

    def _ended(self) -> list[Span]:
        text = self._text
        if self._same:
            if self._is_idle(text) if self._rules.builtin and len(text) < CAP else is_cold(text, CAP):
                self._left = None
                self._tail = (self._tail + text)[-_TAIL:]
                self._text, self.settled = "", self._raw
                return []
            self._offsets = range(self.settled, self._raw)
        return self._drain(final=True)

    def whole(self, text: str) -> list[Span]:
        """The spans of a text that is all there is; for a stream that was not fed."""
        folded, offsets = self._folder.feed(text)
        self._raw = len(text)
        if self._people:
            folded, offsets, self._waited = self._people.feed(folded, offsets, final=True)
            self._people.finish()
        return self._last(folded, offsets)

    def _tell(self) -> None:
        """The text is over: the conversation learns its values."""
        if self._shared is not None:
            self._shared.values.join(self._values)

    def without_people(self, given: str, offsets: Sequence[int], spans: list[Span], size: int) -> list[Span]:
        """The same of a text of ``size`` code points that the first layer was through with; see its ``feed``."""
        self._raw, self._waited = size, [*spans]
        return self._last(given, offsets)

    def _last(self, text: str, offsets: Sequence[int]) -> list[Span]:
        self._text, self._offsets = text, offsets
        found = self._drain(final=True)
        self._tell()
        return found

    def _with_people(self, found: list[Span]) -> list[Span]:
        """``found`` and the names and addresses that are settled by now, in order."""
        ready = [span for span in self._waited if span.start < self.settled]
        del self._waited[: len(ready)]
        return sorted(found + ready) if ready else found

    def _take(self, folded: str, offsets: Sequence[int]) -> None:
        if not self._text:
            self._text, self._offsets = folded, offsets
            return
        held = self._offsets
        self._text += folded
        if isinstance(held, range) and isinstance(offsets, range) and held.stop == offsets.start:
            self._offsets = range(held.start, offsets.stop)
        elif folded:
            self._offsets = [*held, *offsets]

    def _drain(self, *, final: bool) -> list[Span]:
        text, offsets = self._text, self._offsets
        self._plain = False
        spans: list[Span] = []
        position = 0
        segments = Segmenter(text, offsets, final=final, left=self._left)
        while segment := segments.next(position, masking=self._masking):
            kind, begin, end, look, is_open = segment
            if begin > position:
                self._remember(text[max(position, begin - _TAIL) : begin])
            if kind == "hot":
                spans += self._classified(begin, end, text[end:look])
            elif kind == "oversize":
                self._masking = is_open
                if end > begin:
                    spans.append(Span(offsets[begin], offsets[end - 1] + 1, OVERSIZE, "oversize"))
                    self._remember(placeholder(OVERSIZE))
            position = end
        self._text, self._offsets = text[position:], offsets[position:]
        self._masking = self._masking and not final
        left = segments.left
        self._left = (
            Open(left.hot - position, left.position - position, left.mail) if left and not self._masking else None
        )
        self._settle()
        return self._with_people(spans) if self._waited else spans

    def _settle(self) -> None:
        """Where the held text begins, and whether it is ASCII as it came."""
        offsets, people = self._offsets, self._people
        held = people.held if people else -1
        end = held if held >= 0 else self._raw
        self.settled = offsets[0] if self._text else end
        if self._masking or (people and not people.is_same(self._raw)):
            self._same = False
        elif self._text:
            self._same = isinstance(offsets, range) and offsets.stop == end and self._text.isascii()
        else:
            self._same = held >= 0 or self._folder.idle

    def _classified(self, start: int, end: int, look: str) -> list[Span]:
        chain, offsets = self._text[start:end], self._offsets
        if self._rules.builtin and chain.isascii() and self._is_idle(chain):
            self._remember(chain)
            return []
        spans: list[Span] = []
        position = 0
        for hit in classify(self._rules, self._tail, chain, look, self._values):
            self._remember(chain[position : hit.start])
            self._remember(placeholder(hit.rule.type))
            first, last = offsets[start + hit.start], offsets[start + hit.end - 1]
            spans.append(Span(first, last + 1, hit.rule.type, hit.rule.id))
            position = hit.end
        self._remember(chain[position:])
        return spans

    def _is_idle(self, chain: str) -> bool:
        """The quick test of a chain and of the cues that may stand before it."""
        cues = self._rules.cue_low
        if not is_idle(chain, cues) or (self._values and self._values.may_be_in(chain)):
            return False
        lead = self._tail[-_LEAD:]
        return len(chain) < 3 or not (has_any(lead, cues) if lead.isascii() else any_word(lead, self._rules.cue_ends))

    def _remember(self, text: str) -> None:
        self._tail = (self._tail + text)[-_TAIL:]


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
            self._due = self._seen + STRIDE
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
        return self._out(self._look() + self._stream.finish())

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
            names: the names of the conversation; it learns those of the text.
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
        if (
            not spans
            and self._is_nothing(text, plain, words)
            and not (names is not None and names.values.may_be_in(text))
        ):
            return []
        return SpanStream(self._rules, None, names).without_people(given, offsets, spans, len(text))

    def _is_nothing(self, text: str, plain: bytes, words: list[bytes]) -> bool:
        if self._quick and len(text) < CAP:
            return is_idle_of(text, plain, words, self._cue_ends)
        return is_cold(text, CAP)

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
