"""Surrogates for values, also for those whose pieces lie in several messages.

1. A value is replaced when its last piece is known; until then every message that holds a piece waits.
2. The surrogate is laid over the pieces by their offsets; a surrogate of another length ends in the last piece, and the
   first piece is never left empty, so that a value begins in the same message as before.
3. Text that cannot be judged (type UNKNOWN) keeps its shape and loses its letters and digits.
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
            whole = "".join(value.pieces[at] for at in sorted(value.pieces))
            value.surrogate, value.id = self._replace(span.type, whole)
            value.complete = True

    def complete(self, span: PathSpan) -> bool:
        """True when the piece's replacement is known."""
        return self._values[span.value_id].complete

    def replacement(self, span: PathSpan) -> tuple[str, str]:
        """(text, label id) to stand in the place of the piece."""
        value = self._values[span.value_id]
        size = span.end - span.start
        if span.last:
            return value.surrogate[span.at :] or "", value.id
        end = span.at + size
        if span.at == 0:
            end = min(end, max(len(value.surrogate) - 1, 1))
        return value.surrogate[span.at : end], value.id

    def whole(self, type_: str, text: str) -> tuple[str, str]:
        """(surrogate, label id) of a value that stands alone."""
        return self._replace(type_, text)

    def _replace(self, type_: str, text: str) -> tuple[str, str]:
        if type_ == "UNKNOWN":
            return "".join("0" if c.isdigit() else "x" if c.isalpha() else c for c in text), "unknown"
        return self._vault.surrogate(type_, text), self._vault.value_id(type_, text)
