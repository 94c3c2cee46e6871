"""Ids and dates drawn from a seed and a scenario's own date, so that composing twice gives the same bytes."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime

from harness.recording.ulid import ulid as ulid_at

__all__ = ["created", "hex_id", "source_of_chance", "ulid"]

_OPENING_HOUR = 9


def source_of_chance(seed: int, *names: str) -> random.Random:
    """A source that depends on ``seed`` and ``names`` alone.

    Seeded by a string, which ``random`` hashes with SHA-512: the same on every machine and in every process.
    """
    return random.Random("/".join((str(seed), *names)))


def _opening(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, _OPENING_HOUR, tzinfo=UTC)


def created(day: date) -> str:
    """The header's ``created``: nine o'clock UTC of that day."""
    return _opening(day).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def ulid(day: date, rng: random.Random) -> str:
    """The id of a recording made at nine o'clock of ``day``."""
    return ulid_at(_opening(day), rng)


def hex_id(rng: random.Random) -> str:
    """Eight hex digits."""
    return f"{rng.getrandbits(32):08x}"
