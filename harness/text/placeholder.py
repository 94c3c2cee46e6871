"""The grammar of placeholders: ``[PHONE_REDACTED]``, ``[EMAIL_REDACTED]``, ``[CC_REDACTED]`` and their kin.

1. A placeholder is ``[NAME_REDACTED]``; NAME is the type, but CREDIT_CARD is written CC (the name the
   mediation documents use).
2. An identity is a placeholder with a number, ``[PHONE_2_REDACTED]``: two of them are the same value or they are not.
   Identities live inside the process only; what leaves it has plain placeholders.
3. A placeholder is never personal data, whatever stands in or beside it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from harness.text.span import RedactedText

__all__ = ["PLACEHOLDER", "identity", "is_identity", "placeholder", "placeholder_type", "plain"]

PLACEHOLDER = re.compile(r"\[([A-Z][A-Z0-9_]{0,40})_REDACTED\]")
"""One placeholder; group 1 is its name."""

_IDENTITY = re.compile(r"\[([A-Z][A-Z0-9_]{0,40}?)_[0-9]+_REDACTED\]")
_NAME_OF = {"CREDIT_CARD": "CC"}
_TYPE_OF = {name: type_ for type_, name in _NAME_OF.items()}


@lru_cache(maxsize=256)
def placeholder(type_: str) -> RedactedText:
    """The placeholder that stands for a value of ``type_``."""
    return RedactedText(f"[{_NAME_OF.get(type_, type_)}_REDACTED]")


def placeholder_type(name: str) -> str:
    """The type behind a placeholder's name (group 1 of :data:`PLACEHOLDER`)."""
    return _TYPE_OF.get(name, name)


def identity(type_: str, number: int) -> str:
    """The identity number ``number`` of type ``type_``."""
    return f"[{_NAME_OF.get(type_, type_)}_{number}_REDACTED]"


def is_identity(name: str) -> bool:
    """Whether the name of a placeholder (group 1 of :data:`PLACEHOLDER`) is that of an identity."""
    stem, _, number = name.rpartition("_")
    return bool(stem) and number.isdigit()


def plain(text: str) -> str:
    """``text`` with identities as plain placeholders."""
    return _IDENTITY.sub(r"[\1_REDACTED]", text)
