"""Identifiers of recordings: ULID (time in milliseconds, then chance), so that files sort by when they were made."""

from __future__ import annotations

import random
from datetime import datetime

__all__ = ["ulid"]

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def ulid(when: datetime, rng: random.Random) -> str:
    """26 characters: 10 of time, 16 of chance (github.com/ulid/spec)."""
    value = (int(when.timestamp() * 1000) << 80) | rng.getrandbits(80)
    return "".join(_ALPHABET[(value >> shift) & 31] for shift in range(125, -1, -5))
