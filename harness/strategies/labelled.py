"""What the strategies make: values, and texts that know where their values are.

1. Truth comes from construction: a text is put together around its values, nothing is searched for.
2. Generators take their decisions from a :class:`Choose`, so that hypothesis can shrink them and a seeded source can
   replay them quickly. The first of several options is the plainest one.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from harness.recording.entry import AnyEntry, Header

__all__ = ["Choose", "InventedRecording", "InventedSession", "NearMiss", "PiiText", "Seeded", "Truth", "Value"]

T = TypeVar("T")


class Choose(Protocol):
    """Where a generator's decisions come from."""

    def pick(self, options: Sequence[T]) -> T:
        """One of ``options``."""
        ...

    def number(self, low: int, high: int) -> int:
        """An integer, both ends included."""
        ...


class Seeded:
    """Decisions of a seeded source of chance: fast, and the same every time.

    Args:
        rng: the source.
    """

    __slots__ = ("_rng",)

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def pick(self, options: Sequence[T]) -> T:
        return options[int(self._rng.random() * len(options))]

    def number(self, low: int, high: int) -> int:
        return self._rng.randint(low, high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """An invented value as it is written or said.

    Args:
        text: the value.
        type: its type (REDACTION.md).
        form: how it is written: "dashes", "spoken" ...
        alone: it can be told from its look; else it needs a sentence that says what it is.
        said: it consists of words.
    """

    text: str
    type: str
    form: str
    alone: bool = False
    said: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Truth:
    """A true span: ``text[start:end]`` is a value of ``type``."""

    start: int
    end: int
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PiiText:
    """A text and its true spans, in order.

    Args:
        text: the text.
        spans: where its values are.
        labels: what it was made of, for statistics: ("form", "PHONE dashes"), ("disguise", "none") ...
    """

    text: str
    spans: tuple[Truth, ...]
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """A text without personal data.

    Args:
        text: the text.
        family: what it holds.
    """

    text: str
    family: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InventedSession:
    """What a service would send, in order.

    Args:
        conversation: the interaction id.
        messages: JSON texts; None where the connection was lost.
        texts: the utterances and summaries in them, with their true spans.
    """

    conversation: str
    messages: tuple[str | None, ...]
    texts: tuple[PiiText, ...]

    @property
    def values(self) -> tuple[str, ...]:
        """Every value as it stands in a text."""
        return tuple(text.text[span.start : span.end] for text in self.texts for span in text.spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class InventedRecording:
    """A synthetic recording before it is written."""

    header: Header
    entries: tuple[AnyEntry, ...]
