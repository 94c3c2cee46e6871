"""Text of a transcript, made harmless for the eye and for what renders it.

1. Control, format (bidi, zero-width), surrogate and line-separator characters are shown as escapes, in every view.
2. Markdown: whatever would format, link, mention or embed is written so that it does not.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["markdown", "visible"]

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_SPECIAL = re.compile(r"[\\`*_{}\[\]|~$!]")
_ENTITY = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;", "#": "&#35;"}
_ACTIVE = re.compile("[&<>@#]")


def visible(text: str) -> str:
    r"""``text`` with each character of rule 1 as ``\uXXXX`` (``\UXXXXXXXX`` above the first plane)."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(c) if unicodedata.category(c) in _HIDDEN else c for c in text)


def _escaped(c: str) -> str:
    return f"\\u{ord(c):04x}" if ord(c) <= 0xFFFF else f"\\U{ord(c):08x}"


def markdown(text: str) -> str:
    """``text`` as literal Markdown, safe also inside a table's cell."""
    text = _ACTIVE.sub(lambda found: _ENTITY[found[0]], visible(text))
    text = _SPECIAL.sub(lambda found: "\\" + found[0], text)
    return text.replace("://", "&#58;//").replace("www.", "www&#46;")
