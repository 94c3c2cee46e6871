"""What an independent look still finds in a recording: for ``doctor``, ``scan`` and conversions.

1. Structured values are found by ``harness.pii.scan``, which shares nothing with the detector; ids and enums of the
   dialect are not looked at.
2. With ``strict`` also what looks like a name or an address: candidates for a person to judge, many of them harmless.
3. A leftover tells where it is, never what it is; the text around it is the caller's to show or not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from harness.dialects.base import Dialect
from harness.dialects.generic import GenericDialect
from harness.errors import ConfigError
from harness.pii.scan import leaks
from harness.recorder.edits import parse, strings
from harness.recording.entry import (
    AnyEntry,
    Header,
    HttpChunk,
    HttpRequest,
    OutcomeEntry,
    Unknown,
    WsClose,
    WsMessage,
    WsOpen,
    WsReject,
)
from harness.recording.strict import dump
from harness.session.dialects import dialect_of

__all__ = ["Leftover", "leaks_of", "leftovers", "spoken", "texts_of"]

_WORD = r"[A-Z\u00c0-\u00de][a-z\u00df-\u00ff'\u2019-]{1,24}"
_NAME = re.compile(rf"(?<![\w.!?]){_WORD}(?: [A-Z]\.)?(?: {_WORD}){{1,2}}(?!\w)")
_NAMED = re.compile(
    r"(?:\b[Mm](?:y|r|rs|s|iss)\.? (?:name is |name's )?|\bthis is |\bI am |\bI'm |\bspeaking with |\b[Cc]ustomer )"
    rf"({_WORD}(?: {_WORD})?)(?!\w)"
)
_STREET = re.compile(
    rf"(?<![\w-])\d{{1,5}}[A-Za-z]?(?: {_WORD}){{1,3}} (?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|"
    r"Court|Ct|Place|Pl|Way|Terrace|Square|Parkway|Highway)\b"
)
_ZIP = re.compile(r"(?<![\w-])(?:[A-Z]{2} \d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2})(?![\w-])")
_BORN = re.compile(r"(?:\b[Bb]orn|\bbirth|\bDOB)[^.\n]{0,24}?(\d{1,4}[-/. ](?:\d{1,2}|[A-Z][a-z]+)[-/. ]\d{2,4})")
_CANDIDATES = (("NAME?", _NAME), ("NAME?", _NAMED), ("ADDRESS?", _STREET), ("ADDRESS?", _ZIP), ("BIRTH_DATE?", _BORN))

_HARMLESS = frozenset(
    "Thank Thanks Good Hello Hi Yes No Okay Sure The This That Your You We It He She They And But Please How What When "
    "Customer Agent Bot Order Account Credit Card Monday Tuesday Wednesday Thursday Friday Saturday Sunday January "
    "February March April May June July August September October November December Is Are Can Could Would Will".split()
)
"""First words that hardly ever begin a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """Something found in an entry.

    Args:
        n: the entry.
        path: JSON pointer of the string in its text; "" = the whole text.
        start: first code point of the decoded string.
        type: PHONE, EMAIL ..., or a candidate: ``NAME?``, ``ADDRESS?``, ``BIRTH_DATE?``.
    """

    n: int
    path: str
    start: int
    end: int
    type: str

    @property
    def candidate(self) -> bool:
        """True for what only a person can judge."""
        return self.type.endswith("?")


def spoken(header: Header) -> Dialect:
    """The dialect of a recording; one that is not installed is read as any JSON, with no string exempt."""
    try:
        return dialect_of(header)
    except ConfigError:
        return GenericDialect()


def leftovers(entries: Iterable[AnyEntry], dialect: Dialect, *, strict: bool = False) -> Iterator[Leftover]:
    """Everything found, in order.

    Args:
        entries: of one recording.
        dialect: says which paths are ids and enums.
        strict: also look for candidates.
    """
    for entry in entries:
        for raw in texts_of(entry):
            yield from _in_text(entry.n, raw, dialect, strict=strict)


def leaks_of(header: Header) -> Callable[[AnyEntry], list[str]]:
    """The types that the leak scan finds in an entry of that recording; what ``doctor`` asks."""
    dialect = spoken(header)
    return lambda entry: [found.type for found in leftovers([entry], dialect)]


def texts_of(entry: AnyEntry) -> list[str]:
    """Every text of an entry that came from the wire."""
    match entry:
        case HttpRequest():
            found: list[str | None] = [entry.url, entry.body]
        case HttpChunk() | WsMessage():
            found = [entry.text]
        case WsOpen():
            found = [entry.url]
        case WsClose():
            found = [entry.reason]
        case WsReject():
            found = [entry.body]
        case OutcomeEntry():
            found = [str(entry.grounding or "")]
        case Unknown():
            found = [dump({k: v for k, v in entry.raw.items() if k not in ("n", "t")}).decode("utf-8", "replace")]
        case _:
            found = []
    return [text for text in found if text]


def _in_text(n: int, raw: str, dialect: Dialect, *, strict: bool) -> Iterator[Leftover]:
    parsed = parse(raw)
    event = dialect.decode(raw)
    for path, value in strings(raw, parsed):
        if parsed is not None and dialect.exempt(event, path):
            continue
        spans = [(span.start, span.end, span.type) for span in leaks(value)]
        if strict and not path.endswith("#key"):
            spans += _candidates(value)
        for start, end, type_ in sorted(set(spans)):
            yield Leftover(n=n, path=path, start=start, end=end, type=type_)


def _candidates(value: str) -> Iterator[tuple[int, int, str]]:
    for type_, pattern in _CANDIDATES:
        for found in pattern.finditer(value):
            group = found.lastindex or 0
            if type_ != "NAME?" or found[group].split()[0] not in _HARMLESS:
                yield *found.span(group), type_
