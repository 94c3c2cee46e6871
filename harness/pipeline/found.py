"""What was found in the texts of the message at hand: redaction and grounding read the same ones, so each is searched once.

1. Nothing is kept from one message to the next: :meth:`Found.begin` forgets.
2. The same text with the same names known is the same; where a text holds a name it is searched again, for whoever learns it;
   its values are told to whoever asks.
3. All texts without digits are first looked at as one, by the redactor's quick test: mostly it proves that there is nothing in
   any of them, and none of them is searched.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from harness.pii import Redactor, SpanStream
from harness.pii.book import NameBook
from harness.pii.gate import is_still
from harness.text.span import Span

__all__ = ["Found"]

_NO_NAMES = NameBook()
_NO_TEXTS: frozenset[str] = frozenset()


class Found(Redactor):
    """A redactor that searches an equal text once per message.

    Args:
        redactor: does the work.
    """

    def __init__(self, redactor: Redactor) -> None:
        super().__init__(redactor.rules)
        self._redactor = redactor
        self._found: dict[tuple[str, Hashable], tuple[Span, ...]] = {}
        self._quiet: frozenset[str] = _NO_TEXTS
        """Texts of the message in which there is nothing but, perhaps, names that are known."""
        self._words: list[bytes] = []
        """Their words."""
        self._is_quiet = False
        """They are all there is."""

    @property
    def policy_digest(self) -> str:
        """That of the redactor."""
        return self._redactor.policy_digest

    def begin(self, texts: Sequence[str] = ()) -> None:
        """Another message, of which ``texts`` are to be searched: forget the last one."""
        self._found.clear()
        words = self._redactor.quiet_words("\n".join(texts))
        self._is_quiet = words is not None
        still = texts
        if words is None:
            still = [text for text in texts if is_still(text)]
            words = self._redactor.quiet_words("\n".join(still)) if len(still) < len(texts) else None
        self._quiet, self._words = (_NO_TEXTS, []) if words is None else (frozenset(still), words)

    def is_quiet(self, names: NameBook) -> bool:
        """A proof that nothing is found in any text of the message; False says nothing."""
        return self._is_quiet and (not names or names.pieces.isdisjoint(self._words))

    def is_quiet_in(self, text: str, names: NameBook) -> bool:
        """The same of one text."""
        return text in self._quiet and (not names or names.pieces.isdisjoint(self._words))

    def detect(self, text: str, names: NameBook | None = None) -> list[Span]:
        """Spans of ``text``, as the redactor finds them."""
        if self.is_quiet_in(text, _NO_NAMES if names is None else names):
            return []
        key = (text, (_NO_NAMES if names is None else names).heard)
        found = self._found.get(key)
        if found is not None:
            if names is not None:
                for span in found:
                    names.values.learn(span.type, text[span.start : span.end])
            return list(found)
        found = tuple(self._redactor.detect(text, names))
        if not any(span.type == "PERSON" for span in found):
            self._found[key] = found
        return list(found)

    def span_stream(self, names: NameBook | None = None) -> SpanStream:
        """A stream of the redactor's."""
        return self._redactor.span_stream(names)
