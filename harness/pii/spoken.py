"""Numbers and e-mail addresses as they are said: words -> digits, and back.

1. A *run* is a row of number words, digit groups and fillers with at least one number word. Its digits are read one way
   only: tens take the unit that follows at once ("twenty two" 22), "hundred" and "thousand" put their zeros,
   "double", "triple" repeat the next digit.
2. A spoken address is parsed outward from its "at": a domain that ends in a known top-level label to the right, words
   joined by "dot", "underscore" ... to the left.
3. :func:`written` gives the written form of a value, so that both forms have one canonical value; :func:`spoken_like`
   lays another written value over a spoken one: every number word becomes a digit word.
4. What the words are is data, one file per language: ``data/<language>/spoken.toml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from harness.text.lexicon import load, words

__all__ = [
    "AT_WORDS",
    "CLASSES",
    "EXTENSION",
    "HESITATIONS",
    "HOT_WORDS",
    "JOINERS",
    "MONTHS",
    "NUMBER_WORDS",
    "Address",
    "Run",
    "addresses",
    "runs",
    "spoken_like",
    "written",
]

_DATA: Mapping[str, Any] = load("harness.pii", "spoken")
_DIGIT: Mapping[str, str] = _DATA["digit"]
_PAIR: Mapping[str, str] = {**_DATA["teen"], **_DATA["tens"]}
_TENS = frozenset(_DATA["tens"])
_SCALE: Mapping[str, str] = _DATA["scale"]
_REPEAT: Mapping[str, int] = _DATA["repeat"]
_JOINER: Mapping[str, str] = _DATA["joiner"]
_AT = AT_WORDS = words(_DATA["at"])
JOINERS = frozenset(_JOINER)
_TLD = words(_DATA["tld"])
_NEVER = words(_DATA["never_local"])
EXTENSION = words(_DATA["extension"]) | {"x"}
"""Words before the extension of a telephone number."""
MONTHS = words(_DATA["month"])
HESITATIONS = words(_DATA["filler"]) | words(_DATA["pause"])
"""What is said between the groups of a number and means nothing."""
NUMBER_WORDS = frozenset({*_DIGIT, *_PAIR, *_SCALE, *_REPEAT})
_NAMES = (
    {"0": "zero"}
    | {digit: word for word, digit in reversed(list(_DIGIT.items())[:14]) if word != "niner"}
    | {"0": "zero"}
)
_SPEAK = {".": "dot", "_": "underscore", "-": "dash", "+": "plus", "@": "at"}

CLASSES: Mapping[str, str] = {
    **dict.fromkeys(words(_DATA["filler"]) | words(_DATA["pause"]) | MONTHS, "F"),
    **dict.fromkeys(words(_DATA["link"]), "G"),
    **dict.fromkeys(EXTENSION - {"x"}, "F"),
    **dict.fromkeys(_JOINER, "J"),
    **dict.fromkeys(_AT, "J"),
    **dict.fromkeys(NUMBER_WORDS, "N"),
}
"""Word -> N number, J joiner of an address, F filler, G link between number words."""

HOT_WORDS = (
    (NUMBER_WORDS - {"o", "second", "first", "third"})
    | _AT
    | {"dot", "underscore", "hyphen", "dash", "plus"}
    | set("bcefghjklnopqruvwxyz")
)
"""Words at which a value may begin, or one word before it; single letters, since addresses are spelled."""

SAID = frozenset(
    {
        "BANK_ACCOUNT", "CREDIT_CARD", "CVV", "DOB", "DRIVER_LICENSE", "EXPIRY", "IMEI", "NATIONAL_ID", "OTP", "PARTIAL",
        "PASSPORT", "PHONE", "PIN", "ROUTING", "SORT_CODE", "SSN",
    }
)  # fmt: skip
"""Types whose digits are said, beside EMAIL."""

_NUMBERS: Mapping[str, tuple[str, str]] = {
    **{word: ("repeat", str(times)) for word, times in _REPEAT.items()},
    **{word: ("scale", zeros) for word, zeros in _SCALE.items()},
    **{word: ("tens" if word in _TENS else "teen", digits) for word, digits in _PAIR.items()},
    **{word: ("digit", digit) for word, digit in _DIGIT.items()},
}
"""Number word -> what it does, its digits."""

_DATES = ("DOB", "EXPIRY")
"""Those of them in which a month may be named."""

_WORD = re.compile(r"[0-9]+|[^\W\d_]+|\+")
_GAP = re.compile(r"[\s,.:;/()…?!*#-]{1,6}\Z")
_PLUS = frozenset({"+", "plus"})
_BETWEEN = frozenset("FGJ")
_NEVER_BETWEEN = _AT | {"dot"}
_CLOSE = re.compile(r"[ -]\Z")
_SPEECH = re.compile(r"[^\W\d_]+")


class Item(NamedTuple):
    """A piece of a run: its place, the digits it stands for, and whether it was said."""

    start: int
    end: int
    digits: str
    said: bool


class Run(NamedTuple):
    """A row of spoken digits; ``digits`` begins with ``+`` where "plus" was said."""

    start: int
    end: int
    digits: str
    items: tuple[Item, ...]

    def windows(self, size: int) -> list[Run]:
        """Parts of ``size`` digits at its beginning and its end; a written number is in it whole or not at all."""
        found = []
        for items in (self.items, self.items[::-1]):
            count = 0
            taken = 0
            while count < size and taken < len(items):
                count += len(items[taken].digits)
                taken += 1
            if count == size and taken < len(items) and not _tight(items[taken - 1], items[taken]):
                found.append(_run(tuple(sorted(items[:taken], key=lambda item: item.start))))
        return found

    def pieces(self, text: str) -> list[Run]:
        """The runs between the words that may also stand between two numbers ("okay"); none if there is no such word."""
        cuts = [
            at for at in range(1, len(self.items)) if _BREAK.search(text, self.items[at - 1].end, self.items[at].start)
        ]
        bounds = [0, *cuts, len(self.items)]
        found = [_run(self.items[low:high]) for low, high in pairwise(bounds)] if cuts else []
        return found

    def shorter(self, text: str) -> Iterator[Run]:
        """The run ended sooner, longest first: where a sentence ends, or before one or two
        last numbers after a comma or "and".

        Args:
            text: what the run was read from.
        """
        last = len(self.items) - 1
        for size in range(last, 0, -1):
            one, other = self.items[size - 1], self.items[size]
            gap = text[one.end : other.start]
            if not _tight(one, other) and (_STOP.search(gap) or (size >= last - 1 and _PAUSE.search(gap))):
                yield _run(self.items[:size])


_BREAK = re.compile(rf"\b(?:{'|'.join(sorted(words(_DATA['pause'])))}|and\s+then)\b", re.IGNORECASE)
"""Where a run is likely to be two numbers."""
_STOP = re.compile(rf"[.!?;…]|{_BREAK.pattern}", re.IGNORECASE)
_PAUSE = re.compile(r",|\band\b", re.IGNORECASE)


def _tight(one: Item, other: Item) -> bool:
    """Whether two neighbours, in either order, are groups of one written number."""
    return not one.said and not other.said and max(one.start, other.start) - min(one.end, other.end) <= 1


def _run(items: tuple[Item, ...]) -> Run:
    return Run(items[0].start, items[-1].end, "".join([item.digits for item in items]), items)


@dataclass(frozen=True, slots=True)
class Address:
    """A spoken e-mail address and its written form."""

    start: int
    end: int
    written: str


# --- numbers ---------------------------------------------------------------------------------------------------------


def runs(text: str) -> list[Run]:
    """The spoken runs of folded ``text`` with two digits or more."""
    found: list[Run] = []
    reader = _Reader(text)
    position = 0
    for word in _WORD.finditer(text):
        start, end = word.span()
        name = word[0]
        if not reader.joined(position, start) or not reader.take(name, start, end):
            reader.close(found)
            if start != position:
                reader.take(name, start, end)
        position = end
    reader.close(found)
    return found


class _Reader:
    """Collects the items of one run."""

    __slots__ = ("_items", "_open", "_repeat", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._reset()

    def _reset(self) -> None:
        self._items: list[Item] = []
        self._open = False
        """Tens wait for their unit."""
        self._repeat: tuple[int, int] | None = None

    def joined(self, end: int, start: int) -> bool:
        """Whether the gap lets a run go on; an empty run may begin anywhere but in a word."""
        if not self._items and self._repeat is None:
            return True
        if start - end == 1 and self._text[end] == " ":
            return True
        return _GAP.fullmatch(self._text, end, start) is not None

    def take(self, word: str, start: int, end: int) -> bool:
        """Add a word; False if it does not belong."""
        name = word.lower()
        known = _NUMBERS.get(name)
        if known is None:
            if word[0] in "0123456789":
                after = self._text[end : end + 1]
                if after.isalpha() or after == "_" or (start and self._text[start - 1].isalpha()):
                    return False
                return self._digits(word, start, end, said=False)
            if name == "it":  # "got it" is a pause
                return bool(self._items) and self._text[max(0, start - 4) : start].lower() == "got "
            if name in _PLUS:
                return self._plus(name, start, end)
            return bool(self._items) and CLASSES.get(name) in _BETWEEN and name not in _NEVER_BETWEEN
        kind, digits = known
        if kind == "digit":
            if self._open or self._repeat:
                return self._unit(digits, start, end)
            self._items.append(Item(start, end, digits, True))
        elif kind == "repeat":
            self._repeat, self._open = (int(digits), start), False
        elif kind == "scale" and (not self._items or self._items[-1].digits == "+"):
            return False
        else:
            self._digits(digits, start, end, said=True)
            self._open = kind == "tens"
        return True

    def _plus(self, name: str, start: int, end: int) -> bool:
        if self._items or self._repeat:
            return False
        self._items.append(Item(start, end, "+", name == "plus"))
        return True

    def _unit(self, digit: str, start: int, end: int) -> bool:
        if self._open and digit != "0" and _CLOSE.fullmatch(self._text, self._items[-1].end, start):
            last = self._items.pop()
            self._open = False
            self._items.append(Item(last.start, end, last.digits[0] + digit, said=True))
            return True
        return self._digits(digit, start, end, said=True)

    def _digits(self, digits: str, start: int, end: int, *, said: bool) -> bool:
        self._open = False
        if self._repeat is not None:
            times, first = self._repeat
            self._repeat = None
            if len(digits) == 1:
                digits, start, said = digits * times, first, True
        self._items.append(Item(start, end, digits, said))
        return True

    def close(self, found: list[Run]) -> None:
        """End the run; it counts if it has two digits, and something in it was said or a filler stands in it."""
        items = self._items
        if items:
            run = _run(tuple(items))
            if len(run.digits) > 1 and (any(item.said for item in items) or _is_hesitant(self._text, items)):
                found.append(run)
        self._reset()


def _is_hesitant(text: str, items: list[Item]) -> bool:
    """Whether written groups have fillers between them ("628 uh 271"), and nothing else is."""
    between = [word for one, other in pairwise(items) for word in _SPEECH.findall(text[one.end : other.start].lower())]
    return bool(between) and (HESITATIONS | {"it"}).issuperset(between)


# --- addresses -------------------------------------------------------------------------------------------------------

_PIECE = re.compile(r"\S+")
_EDGE = "\"'(),;:!?…<>"


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    text: str
    kind: str


def _pieces(text: str) -> list[_Word]:
    """Words of ``text`` without the punctuation around them; a full stop belongs to the word only inside it."""
    found = []
    for match in _PIECE.finditer(text):
        raw = match.group()
        left = len(raw) - len(raw.lstrip(_EDGE + "."))
        core = raw[left:].rstrip(_EDGE + ".")
        if core:
            start = match.start() + left
            found.append(_Word(start, start + len(core), core, _kind(core)))
    return found


def _kind(core: str) -> str:
    if core == "@":
        return "@"
    name = core.lower()
    if name in _AT:
        return "@"
    if name in _JOINER:
        return "J"
    if name != "o" and (name in NUMBER_WORDS or name.isdigit()):
        return "N"
    if len(name) == 1 and name.isalpha():
        return "L"
    return "W" if all(char.isalnum() or char in "._-+'@" for char in core) else "?"


def addresses(text: str, cued: bool = False) -> list[Address]:
    """The spoken addresses of folded ``text``.

    Args:
        cued: an address was spoken of before, so that any word may be its local part.
    """
    pieces = _pieces(text)
    found: list[Address] = []
    low = 0
    for index in range(len(pieces)):
        if index < low:
            continue
        parts = _anchor(pieces, index, low)
        if parts is None:
            continue
        first, local, host_at, glue = parts
        last, host = _domain(pieces, host_at, glue)
        if last < 0 or not local or (not cued and first == index - 1 and local.lower() in _NEVER):
            continue
        found.append(Address(pieces[first].start, pieces[last].end, f"{local}@{host}".lower()))
        low = last + 1
    return found


def _anchor(pieces: list[_Word], index: int, low: int) -> tuple[int, str, int, str] | None:
    """(first piece, local part, first piece of the domain, label already begun) around the anchor at ``index``."""
    piece = pieces[index]
    if piece.kind == "@":
        first, local = _local(pieces, index - 1, low)
        return (first, local, index + 1, "") if first >= 0 else None
    if piece.kind == "W" and piece.text.count("@") == 1 and index + 1 < len(pieces) and pieces[index + 1].kind == "J":
        name, _, label = piece.text.partition("@")
        return (index, name, index + 1, label) if name and label else None
    return None


def _local(pieces: list[_Word], index: int, low: int) -> tuple[int, str]:
    """The local part that ends at ``index``, read backwards: (its first piece or -1, its written form)."""
    if index < low or pieces[index].kind not in "WNL" or "@" in pieces[index].text:
        return -1, ""
    first, after = index, pieces[index]
    while first - 1 >= low:
        before = pieces[first - 1]
        if before.kind == "J" and first - 2 >= low and pieces[first - 2].kind in "WNL":
            first -= 2
        elif before.kind in "NL" or (before.kind == "W" and after.kind == "N" and before.text.lower() not in _NEVER):
            first -= 1
        else:
            break
        after = pieces[first]
    return first, _joined(pieces[first : index + 1])


def _domain(pieces: list[_Word], index: int, label: str) -> tuple[int, str]:
    """The domain that begins at ``index`` after ``label``: (its last piece or -1, its written form)."""
    host, best, best_host = label, -1, ""
    wants_label = not label
    while index < len(pieces):
        piece = pieces[index]
        if wants_label or piece.kind in "NL":
            if piece.kind not in "WNL" or "@" in piece.text:
                break
            host += _joined([piece])
            wants_label = False
            if "." in host and host.rpartition(".")[2].lower() in _TLD:
                best, best_host = index, host
        elif piece.kind == "J":
            host += _JOINER[piece.text.lower()]
            wants_label = True
        else:
            break
        index += 1
    return best, best_host


def _joined(pieces: list[_Word]) -> str:
    """Words as they are written in an address; number words as digits."""
    parts: list[str] = []
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        if piece.kind == "J":
            parts.append(_JOINER[piece.text.lower()])
        elif piece.kind == "N":
            end = at
            while end < len(pieces) and pieces[end].kind == "N":
                end += 1
            parts.append(_number(" ".join(word.text for word in pieces[at:end])))
            at = end - 1
        else:
            parts.append(piece.text)
        at += 1
    return "".join(parts)


def _number(text: str) -> str:
    reader = _Reader(text)
    for word in _WORD.finditer(text):
        reader.take(word.group(), *word.span())
    return "".join(item.digits for item in reader._items)


# --- written and spoken forms of one value ---------------------------------------------------------------------------


def written(type_: str, value: str) -> str:
    """The written form of a folded value; ``value`` itself if nothing in it is said."""
    if type_ == "EMAIL":
        found = addresses(value, cued=True) if " " in value.strip() else []
        return found[0].written if found else value
    run = _said(value) if type_ in SAID else None
    if run is None:
        return value
    month = next((word for word in _SPEECH.findall(value.lower()) if word in MONTHS), "") if type_ in _DATES else ""
    return f"{month} {run.digits}" if month else run.digits


def _said(value: str) -> Run | None:
    if not _SPEECH.search(value):
        return None
    found = runs(value)
    return found[0] if found else None


def spoken_like(type_: str, value: str, fake: str) -> str:
    """``fake``, a written value, said as ``value`` is; ``fake`` itself if nothing in ``value`` is said."""
    if type_ == "EMAIL":
        if " " not in value.strip() or not addresses(value, cued=True):
            return fake
        return " ".join(_said_char(part) for part in re.findall(r"[a-z]+|.", fake.lower()))
    run = _said(value)
    if run is None:
        return fake
    fresh = iter(re.sub(r"[^0-9]", "", fake) if type_ in _DATES else fake)
    parts: list[str] = []
    at = 0
    for item in run.items:
        row = [next(fresh) for _ in item.digits]
        parts += (_without_date(value[at : item.start]), " ".join(map(_said_char, row)) if item.said else "".join(row))
        at = item.end
    return "".join((*parts, value[at:]))


def _without_date(text: str) -> str:
    """Month names beside spoken digits belong to the value, and so does a day as "4th"."""
    named = _SPEECH.sub(lambda word: "january" if word[0].lower() in MONTHS else word[0], text)
    return re.sub(r"[0-9]", "0", named)


def _said_char(char: str) -> str:
    return _NAMES.get(char) or _SPEAK.get(char) or char
