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
from harness.pii.operators import Operator, apply, replace
from harness.pii.rules import RuleSet, builtin_rules
from harness.pii.segment import next_segment
from harness.text.fold import Folder
from harness.text.placeholder import placeholder
from harness.text.span import RedactedText, Span

__all__ = ["OVERSIZE", "RedactStream", "RedactionResult", "Redactor", "SpanStream"]

OVERSIZE = "OVERSIZE"
"""Type of what was masked because it is too long to be looked at whole."""

_TAIL = 240
"""Characters of folded, redacted text kept as context."""


@dataclass(frozen=True, slots=True)
class RedactionResult:
    """Redacted text, and what was found in the raw one."""

    text: RedactedText
    spans: tuple[Span, ...]


class SpanStream:
    """Finds spans in a text that arrives in pieces; offsets are code points of the whole raw text."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._folder = Folder()
        self._text = ""
        self._offsets: Sequence[int] = range(0)
        self._tail = ""
        self._raw = 0
        self._masking = False
        self.settled = 0
        """Code points before which everything is decided (rule 2)."""

    def feed(self, chunk: str) -> list[Span]:
        """Take the next piece; returns the spans that are certain now."""
        folded, offsets = self._folder.feed(chunk, self._raw)
        self._raw += len(chunk)
        self._take(folded, offsets)
        return self._drain(final=False)

    def boundary(self) -> None:
        """A soft separator of no width: an utterance ends here, but a number may go on in the next one."""
        self._take("\n", [self._raw])

    def finish(self) -> list[Span]:
        """No more text: the remaining spans; the stream is empty afterwards and may be fed a new text's worth."""
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
        while segment := next_segment(text, offsets, position, final=final, masking=self._masking):
            end = segment.end
            if segment.kind == "cold":
                self._remember(text[max(position, end - _TAIL) : end])
            elif segment.kind == "hot":
                spans += self._classified(position, end, text[end : segment.look])
            else:
                self._masking = segment.open
                if end > position:
                    spans.append(Span(offsets[position], offsets[end - 1] + 1, OVERSIZE, "oversize"))
                    self._remember(placeholder(OVERSIZE))
            position = end
        self._text, self._offsets = text[position:], offsets[position:]
        self._masking = self._masking and not final
        self.settled = self._offsets[0] if self._text else self._raw
        return spans

    def _classified(self, start: int, end: int, look: str) -> list[Span]:
        chain, offsets = self._text[start:end], self._offsets
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

    def _remember(self, text: str) -> None:
        self._tail = (self._tail + text)[-_TAIL:]


class RedactStream:
    """Redacts a text that arrives in pieces."""

    def __init__(self, rules: RuleSet, operator: Operator = replace) -> None:
        self._stream = SpanStream(rules)
        self._operator = operator
        self._held = ""
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
        return self._out(self._stream.feed(chunk))

    def boundary(self) -> None:
        """See :meth:`SpanStream.boundary`."""
        self._stream.boundary()

    def finish(self) -> RedactedText:
        """The rest."""
        return self._out(self._stream.finish())

    def _out(self, spans: list[Span]) -> RedactedText:
        self._spans += spans
        size = self._stream.settled - self._given
        ready, self._held = self._held[:size], self._held[size:]
        base, self._given = self._given, self._stream.settled
        return apply(ready, spans, self._operator, base=base)


class Redactor:
    """Finds and replaces personal data; immutable, may be shared.

    Args:
        rules: what to look for; the built-in rules if None.
    """

    def __init__(self, rules: RuleSet | None = None) -> None:
        self._rules = rules if rules is not None else builtin_rules()

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
        stream = self.span_stream()
        return stream.feed(text) + stream.finish()

    def redact(self, text: str, operator: Operator = replace) -> RedactionResult:
        """``text`` with every span replaced."""
        stream = self.stream(operator)
        redacted = stream.feed(text) + stream.finish()
        return RedactionResult(RedactedText(redacted), stream.spans)

    def stream(self, operator: Operator = replace) -> RedactStream:
        """A stream for one text that arrives in pieces."""
        return RedactStream(self._rules, operator)

    def span_stream(self) -> SpanStream:
        """A stream that gives spans instead of text."""
        return SpanStream(self._rules)
