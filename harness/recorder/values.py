"""Surrogates for values, also for those whose pieces lie in several messages.

1. A value is replaced when its last piece is known; until then every message that holds a piece waits.
2. The surrogate is laid over the pieces by their offsets. One of another length ends in the last piece; no piece is left
   empty, so that a replay finds the value in the same messages.
3. A value that lies in several utterances has a line break between their pieces, and so has its surrogate.
4. Text that cannot be judged (type UNKNOWN), and a value whose last piece never came, keep their shape and lose
   their letters and digits.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.pii.surrogate import SurrogateVault
from harness.pipeline.outcome import PathSpan

__all__ = ["SplitValues"]


@dataclass(slots=True)
class _Value:
    type: str
    pieces: dict[int, str] = field(default_factory=dict, repr=False)
    complete: bool = False
    surrogate: str = field(default="", repr=False)
    id: str = ""

    def whole(self) -> str:
        """The value; a line break stands where one utterance ended and the next began."""
        parts: list[str] = []
        end = 0
        for at in sorted(self.pieces):
            parts += ["\n" * (at > end and bool(parts)), self.pieces[at]]
            end = at + len(self.pieces[at])
        return "".join(parts)


class SplitValues:
    """The values of one session, by ``value_id``."""

    def __init__(self, vault: SurrogateVault) -> None:
        self._vault = vault
        self._values: dict[int, _Value] = {}

    def add(self, span: PathSpan, text: str) -> None:
        """Note a piece; the last one makes the value complete."""
        value = self._values.setdefault(span.value_id, _Value(span.type))
        if value.complete:
            return
        value.pieces[span.at] = text
        if span.last:
            value.surrogate, value.id = self._replace(span.type, value.whole())
            value.complete = True

    def close(self) -> None:
        """No more pieces will come."""
        for value in self._values.values():
            if not value.complete:
                value.surrogate, value.id = self._replace("UNKNOWN", value.whole())
                value.complete = True

    def known(self, span: PathSpan) -> bool:
        """True when a piece of the span's value was noted."""
        return span.value_id in self._values

    def complete(self, span: PathSpan) -> bool:
        """True when the piece's replacement is known."""
        return self._values[span.value_id].complete

    def replacement(self, span: PathSpan) -> tuple[str, str]:
        """(text, label id) to stand in the place of the piece."""
        value = self._values[span.value_id]
        starts = sorted(value.pieces)
        index = starts.index(span.at)
        lines = value.surrogate.split("\n")
        if len(lines) == len(starts) > 1:
            return lines[index], value.id
        edges = [_edge(i, at, len(starts), len(value.surrogate)) for i, at in enumerate(starts)]
        edges.append(len(value.surrogate))
        return value.surrogate[edges[index] : edges[index + 1]], value.id

    def whole(self, type_: str, text: str) -> tuple[str, str]:
        """(surrogate, label id) of a value that stands alone."""
        return self._replace(type_, text)

    def _replace(self, type_: str, text: str) -> tuple[str, str]:
        if type_ == "UNKNOWN":
            return "".join("0" if c.isdigit() else "x" if c.isalpha() else c for c in text), "unknown"
        return self._vault.surrogate(type_, text), self._vault.value_id(type_, text)


def _edge(index: int, at: int, pieces: int, length: int) -> int:
    """Where piece ``index``, which began at ``at`` in the value, begins in a surrogate of ``length`` characters."""
    return max(index, min(at, length - (pieces - index)))
