"""Finds and normalises numbers: written, spoken, money, percent, units, identifiers.

1. A value is an integer in millionths, so that comparison is exact and the same everywhere.
2. "45 dollars", "$45.00" and "forty-five bucks" are one value; so are "two weeks" and "14 days".
3. A spoken pair has every reading: "nineteen ninety-nine" is 1999 and 19.99.
4. A string of digits with letters, hyphens, a leading zero or at least five digits is (also) an identifier.
5. ``weak`` marks what may support a claim but is never a claim by itself: "a week", "one", "first".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from harness.text.lexicon import load
from harness.text.tokens import Token
from harness.text.units import CURRENCIES, MICRO, SYMBOLS, unit_of

__all__ = ["Quantity", "find_quantities"]

_TABLE = load("harness.text", "units")
_SPOKEN: dict[str, int] = _TABLE["spoken"]
_SCALES: dict[str, int] = _TABLE["scales"]
_ORDINALS: dict[str, int] = _TABLE["ordinals"]
_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,6})?|\d{1,3}(?:,\d{2,3}){1,5}(?:\.\d{1,6})?")
_GLUED = re.compile(r"(k|m|bn|gb|mb|tb|kb|kg|mg|g|km|cm|mbps|gbps|lb|lbs|hr|hrs|h|min|mins|st|nd|rd|th)")
_GLUED_SCALE = {"k": 1000, "m": 1_000_000, "bn": 1_000_000_000}
_ARTICLES = frozenset(("a", "an"))


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text.

    Args:
        start: index of its first token.
        end: one past its last token, unit included.
        values: every reading, in millionths of ``unit``.
        unit: canonical unit, '' if none was said.
        ident: the identifier it spells (capitals, no separators), or ''.
        weak: see rule 5.
    """

    start: int
    end: int
    values: tuple[int, ...]
    unit: str = ""
    ident: str = ""
    weak: bool = False


def find_quantities(text: str, tokens: Sequence[Token]) -> list[Quantity]:
    """All numbers of ``text``, whose tokens are ``tokens``, in order and without overlap."""
    found: list[Quantity] = []
    at = 0
    while at < len(tokens):
        quantity = _written(text, tokens, at) or _spoken(text, tokens, at)
        if quantity is None:
            at += 1
            continue
        found.append(quantity)
        at = quantity.end
    return found


def _written(text: str, tokens: Sequence[Token], at: int) -> Quantity | None:
    """A number in digits, or an identifier."""
    token = tokens[at]
    spelling = token.text
    if not any(c.isdigit() for c in spelling) or spelling.startswith("["):
        return None
    if not spelling[0].isdigit():
        return Quantity(at, at + 1, (), ident=_identifier(spelling))
    if not _NUMBER.fullmatch(spelling):
        return Quantity(at, at + 1, (), ident=_identifier(spelling))
    value = _parse(spelling)
    plain = spelling.isdigit()
    ident = _identifier(spelling) if plain and (len(spelling) >= 4 or spelling[0] == "0") else ""
    end, scale, suffix = _glued(text, tokens, at)
    return _with_unit(text, tokens, at, end, (value * scale,), ident=ident, suffix=suffix)


def _identifier(spelling: str) -> str:
    return "".join(c for c in spelling.upper() if c.isalnum())


def _parse(spelling: str) -> int:
    whole, _, fraction = spelling.replace(",", "").partition(".")
    return int(whole) * MICRO + (int(fraction.ljust(6, "0")) if fraction else 0)


def _glued(text: str, tokens: Sequence[Token], at: int) -> tuple[int, int, str]:
    """What is written against the digits ("5GB", "2k", "9th"): next index, factor, unit word."""
    end = at + 1
    if end == len(tokens) or tokens[end].start != tokens[at].end or not _GLUED.fullmatch(tokens[end].norm):
        return end, 1, ""
    suffix = tokens[end].norm
    if suffix in _GLUED_SCALE:
        return end + 1, _GLUED_SCALE[suffix], ""
    return end + 1, 1, suffix


def _with_unit(
    text: str,
    tokens: Sequence[Token],
    start: int,
    end: int,
    values: tuple[int, ...],
    *,
    ident: str = "",
    suffix: str = "",
    weak: bool = False,
) -> Quantity:
    """Attach scale words, the sign before and the unit behind."""
    if (
        end < len(tokens)
        and not suffix
        and tokens[end].norm in _SCALES
        and tokens[end].start - tokens[end - 1].end == 1
    ):
        values = tuple(value * _SCALES[tokens[end].norm] for value in values)
        end += 1
    before = text[tokens[start].start - 1 : tokens[start].start] or (" ")
    named = unit_of(suffix) if suffix else None
    if before in SYMBOLS:
        return Quantity(start, end, values, SYMBOLS[before])
    if text[tokens[end - 1].end : tokens[end - 1].end + 2].strip()[:1] == "%":
        return Quantity(start, end, values, "%")
    if named is None and not suffix and end < len(tokens) and tokens[end].start - tokens[end - 1].end <= 1:
        named = unit_of(tokens[end].norm)
        end += 1 if named else 0
    if named is None and start and tokens[start - 1].text.isupper() and len(tokens[start - 1].text) == 3:
        code = unit_of(tokens[start - 1].norm)  # PLN 10,040
        named = code if code and code[0] in CURRENCIES else None
    if named is None:
        return Quantity(start, end, values, ident=ident, weak=weak)
    unit, factor = named
    return _with_cents(tokens, start, end, tuple(value * factor // MICRO for value in values), unit)


def _with_cents(tokens: Sequence[Token], start: int, end: int, values: tuple[int, ...], unit: str) -> Quantity:
    """Reads "8 pounds fifty" and "8 dollars and 50 cents": add the small change."""
    at = end + 1 if end < len(tokens) and tokens[end].norm == "and" else end
    if at + 1 < len(tokens) and unit_of(tokens[at + 1].norm) and tokens[at + 1].norm in ("cents", "cent", "pence"):
        small = _SPOKEN.get(tokens[at].norm)
        if small is None and tokens[at].norm.isdigit() and len(tokens[at].norm) <= 2:
            small = int(tokens[at].norm)
        if small is not None and unit in ("dollar", "euro", "pound"):
            return Quantity(start, at + 2, tuple(value + small * MICRO // 100 for value in values), unit)
    return Quantity(start, end, values, unit)


def _spoken(text: str, tokens: Sequence[Token], at: int) -> Quantity | None:
    """A number in words, "a week", "half an hour" or a spoken string of digits."""
    norm = tokens[at].norm
    if norm == "half" and at + 2 < len(tokens) and tokens[at + 1].norm in _ARTICLES and unit_of(tokens[at + 2].norm):
        return _with_unit(text, tokens, at, at + 2, (MICRO // 2,))
    part = _fraction(tokens, at)
    if part is not None:
        return part
    if norm in _ARTICLES and at + 1 < len(tokens):
        return _article(text, tokens, at)
    if norm in _ORDINALS and norm != "second":
        return Quantity(at, at + 1, (_ORDINALS[norm] * MICRO,), weak=True)
    if norm not in _SPOKEN:
        return None
    digits = _digit_string(tokens, at)
    if digits:
        return Quantity(at, at + len(digits), (int(digits) * MICRO,), ident=digits)
    end, values = _cardinal(tokens, at)
    quantity = _with_unit(text, tokens, at, end, values, weak=norm == "one" and end == at + 1)
    return quantity


def _article(text: str, tokens: Sequence[Token], at: int) -> Quantity | None:
    following = tokens[at + 1].norm
    if following in ("hundred", "thousand", "million"):
        return _scaled(text, tokens, at)
    if following in ("couple", "dozen"):
        return Quantity(at, at + 2, ((2 if following == "couple" else 12) * MICRO,), weak=True)
    named = unit_of(following)
    if named is None:
        return None
    return Quantity(at, at + 2, (named[1],), named[0], weak=True)


def _fraction(tokens: Sequence[Token], at: int) -> Quantity | None:
    """Reads "one fifth", "two thirds" and "a tenth of" as percent."""
    if at + 1 >= len(tokens):
        return None
    norm, below = tokens[at].norm, tokens[at + 1].norm
    whole = 4 if below in ("quarter", "quarters") else _ORDINALS.get(below.removesuffix("s"), 0)
    followed = at + 2 < len(tokens) and tokens[at + 2].norm == "of"
    count = 1 if norm in _ARTICLES and followed else _SPOKEN.get(norm, 0)
    if not 0 < count < whole or below == "second" or (below == "third" and norm == "one" and not followed):
        return None
    named = unit_of(tokens[at + 4].norm) if followed and at + 4 < len(tokens) else None
    if named and tokens[at + 3].norm in _ARTICLES:  # a quarter of an hour
        return Quantity(at, at + 5, (count * named[1] // whole,), named[0])
    return Quantity(at, at + 2, (count * 100 * MICRO // whole,), "%")


def _scaled(text: str, tokens: Sequence[Token], at: int) -> Quantity:
    """Reads "a hundred", "a thousand", "a hundred and eighty"."""
    value, end = _SCALES[tokens[at + 1].norm], at + 2
    follows = end + 1 if end + 1 < len(tokens) and tokens[end].norm == "and" else end
    if follows < len(tokens) and tokens[follows].norm in _SPOKEN:
        rest, _, small = _group(tokens, follows)
        if small < value:
            value, end = value + small, rest
    return _with_unit(text, tokens, at, end, (value * MICRO,))


def _digit_string(tokens: Sequence[Token], at: int) -> str:
    """Three or more single digits in a row: "four two seven"."""
    digits = ""
    for token in tokens[at : at + 24]:
        value = _SPOKEN.get(token.norm, 10)
        if value > 9:
            break
        digits += str(value)
    return digits if len(digits) >= 3 else ""


def _cardinal(tokens: Sequence[Token], at: int) -> tuple[int, tuple[int, ...]]:
    """A spoken cardinal from ``at``: index behind it and its readings in millionths."""
    end, total, group = _group(tokens, at)
    if end < len(tokens) and _SPOKEN.get(tokens[end].norm, 0) >= 10 and 0 < group < 100 and not total:
        end, _, small = _group(tokens, end)
        if small < 100:
            return end, ((group * 100 + small) * MICRO, group * MICRO + small * MICRO // 100)
    value = (total + group) * MICRO
    if end + 1 < len(tokens) and tokens[end].norm == "point" and tokens[end + 1].norm in _SPOKEN:
        return end + 2, (value + _SPOKEN[tokens[end + 1].norm] * MICRO // 10,)
    return end, (value,)


def _group(tokens: Sequence[Token], at: int) -> tuple[int, int, int]:
    """Index behind, the part over a thousand, the part under it."""
    total, group, end, last = 0, 0, at, 1000
    while end < len(tokens):
        norm = tokens[end].norm
        value = _SPOKEN.get(norm)
        if value is not None and (
            value < last and (last >= 20 or last == 1000) and (last == 1000 or value < 10 or last >= 100)
        ):
            group += value
            last = value if value >= 20 else 0
            end += 1
        elif norm == "hundred" and 0 < group < 100:
            group, last, end = group * 100, 100, end + 1
        elif norm in ("thousand", "million", "billion", "grand") and group:
            total, group, last, end = (total + group) * _SCALES[norm], 0, 1000, end + 1
        elif (
            norm == "and"
            and end > at
            and last in (100, 1000)
            and end + 1 < len(tokens)
            and tokens[end + 1].norm in _SPOKEN
        ):
            end += 1
        else:
            break
    return end, total, group
