"""The second layer: hot chains of folded text, where names and addresses are placeholders already -> spans.

1. What is held is what no segment holds yet (segment.py); the end of what was decided is kept as context, with placeholders in
   the place of values.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.pii.detect import classify
from harness.pii.gate import has_any, is_idle
from harness.pii.heard import ValueBook
from harness.pii.rules import RuleSet
from harness.pii.segment import Open, Segmenter
from harness.pii.view import any_word
from harness.text.placeholder import placeholder
from harness.text.span import Span

__all__ = ["LEAD", "OVERSIZE", "Chains"]

OVERSIZE = "OVERSIZE"
"""Type of what was masked because it is too long to be looked at whole."""

LEAD = 130
"""Characters before a chain in which a cue can stand."""

_TAIL = 160
"""Characters of folded, redacted text kept as context."""


class Chains:
    """The layer for one text that arrives in pieces.

    Args:
        rules: what to look for.
        values: the values that are known by now; it learns those of the text.
    """

    __slots__ = ("_rules", "_values", "left", "masking", "offsets", "tail", "text")

    def __init__(self, rules: RuleSet, values: ValueBook) -> None:
        self._rules = rules
        self._values = values
        self.text = ""
        """What is held."""
        self.offsets: Sequence[int] = range(0)
        """The raw offset of each of its characters."""
        self.tail = ""
        """What stands before it."""
        self.left: Open | None = None
        """The chain that is open in it."""
        self.masking = False
        """It goes on with what is masked."""

    def whole(self, text: str, offsets: Sequence[int]) -> list[Span]:
        """The spans of a text that is all there is; for a layer that was not used."""
        self.text, self.offsets = text, offsets
        return self.drain(final=True)

    def take(self, folded: str, offsets: Sequence[int]) -> None:
        """Hold more."""
        if not self.text:
            self.text, self.offsets = folded, offsets
            return
        held = self.offsets
        self.text += folded
        if isinstance(held, range) and isinstance(offsets, range) and held.stop == offsets.start:
            self.offsets = range(held.start, offsets.stop)
        elif folded:
            self.offsets = [*held, *offsets]

    def drain(self, *, final: bool) -> list[Span]:
        """The spans that are certain now; what decides others stays held."""
        text, offsets = self.text, self.offsets
        spans: list[Span] = []
        position = 0
        segments = Segmenter(text, offsets, final=final, left=self.left)
        while segment := segments.next(position, masking=self.masking):
            kind, begin, end, look, is_open = segment
            if begin > position:
                self.remember(text[max(position, begin - _TAIL) : begin])
            if kind == "hot":
                spans += self._classified(begin, end, text[end:look])
            elif kind == "oversize":
                self.masking = is_open
                if end > begin:
                    spans.append(Span(offsets[begin], offsets[end - 1] + 1, OVERSIZE, "oversize"))
                    self.remember(placeholder(OVERSIZE))
            position = end
        self.text, self.offsets = text[position:], offsets[position:]
        self.masking = self.masking and not final
        left = segments.left
        self.left = (
            Open(left.hot - position, left.position - position, left.mail) if left and not self.masking else None
        )
        return spans

    def _classified(self, start: int, end: int, look: str) -> list[Span]:
        chain, offsets = self.text[start:end], self.offsets
        if self._rules.builtin and chain.isascii() and self.is_idle(chain):
            self.remember(chain)
            return []
        spans: list[Span] = []
        position = 0
        for hit in classify(self._rules, self.tail, chain, look, self._values):
            rule = hit.rule
            self.remember(chain[position : hit.start] + placeholder(rule.type))
            spans.append(Span(offsets[start + hit.start], offsets[start + hit.end - 1] + 1, rule.type, rule.id))
            position = hit.end
        self.remember(chain[position:])
        return spans

    def is_idle(self, chain: str) -> bool:
        """The quick test of an ASCII chain and of the cues that may stand before it, for the rules of the package."""
        cues = self._rules.cue_low
        if not is_idle(chain, cues) or self._values.may_be_in(chain):
            return False
        lead = self.tail[-LEAD:]
        return len(chain) < 3 or not (has_any(lead, cues) if lead.isascii() else any_word(lead, self._rules.cue_ends))

    def remember(self, text: str) -> None:
        """Decided text stands before what is held."""
        self.tail = (self.tail + text)[-_TAIL:]
