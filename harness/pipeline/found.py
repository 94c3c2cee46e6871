"""What was found in the texts of the message at hand: redaction and grounding read the same ones, so each is searched once.

1. Nothing is kept from one message to the next: :meth:`Found.begin` forgets.
"""

from __future__ import annotations

from harness.pii import Redactor, SpanStream
from harness.text.span import Span

__all__ = ["Found"]


class Found(Redactor):
    """A redactor that searches an equal text once per message.

    Args:
        redactor: does the work.
    """

    def __init__(self, redactor: Redactor) -> None:
        super().__init__(redactor.rules)
        self._redactor = redactor
        self._found: dict[str, tuple[Span, ...]] = {}

    @property
    def policy_digest(self) -> str:
        """That of the redactor."""
        return self._redactor.policy_digest

    def begin(self) -> None:
        """Another message: forget."""
        self._found.clear()

    def detect(self, text: str) -> list[Span]:
        """Spans of ``text``, as the redactor finds them."""
        found = self._found.get(text)
        if found is None:
            found = self._found[text] = tuple(self._redactor.detect(text))
        return list(found)

    def span_stream(self) -> SpanStream:
        """A stream of the redactor's."""
        return self._redactor.span_stream()
