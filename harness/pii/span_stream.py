"""Where personal data stands in a text that arrives in pieces: what is settled, and what must be held.

1. Text in which nothing can begin (calm.py) is passed by: no layer sees it but as what stands before
   the rest.
2. ``settled`` is a promise: no span reported later begins before it, and every span that begins before it was
   reported and ends at or before it.
3. At most :data:`harness.pii.segment.HELD_MAX` raw code points are held; see segment.py for what happens then.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.pii.book import NameBook
from harness.pii.calm import Calm
from harness.pii.chains import Chains
from harness.pii.gate import is_cold, is_cold_so_far
from harness.pii.heard import ValueBook
from harness.pii.people import MOST_TAKEN, PeopleRules, PeopleStream
from harness.pii.rules import RuleSet
from harness.pii.segment import CAP, cold_cut
from harness.text.fold import Folder
from harness.text.span import Span

__all__ = ["SpanStream"]

_NO_SPANS: list[Span] = []


class SpanStream:
    """Finds spans in a text that arrives in pieces; offsets are code points of the whole raw text.

    Args:
        rules: what to look for.
        people: what to look for before all else; None for nothing.
        names: the names and values of the conversation; it learns those of the text when that is over.
    """

    __slots__ = (
        "_calm",
        "_chains",
        "_folder",
        "_is_calm",
        "_people",
        "_plain",
        "_raw",
        "_rules",
        "_same",
        "_shared",
        "_values",
        "_waited",
        "settled",
    )

    def __init__(self, rules: RuleSet, people: PeopleRules | None = None, names: NameBook | None = None) -> None:
        self._rules = rules
        self._people = PeopleStream(people, names) if people else None
        self._shared = names
        self._values = names.values.copy() if names is not None else ValueBook()
        self._chains = Chains(rules, self._values)
        self._calm = Calm(rules, self._people, self._values)
        self._is_calm = True
        """What is held no layer has seen."""
        self._waited: list[Span] = []
        """Names and addresses whose place is not settled yet."""
        self._folder: Folder | None = None
        self._raw = 0
        self._same = True
        """All that is held is ASCII as it came: offsets count from ``settled`` on, and are not kept."""
        self._plain = True
        """What the second layer holds is known to be cold."""
        self.settled = 0
        """Code points before which everything is decided (rule 2)."""

    def feed(self, chunk: str) -> list[Span]:
        """Take the next piece; returns the spans that are certain now."""
        same = self._same and chunk.isascii()
        if same and self._is_calm:
            cut = self._calm.take(chunk, self._chains.tail)
            if cut >= 0:
                self._raw += len(chunk)
                self.settled += cut
                return []
            chunk = self._waken()
            self._raw = self.settled
        if same:
            given, where, found = chunk, None, _NO_SPANS
            if self._people:
                given, where, found = self._people.quick(chunk, self.settled + len(self._chains.text))
            if where is None:
                return self._feed_same(given, len(chunk))
            self._chains.offsets = range(self.settled, self.settled + len(self._chains.text))
            self._same = False
            self._raw += len(chunk)
            self._waited += found
            self._chains.take(given, where)
        elif chunk:
            self._fold(chunk)
        return self._drain()

    def _waken(self) -> str:
        """Leave what is held to the layers; returns it."""
        calm, self._is_calm = self._calm, False
        if calm.passed:
            self._chains.remember(calm.passed)
            if self._people:
                self._people.pass_by(calm.passed)
        text, calm.held, calm.passed = calm.held, "", ""
        return text

    def _rest(self) -> None:
        """Take back what the layers hold, where nothing has begun in it."""
        people, chains = self._people, self._chains
        if len(chains.text) > MOST_TAKEN:
            return
        held = people.take_back(chains.text) if people else chains.text
        if held is not None:
            self._calm.held, chains.text, self._is_calm = held, "", True

    def _feed_same(self, given: str, size: int) -> list[Span]:
        """The quick way: nothing but ASCII is held, and the first layer gave on ``given`` for ``size`` code points."""
        chains = self._chains
        text = chains.text = chains.text + given
        self._raw += size
        plain = self._plain and self._people is not None and self._people.plain
        if chains.left is None and len(text) < CAP and (plain or is_cold_so_far(text, CAP)):
            self._plain = True
            cut = cold_cut(text)
            if cut:
                chains.remember(text[:cut])
                chains.text = text[cut:]
                self.settled += cut
            self._rest()
            return []
        self._stand()
        return self._drain()

    def _stand(self) -> None:
        """Keep the offsets of what is held from now on."""
        end = self.settled + len(self._chains.text)
        self._chains.offsets = range(self.settled, end)
        if self._people:
            self._people.stand(end)
        self._same = False

    def _fold(self, chunk: str) -> None:
        if self._folder is None:
            self._folder = Folder()
        folded, offsets = self._folder.feed(chunk, self._raw)
        self._raw += len(chunk)
        self._pass(folded, offsets)

    def _pass(self, folded: str, offsets: Sequence[int], *, final: bool = False) -> None:
        """Take names and addresses out of folded text, and hold the rest of it."""
        if self._is_calm:
            start, held = self.settled, self._waken()
            folded, offsets = held + folded, [*range(start, start + len(held)), *offsets]
            self._same = False
        elif self._same:
            self._stand()
        if self._people:
            folded, offsets, spans = self._people.feed(folded, offsets, final=final)
            self._waited += spans
        self._chains.take(folded, offsets)

    def boundary(self) -> None:
        """A soft separator of no width: an utterance ends here, but a number may go on in the next one."""
        self._pass("\n", [self._raw])

    def finish(self, rest: str = "") -> list[Span]:
        """No more text but ``rest``: the remaining spans; the stream is empty afterwards and may be fed a new text's worth."""
        found = self._finish(rest)
        self._tell()
        return found

    def _tell(self) -> None:
        """The text is over: the conversation learns its values."""
        if self._shared is not None:
            self._shared.values.join(self._values)

    def _finish(self, rest: str) -> list[Span]:
        if rest:
            if not (self._is_calm and rest.isascii()):
                return self.feed(rest) + self._finish("")
            self._calm.held += rest
            self._raw += len(rest)
        people, chains = self._people, self._chains
        is_free = False
        if self._is_calm:
            if self._calm.end():
                self.settled = self._raw
                if people:
                    people.finish()
                return []
            is_free = people is None or people.is_free(self._calm.passed + self._calm.held)
            held = self._waken()
            if is_free:
                chains.text = held
            elif people:
                people.hold(held, self.settled)
        if people:
            if not is_free:
                self._end(people)
            people.finish()
        text = chains.text
        if self._same:
            if chains.is_idle(text) if self._rules.builtin and len(text) < CAP else is_cold(text, CAP):
                chains.left = None
                chains.remember(text)
                chains.text, self.settled = "", self._raw
                return []
            chains.offsets = range(self.settled, self._raw)
        return self._drain(final=True)

    def _end(self, people: PeopleStream) -> None:
        """The first layer gives on what it holds."""
        rest = people.rest() if self._same else None
        if rest is None:
            self._pass("", range(self._raw, self._raw), final=True)
        else:
            self._chains.text += rest

    def whole(self, text: str) -> list[Span]:
        """The spans of a text that is all there is; for a stream that was not fed."""
        folded, offsets = Folder().feed(text)
        self._raw = len(text)
        if self._people:
            folded, offsets, self._waited = self._people.feed(folded, offsets, final=True)
            self._people.finish()
        found = self._chains.whole(folded, offsets)
        self._tell()
        return sorted(found + self._waited) if self._waited else found

    def _drain(self, *, final: bool = False) -> list[Span]:
        """What the second layer is certain of, and the names and addresses that are settled by now, in order."""
        self._plain = False
        spans = self._chains.drain(final=final)
        self._settle()
        if self._waited:
            ready = [span for span in self._waited if span.start < self.settled]
            del self._waited[: len(ready)]
            spans = sorted(spans + ready) if ready else spans
        elif self._same and self._chains.left is None and not final:
            self._rest()
        return spans

    def _settle(self) -> None:
        """Where the held text begins, and whether it is ASCII as it came."""
        people, chains = self._people, self._chains
        offsets = chains.offsets
        held = people.held if people else -1
        end = held if held >= 0 else self._raw
        self.settled = offsets[0] if chains.text else end
        if chains.masking or (people and not people.is_same(self._raw)):
            self._same = False
        elif chains.text:
            self._same = isinstance(offsets, range) and offsets.stop == end and chains.text.isascii()
        else:
            self._same = held >= 0 or self._folder is None or self._folder.idle
