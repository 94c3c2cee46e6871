"""Personal data as identities: the same value is the same token, and nothing else of it is left.

Grounding reads text through this, so that a verdict rests on *which* values are the same and never on their digits: it
is the same for a conversation and for that conversation with surrogates.

1. Equal canonical values of one type are one identity, however they are written: ``[PHONE_2_REDACTED]``.
2. A later mention of a known value's last four digits ("ending in 1234") is that identity too.
3. Names stay as they are: which name it is, and how it is written, is what a summary may get wrong. A surrogate of a name is
   the same in context and summary, part by part, so the verdict is too.
4. Identities are numbered in the order they are met, per conversation.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.pii.gate import is_still
from harness.pii.names import NameBook
from harness.pii.stream import Redactor
from harness.pii.surrogate import canonical, last_four, last_four_mentions
from harness.text.placeholder import identity

__all__ = ["Identities", "Masked"]


@dataclass(frozen=True, slots=True)
class Masked:
    """A text with identities in the place of its values.

    Args:
        text: the masked text.
        places: (start, end in ``text``, start, end in the original), in order.
    """

    text: str = field(repr=False)
    places: tuple[tuple[int, int, int, int], ...]

    def original(self, offset: int) -> int:
        """Where ``offset`` of the masked text lies in the original; inside an identity: where its value ends."""
        shift = 0
        for start, end, _, last in self.places:
            if offset <= start:
                break
            if offset < end:
                return last
            shift = last - end
        return offset + shift


class Identities:
    """The values of one conversation.

    Args:
        redactor: finds them.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._tokens: dict[tuple[str, str], str] = {}
        self._last_four: dict[str, str] = {}
        self.names = NameBook()
        """The names of the conversation."""

    def mask(self, text: str) -> Masked:
        """``text`` with every value as its identity."""
        spans = [span for span in self._redactor.detect(text, self.names) if span.type != "PERSON"]
        if not spans and (not self._last_four or is_still(text)):
            return Masked(text, ())
        found = [(span.start, span.end, self._token(span.type, text[span.start : span.end])) for span in spans]
        taken = [(start, end) for start, end, _ in found]
        for start, end, digits in last_four_mentions(text):
            token = self._last_four.get(digits)
            if token and all(end <= first or last <= start for first, last in taken):
                found.append((start, end, token))
        return _masked(text, sorted(found))

    def _token(self, type_: str, value: str) -> str:
        key = (type_, canonical(type_, value))
        if key not in self._tokens:
            self._tokens[key] = identity(type_, len(self._tokens) + 1)
            digits = last_four(type_, value)
            if digits:
                self._last_four.setdefault(digits, self._tokens[key])
        return self._tokens[key]


def _masked(text: str, found: list[tuple[int, int, str]]) -> Masked:
    parts: list[str] = []
    places: list[tuple[int, int, int, int]] = []
    at = length = 0
    for start, end, token in found:
        parts += (text[at:start], token)
        length += start - at
        places.append((length, length + len(token), start, end))
        length += len(token)
        at = end
    return Masked("".join((*parts, text[at:])), tuple(places))
