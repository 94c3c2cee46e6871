"""Text with labelled stretches: ``{{TYPE|value}}`` in a scenario, plain text and spans on the wire.

1. The marks are taken out; a span covers exactly the value that stood between ``|`` and ``}}``.
2. Marks do not nest, a value is not empty and holds no ``}}``.
3. A ``{{`` that opens no well-formed mark is an error, so that no mark ever crosses the wire by mistake.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from harness.text.span import Span

__all__ = ["Marked", "MarkupError", "join", "parse_markup"]

_MARK = re.compile(r"\{\{([A-Z][A-Z0-9_]{0,40})\|((?:(?!\{\{|\}\}).)+)\}\}", re.DOTALL)


class MarkupError(ValueError):
    """A mark is not well formed; the message names a character position, never the text."""


@dataclass(frozen=True, slots=True)
class Marked:
    """Plain text and the spans in it, in order."""

    text: str = field(repr=False)
    spans: tuple[Span, ...] = ()

    def cut(self, start: int, end: int) -> Marked:
        """The code points ``start`` .. ``end`` with what they hold of each span."""
        return Marked(self.text[start:end], tuple(piece for _, piece in self.pieces(start, end)))

    def pieces(self, start: int, end: int) -> list[tuple[int, Span]]:
        """(index of the span, its part inside ``start`` .. ``end``, offsets from ``start``)."""
        return [
            (index, Span(max(span.start, start) - start, min(span.end, end) - start, span.type))
            for index, span in enumerate(self.spans)
            if span.start < end and span.end > start
        ]


def parse_markup(source: str) -> Marked:
    """``source`` without its marks, and what they marked.

    Raises:
        MarkupError: for a ``{{`` that is not a mark.
    """
    parts: list[str] = []
    spans: list[Span] = []
    length = read = 0
    for match in _MARK.finditer(source):
        before = _plain(source, read, match.start())
        start = length + len(before)
        length = start + len(match[2])
        spans.append(Span(start, length, match[1]))
        parts += [before, match[2]]
        read = match.end()
    parts.append(_plain(source, read, len(source)))
    return Marked("".join(parts), tuple(spans))


def _plain(source: str, start: int, end: int) -> str:
    found = source.find("{{", start, end)
    if found >= 0:
        raise MarkupError(f"the mark at character {found} is not {{{{TYPE|value}}}}")
    return source[start:end]


def join(parts: Iterable[Marked], separator: str = " ") -> Marked:
    """The parts in one text, spans moved along."""
    texts: list[str] = []
    spans: list[Span] = []
    offset = 0
    for part in parts:
        spans += [Span(span.start + offset, span.end + offset, span.type) for span in part.spans]
        texts.append(part.text)
        offset += len(part.text) + len(separator)
    return Marked(separator.join(texts), tuple(spans))
