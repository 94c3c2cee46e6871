"""The grammar of placeholders: ``[PHONE_REDACTED]``, ``[EMAIL_REDACTED]``, ``[CC_REDACTED]`` and their kin.

1. A placeholder is ``[NAME_REDACTED]``; NAME is the type, but CREDIT_CARD is written CC (the name the
   mediation documents use).
2. A placeholder is never personal data, whatever stands in or beside it.
"""

from __future__ import annotations

import re

from harness.text.span import RedactedText

__all__ = ["PLACEHOLDER", "placeholder", "placeholder_type"]

PLACEHOLDER = re.compile(r"\[([A-Z][A-Z0-9_]{0,40})_REDACTED\]")
"""One placeholder; group 1 is its name."""

_NAME_OF = {"CREDIT_CARD": "CC"}
_TYPE_OF = {name: type_ for type_, name in _NAME_OF.items()}


def placeholder(type_: str) -> RedactedText:
    """The placeholder that stands for a value of ``type_``."""
    return RedactedText(f"[{_NAME_OF.get(type_, type_)}_REDACTED]")


def placeholder_type(name: str) -> str:
    """The type behind a placeholder's name (group 1 of :data:`PLACEHOLDER`)."""
    return _TYPE_OF.get(name, name)
