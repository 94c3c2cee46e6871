"""The machine: text in pieces -> settled spans, or redacted text.

1. ``detect`` and ``redact`` are this machine fed one piece; there is no other path.
2. ``settled`` is a promise: no span reported later begins before it, and every span that begins before it was
   reported and ends at or before it.
3. What :class:`RedactStream` gave out is always a prefix of its final output.
4. At most :data:`harness.pii.segment.HELD_MAX` raw code points are held; see segment.py for what happens then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.pii.detect import classify
from harness.pii.names import NameBook
from harness.pii.operators import Operator, apply, replace
from harness.pii.people import PeopleRules, PeopleStream
from harness.pii.rules import RuleSet, builtin_rules
from harness.pii.segment import CAP, Segmenter, cold_cut, is_cold, is_idle
from harness.pii.view import has_any
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

_NOTHING = RedactedText("")

_TAIL = 160
"""Characters of folded, redacted text kept as context."""


@dataclass(frozen=True, slots=True)
class RedactionResult:
    """Redacted text, and what was found in the raw one."""

    text: RedactedText
    spans: tuple[Span, ...]


class SpanStream:
    """Finds spans in a text that arrives in pieces; offsets are code points of the whole raw text.

    Args:
        rules: what to look for.
        people: what to look for before all else; None for nothing.
        names: the names of the conversation.
    """

    __slots__ = (
        "_folder",
        "_masking",
        "_offsets",
        "_people",
        "_raw",
        "_rules",
        "_stride",
        "_tail",
        "_text",
        "_waited",
        "_waiting",
        "settled",
    )

    def __init__(self, rules: RuleSet, people: PeopleRules | None = None, names: NameBook | None = None) -> None:
        self._rules = rules
        self._people = PeopleStream(people, names) if people else None
        self._waited: list[Span] = []
        """Names and addresses whose place is not settled yet."""
        self._folder = Folder()
        self._text = ""
        self._offsets: Sequence[int] = range(0)
        self._tail = ""
        self._raw = 0
        self._waiting = ""
        self._masking = False
        self.settled = 0
        """Code points before which everything is decided (rule 2)."""

    def feed(self, chunk: str) -> list[Span]:
        """Take the next piece; returns the spans that are certain now."""
        self._waiting += chunk
        self._look()
        text = self._text
        if not self._masking and text.isascii() and len(text) < CAP and is_cold(text):
            cut = cold_cut(text)
            if cut:
                self._tail = (self._tail + text[:cut])[-_TAIL:]
                self._text, self._offsets = text[cut:], self._offsets[cut:]
            self._settle()
            return self._with_people([]) if self._waited else []
        return self._with_people(self._drain(final=False))

    def hold(self, text: str) -> None:
        """Take a piece without looking at it yet; for a text that is finished with it."""
        self._waiting += text

    def _settle(self) -> None:
        held = self._people.held if self._people else -1
        self.settled = self._offsets[0] if self._text else held if held >= 0 else self._raw

    def _with_people(self, found: list[Span]) -> list[Span]:
        """``found`` and the names and addresses that are settled by now, in order."""
        ready = [span for span in self._waited if span.start < self.settled]
        if not ready:
            return found
        del self._waited[: len(ready)]
        return sorted(found + ready)

    def _look(self, *, final: bool = False) -> None:
        """Fold what waits, and take names and addresses out of it."""
        if self._waiting:
            folded, offsets = self._folder.feed(self._waiting, self._raw)
            self._raw += len(self._waiting)
            self._waiting = ""
            self._pass(folded, offsets, final=final)
        elif final:
            self._pass("", range(self._raw, self._raw), final=True)

    def _pass(self, folded: str, offsets: Sequence[int], *, final: bool = False) -> None:
        if self._people:
            folded, offsets, spans = self._people.feed(folded, offsets, final=final)
            self._waited += spans
        self._take(folded, offsets)

    def boundary(self) -> None:
        """A soft separator of no width: an utterance ends here, but a number may go on in the next one."""
        self._look()
        self._pass("\n", [self._raw])

    def finish(self) -> list[Span]:
        """No more text: the remaining spans; the stream is empty afterwards and may be fed a new text's worth."""
        self._look(final=True)
        if self._people:
            self._people.finish()
        text = self._text
        if not self._masking and text.isascii() and is_cold(text):
            self._tail = (self._tail + text)[-_TAIL:]
            self._text, self._offsets, self.settled = "", range(0), self._raw
            return self._with_people([]) if self._waited else []
        return self._with_people(self._drain(final=True))

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
        spans: list[Span] = []
        position = 0
        segments = Segmenter(text, offsets, final=final)
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
        self._settle()
        return spans

    def _classified(self, start: int, end: int, look: str) -> list[Span]:
        chain, offsets = self._text[start:end], self._offsets
        if self._rules.builtin and chain.isascii() and self._is_idle(chain):
            self._remember(chain)
            return []
        spans: list[Span] = []
        position = 0
        for hit in classify(self._rules, self._tail, chain, look):
            self._remember(chain[position : hit.start])
            self._remember(placeholder(hit.rule.type))
            first, last = offsets[start + hit.start], offsets[start + hit.end - 1]
            spans.append(Span(first, last + 1, hit.rule.type, hit.rule.id))
            position = hit.end
        self._remember(chain[position:])
        return spans

    def _is_idle(self, chain: str) -> bool:
        """The quick test of a chain and of the cues that may stand before it."""
        cues = self._rules.cue_ends
        return is_idle(chain, cues) and (len(chain) < 3 or not has_any(self._tail[-_LEAD:], cues))

    def _remember(self, text: str) -> None:
        self._tail = (self._tail + text)[-_TAIL:]


class RedactStream:
    """Redacts a text that arrives in pieces."""

    __slots__ = ("_early", "_fresh", "_given", "_held", "_operator", "_spans", "_stream")

    def __init__(
        self,
        rules: RuleSet,
        operator: Operator = replace,
        *,
        people: PeopleRules | None = None,
        names: NameBook | None = None,
    ) -> None:
        self._stream = SpanStream(rules, people, names)
        self._operator = operator
        self._held = ""
        self._fresh = 0
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
        self._held += chunk
        self._fresh += len(chunk)
        if self._fresh < STRIDE:
            return _NOTHING
        spans = self._look()
        return _NOTHING if self._stream.settled == self._given else self._out(spans)

    def _look(self) -> list[Span]:
        """Pass on what came since the last look."""
        fresh, self._fresh = self._fresh, 0
        spans = self._stream.feed(self._held[-fresh:]) if fresh else []
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
        self._spans += spans
        size = self._stream.settled - self._given
        ready, self._held = self._held[:size], self._held[size:]
        base, self._given = self._given, self._stream.settled
        if not spans:
            return RedactedText(ready)
        return apply(ready, spans, self._operator, base=base)


class Redactor:
    """Finds and replaces personal data; immutable, may be shared.

    Args:
        rules: what to look for; the built-in rules if None.
    """

    def __init__(self, rules: RuleSet | None = None) -> None:
        self._rules = rules if rules is not None else builtin_rules()
        self._quick = self._rules.builtin
        self._cue_ends = self._rules.cue_ends
        people = PeopleRules(self._rules)
        self._people = people if people.active else None

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
        if text.isascii() and (is_idle(text, self._cue_ends) if self._quick and len(text) < CAP else is_cold(text)):
            known = names if names is not None else _NO_NAMES
            if self._people is None or not self._people.may_hold(text, known):
                return []
        stream = self.span_stream(names)
        stream.hold(text)
        return stream.finish()

    def redact(self, text: str, operator: Operator = replace, names: NameBook | None = None) -> RedactionResult:
        """``text`` with every span replaced; see :meth:`detect`."""
        spans = self.detect(text, names)
        return RedactionResult(apply(text, spans, operator) if spans else RedactedText(text), tuple(spans))

    def stream(self, operator: Operator = replace, names: NameBook | None = None) -> RedactStream:
        """A stream for one text that arrives in pieces; ``names`` learns its names when it is finished."""
        return RedactStream(self._rules, operator, people=self._people, names=names)

    def span_stream(self, names: NameBook | None = None) -> SpanStream:
        """A stream that gives spans instead of text; likewise."""
        return SpanStream(self._rules, self._people, names)
