"""The strategies: the generators of this package with hypothesis taking the decisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from harness.errors import ConfigError
from harness.strategies import conversation
from harness.strategies.chunks import chunking
from harness.strategies.disguise import DISGUISES
from harness.strategies.labelled import InventedRecording, InventedSession, NearMiss, PiiText, Value
from harness.strategies.money import spoken_card
from harness.strategies.near import FAMILIES, near_miss
from harness.strategies.phones import spoken_phone
from harness.strategies.soup import soup
from harness.strategies.texts import pii_text
from harness.strategies.values import TYPES, make

__all__ = [
    "Drawn",
    "chunkings",
    "malformed_messages",
    "messages",
    "near_misses",
    "obfuscations",
    "pii_texts",
    "pii_values",
    "recordings",
    "sessions",
    "soups",
    "spoken_numbers",
]

T = TypeVar("T")


class Drawn:
    """Decisions that hypothesis takes, and shrinks.

    Args:
        draw: as given to a composite strategy.
    """

    __slots__ = ("_draw",)

    def __init__(self, draw: DrawFn) -> None:
        self._draw = draw

    def pick(self, options: Sequence[T]) -> T:
        if len(options) == 1:
            return options[0]
        return options[self._draw(st.integers(0, len(options) - 1))]

    def number(self, low: int, high: int) -> int:
        return self._draw(st.integers(low, high))


def _known(name: str, given: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    unknown = [item for item in given if item not in known]
    if unknown or not given:
        raise ConfigError(name, unknown or "none", " | ".join(known))
    return tuple(given)


@st.composite
def _values(draw: DrawFn, types: tuple[str, ...]) -> Value:
    choose = Drawn(draw)
    return make(choose, choose.pick(types))


def pii_values(*types: str) -> SearchStrategy[Value]:
    """Values of ``types``, of every type if none is named.

    Raises:
        ConfigError: there is no such type.
    """
    return _values(_known("types", types or tuple(TYPES), tuple(TYPES)))


@st.composite
def spoken_numbers(draw: DrawFn) -> Value:
    """Telephone and card numbers in words: digit by digit, doubled, in pairs, with fillers, half written."""
    choose = Drawn(draw)
    return choose.pick((spoken_phone, spoken_card))(choose)


@st.composite
def _texts(draw: DrawFn, types: tuple[str, ...]) -> PiiText:
    return pii_text(Drawn(draw), types)


def pii_texts(*types: str) -> SearchStrategy[PiiText]:
    """Sentences with one to three values of ``types`` (every type if none is named), and their true spans.

    Raises:
        ConfigError: there is no such type.
    """
    return _texts(_known("types", types or tuple(TYPES), tuple(TYPES)))


@st.composite
def _near(draw: DrawFn, families: tuple[str, ...]) -> NearMiss:
    return near_miss(Drawn(draw), families)


def near_misses(*families: str) -> SearchStrategy[NearMiss]:
    """Texts that must survive: order numbers, money, times, versions, masked values ...

    Raises:
        ConfigError: there is no such family.
    """
    return _near(_known("families", families or tuple(FAMILIES), tuple(FAMILIES)))


@st.composite
def obfuscations(draw: DrawFn, text: str) -> str:
    """``text`` in other characters that read the same: full-width, other scripts' digits, zero-width characters ..."""
    return DISGUISES[Drawn(draw).pick(tuple(name for name in DISGUISES if name != "upper case"))](text)


@st.composite
def chunkings(draw: DrawFn, text: str) -> list[str]:
    """``text`` in pieces, in order."""
    return chunking(Drawn(draw), text)


@st.composite
def soups(draw: DrawFn) -> str:
    """Any text at all, made of pieces of values and odd characters."""
    return soup(Drawn(draw))


@st.composite
def messages(draw: DrawFn) -> str:
    """JSON messages of the mediation dialect with values in their text."""
    return conversation.message(Drawn(draw))


@st.composite
def malformed_messages(draw: DrawFn) -> str | bytes:
    """Messages that are broken and still hold a value."""
    return conversation.malformed(Drawn(draw))


@st.composite
def sessions(draw: DrawFn) -> InventedSession:
    """Conversations with interleaved speakers, interim revisions and lost connections."""
    return conversation.session(Drawn(draw))


@st.composite
def recordings(draw: DrawFn) -> InventedRecording:
    """Synthetic recordings of such conversations, ready to be written."""
    return conversation.recording(Drawn(draw))
