"""Where personal data stands in a text that arrives in pieces: what is settled, and what must be held.

1. Text in which nothing can begin (calm.py) is passed by: no layer sees it but as what stands before
   the rest.
2. ``settled`` is a promise: no span reported later begins before it, and every span that begins before it was
   reported and ends at or before it.
3. At most :data:`harness.pii.segment.HELD_MAX` raw code points are held; see segment.py for what happens then.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.pii.calm import LEAD, Calm
from harness.pii.detect import classify
from harness.pii.gate import has_any, is_cold, is_cold_so_far, is_idle
from harness.pii.names import NameBook
from harness.pii.people import MOST_TAKEN, PeopleRules, PeopleStream
from harness.pii.rules import RuleSet
from harness.pii.segment import CAP, Open, Segmenter, cold_cut
from harness.pii.view import any_word
from harness.text.fold import Folder
from harness.text.placeholder import placeholder
from harness.text.span import Span

__all__ = ["OVERSIZE", "SpanStream"]

OVERSIZE = "OVERSIZE"
"""Type of what was masked because it is too long to be looked at whole."""

_NO_SPANS: list[Span] = []

_TAIL = 160
"""Characters of folded, redacted text kept as context."""


class SpanStream:
    """Finds spans in a text that arrives in pieces; offsets are code points of the whole raw text.

    Args:
        rules: what to look for.
        people: what to look for before all else; None for nothing.
        names: the names of the conversation.
    """

    __slots__ = (
        "_calm",
        "_folder",
        "_is_calm",
        "_left",
        "_masking",
        "_offsets",
        "_people",
        "_plain",
        "_raw",
        "_rules",
        "_same",
        "_tail",
        "_text",
        "_waited",
        "settled",
    )

    def __init__(self, rules: RuleSet, people: PeopleRules | None = None, names: NameBook | None = None) -> None:
        self._rules = rules
        self._people = PeopleStream(people, names) if people else None
        self._calm = Calm(rules, self._people)
        self._is_calm = True
        """What is held no layer has seen."""
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
        same = self._same and chunk.isascii()
        if same and self._is_calm:
            cut = self._calm.take(chunk, self._tail)
            if cut >= 0:
                self._raw += len(chunk)
                self.settled += cut
                return []
            chunk = self._waken()
            self._raw = self.settled
        if same:
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

    def _waken(self) -> str:
        """Leave what is held to the layers; returns it."""
        calm, self._is_calm = self._calm, False
        if calm.passed:
            self._tail = (self._tail + calm.passed)[-_TAIL:]
            if self._people:
                self._people.pass_by(calm.passed)
        text, calm.held, calm.passed = calm.held, "", ""
        return text

    def _rest(self) -> None:
        """Take back what the layers hold, where nothing has begun in it."""
        people = self._people
        if len(self._text) > MOST_TAKEN:
            return
        if people is None:
            self._calm.held, self._text, self._is_calm = self._text, "", True
        elif (held := people.take_back(self._text)) is not None:
            self._calm.held, self._text, self._is_calm = held, "", True

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
            self._rest()
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
        if self._is_calm:
            start, held = self.settled, self._waken()
            folded, offsets = held + folded, [*range(start, start + len(held)), *offsets]
            self._offsets, self._same = range(start, start), False
        elif self._same:
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
        if self._is_calm:
            if self._calm.end():
                self.settled = self._raw
                return []
            held = self._waken()
            if self._people is None:
                self._text = held
            else:
                self._people.hold(held, self.settled)
        if self._people:
            rest = self._people.rest() if self._same else None
            if rest is None:
                self._pass("", range(self._raw, self._raw), final=True)
            else:
                self._text += rest
            self._people.finish()
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

    def without_people(self, given: str, offsets: Sequence[int], spans: list[Span], size: int) -> list[Span]:
        """The same of a text of ``size`` code points that the first layer was through with; see its ``feed``."""
        self._raw, self._waited = size, [*spans]
        return self._last(given, offsets)

    def _last(self, text: str, offsets: Sequence[int]) -> list[Span]:
        self._text, self._offsets = text, offsets
        return self._drain(final=True)

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
        if self._same and self._left is None and not self._waited and not final:
            self._rest()
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
        lead = self._tail[-LEAD:]
        return len(chain) < 3 or not (has_any(lead, cues) if lead.isascii() else any_word(lead, self._rules.cue_ends))

    def _remember(self, text: str) -> None:
        self._tail = (self._tail + text)[-_TAIL:]
