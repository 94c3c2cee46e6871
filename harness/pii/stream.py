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

from harness.pii.detect import classify
from harness.pii.gate import has_any, is_cold, is_cold_so_far, is_idle
from harness.pii.operators import Operator, apply, replace
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
    """

    __slots__ = (
        "_folder",
        "_left",
        "_masking",
        "_offsets",
        "_raw",
        "_rules",
        "_same",
        "_tail",
        "_text",
        "settled",
    )

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._folder = Folder()
        self._text = ""
        self._offsets: Sequence[int] = range(0)
        self._tail = ""
        self._raw = 0
        self._same = True
        """The held text is ASCII as it came: offsets count from ``settled`` on."""
        self._left: Open | None = None
        self._masking = False
        self.settled = 0
        """Code points before which everything is decided (rule 2)."""

    def feed(self, chunk: str) -> list[Span]:
        """Take the next piece; returns the spans that are certain now."""
        if self._same and chunk.isascii():
            text = self._text = self._text + chunk
            self._raw += len(chunk)
            if self._left is None and len(text) < CAP and is_cold_so_far(text, CAP):
                cut = cold_cut(text)
                if cut:
                    self._tail = (self._tail + text[:cut])[-_TAIL:]
                    self._text = text[cut:]
                    self.settled += cut
                return []
            self._offsets = range(self.settled, self._raw)
        elif chunk:
            self._fold(chunk)
        return self._drain(final=False)

    def _fold(self, chunk: str) -> None:
        if self._same:
            self._offsets = range(self.settled, self._raw)
        self._take(*self._folder.feed(chunk, self._raw))
        self._raw += len(chunk)
        self._same = False

    def boundary(self) -> None:
        """A soft separator of no width: an utterance ends here, but a number may go on in the next one."""
        if self._same:
            self._offsets = range(self.settled, self._raw)
            self._same = False
        self._take("\n", [self._raw])

    def finish(self) -> list[Span]:
        """No more text: the remaining spans; the stream is empty afterwards and may be fed a new text's worth."""
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
        self._text, self._offsets = self._folder.feed(text)
        self._raw = len(text)
        return self._drain(final=True)

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
        offsets = self._offsets
        if self._text:
            self.settled = offsets[0]
            self._same = (
                not self._masking and isinstance(offsets, range) and offsets.stop == self._raw and self._text.isascii()
            )
        else:
            self.settled = self._raw
            self._same = not self._masking and self._folder.idle
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
        cues = self._rules.cue_low
        if not is_idle(chain, cues):
            return False
        lead = self._tail[-_LEAD:]
        return len(chain) < 3 or not (has_any(lead, cues) if lead.isascii() else any_word(lead, self._rules.cue_ends))

    def _remember(self, text: str) -> None:
        self._tail = (self._tail + text)[-_TAIL:]


class RedactStream:
    """Redacts a text that arrives in pieces."""

    __slots__ = ("_due", "_early", "_given", "_held", "_operator", "_seen", "_spans", "_stream")

    def __init__(self, rules: RuleSet, operator: Operator = replace) -> None:
        self._stream = SpanStream(rules)
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

    @property
    def policy_digest(self) -> str:
        """``sha256:`` and the digest of the rules."""
        return self._rules.digest

    @property
    def rules(self) -> RuleSet:
        """The rules in force."""
        return self._rules

    def detect(self, text: str) -> list[Span]:
        """Spans of ``text``, sorted, not overlapping."""
        if text.isascii() and (
            is_idle(text, self._cue_ends) if self._quick and len(text) < CAP else is_cold(text, CAP)
        ):
            return []
        return self.span_stream().whole(text)

    def redact(self, text: str, operator: Operator = replace) -> RedactionResult:
        """``text`` with every span replaced."""
        spans = self.detect(text)
        return RedactionResult(apply(text, spans, operator) if spans else RedactedText(text), tuple(spans))

    def stream(self, operator: Operator = replace) -> RedactStream:
        """A stream for one text that arrives in pieces."""
        return RedactStream(self._rules, operator)

    def span_stream(self) -> SpanStream:
        """A stream that gives spans instead of text."""
        return SpanStream(self._rules)
