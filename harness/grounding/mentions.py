"""The checkable values of a sentence: quantities, identifiers, dates, times and placeholders.

1. A date beats a number at the same place; mentions never overlap.
2. Two mentions agree when one says what the other says or supports (see :func:`agree`).
3. A placeholder is a typed wildcard: it agrees with any value that could be of its type. An identity
   (``[PHONE_2_REDACTED]``) is one certain value: it agrees with itself alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from harness.text.dates import find_dates
from harness.text.numbers import find_quantities
from harness.text.placeholder import PLACEHOLDER, is_identity, placeholder_type
from harness.text.tokens import Token
from harness.text.units import MICRO, compatible

__all__ = ["Mention", "agree", "find_mentions", "rivals"]

_DIGIT_TYPES = frozenset(("PHONE", "CREDIT_CARD", "SSN", "IBAN", "ACCOUNT", "ID"))


@dataclass(frozen=True, slots=True)
class Mention:
    """One value.

    Args:
        kind: quantity | ident | date | time | placeholder.
        start: first code point in the sentence's text; ``end`` is one past the last.
        first: index of its first token; ``last`` is that of its last.
        values: what it says, every reading ("45000000", "05-12", "INC48213", "PHONE").
        loose: what it supports besides.
        unit: canonical unit of a quantity, or ''.
        weak: supports a claim, but is none itself.
    """

    kind: str
    start: int
    end: int
    first: int
    last: int
    values: tuple[str, ...]
    loose: tuple[str, ...] = ()
    unit: str = ""
    weak: bool = False


def find_mentions(text: str, tokens: Sequence[Token], today: dt.date | None = None) -> tuple[Mention, ...]:
    """The mentions of one sentence in order of place."""
    digits = any(c.isdigit() for c in text)
    found = _dates(text, tokens, today) + (_placeholders(tokens) if "_REDACTED]" in text else [])
    taken = {index for mention in found for index in range(mention.first, mention.last + 1)}
    for quantity in find_quantities(text, tokens):
        if taken.isdisjoint(range(quantity.start, quantity.end)):
            start, end = tokens[quantity.start].start, tokens[quantity.end - 1].end
            values = tuple(str(value) for value in quantity.values)
            ident = (quantity.ident,) if quantity.ident else ()
            kind = "quantity" if values and not (digits and len(quantity.ident) > 6) else "ident"
            loose = ident if kind == "quantity" else values
            said = values if kind == "quantity" else ident
            place = (start, end, quantity.start, quantity.end - 1)
            found.append(Mention(kind, *place, said, loose, quantity.unit, quantity.weak))
    return tuple(sorted(found, key=lambda mention: mention.start))


def _dates(text: str, tokens: Sequence[Token], today: dt.date | None) -> list[Mention]:
    found = []
    at = 0
    for date in find_dates(text, today):
        while at < len(tokens) and tokens[at].end <= date.start:
            at += 1
        last = at
        while last + 1 < len(tokens) and tokens[last + 1].start < date.end:
            last += 1
        if at < len(tokens):
            kind = "time" if date.is_time else "date"
            found.append(Mention(kind, date.start, date.end, at, last, date.keys, date.loose))
    return found


def _placeholders(tokens: Sequence[Token]) -> list[Mention]:
    found = []
    for index, token in enumerate(tokens):
        match = PLACEHOLDER.fullmatch(token.text)
        if match:
            found.append(
                Mention("placeholder", token.start, token.end, index, index, (placeholder_type(match.group(1)),))
            )
    return found


def agree(claim: Mention, evidence: Mention) -> bool:
    """Whether ``evidence`` says what ``claim`` says."""
    kinds = {claim.kind, evidence.kind}
    if "placeholder" in kinds:
        return _wildcard(claim, evidence)
    if kinds == {"time", "quantity"}:
        time, quantity = (claim, evidence) if claim.kind == "time" else (evidence, claim)
        return not quantity.unit and _bare_hour(time, quantity)
    if kinds == {"quantity"} and not compatible(claim.unit, evidence.unit):
        return False
    if kinds & {"date", "time"} and len(kinds) > 1:
        return False
    if not {*claim.values}.isdisjoint((*evidence.values, *evidence.loose)):
        return True
    if claim.kind == "date":
        return any(value.startswith("*") and value in claim.loose for value in evidence.values)
    return not {*claim.loose}.isdisjoint(evidence.values) or _tail(claim, evidence)


def _wildcard(claim: Mention, evidence: Mention) -> bool:
    """Rule 3."""
    if claim.kind == evidence.kind:
        return claim.values == evidence.values
    if is_identity((claim if claim.kind == "placeholder" else evidence).values[0]):
        return False
    if claim.kind == "placeholder":
        return evidence.kind in ("ident", "quantity")
    return claim.kind == "ident" and evidence.values[0] in _DIGIT_TYPES


def _bare_hour(time: Mention, quantity: Mention) -> bool:
    hours = {int(value[2:]) // 60 % 12 for value in time.values if int(value[2:]) % 60 == 0}
    return any(
        int(value) % MICRO == 0 and int(value) <= 24 * MICRO and int(value) // MICRO % 12 in hours
        for value in quantity.values
    )


def _tail(claim: Mention, evidence: Mention) -> bool:
    """The last four (or more) digits of a longer identifier."""
    part = claim.values[0] if claim.kind == "ident" else (claim.loose or ("",))[0]
    return evidence.kind == "ident" and len(part) >= 4 and part.isdigit() and evidence.values[0].endswith(part)


def rivals(claim: Mention, evidence: Mention) -> bool:
    """Whether ``evidence`` could stand in the same place and says something else."""
    if claim.kind != evidence.kind or evidence.weak or agree(claim, evidence):
        return False
    if claim.kind == "placeholder":
        return is_identity(claim.values[0]) and _type(claim.values[0]) == _type(evidence.values[0])
    if claim.kind == "quantity":
        return _same_sort(claim.unit, evidence.unit)
    if claim.kind == "date":
        return _date_sort(claim.values[0]) == _date_sort(evidence.values[0])
    return True


def _type(name: str) -> str:
    return name.rpartition("_")[0]


def _same_sort(left: str, right: str) -> bool:
    return left == right


def _date_sort(key: str) -> str:
    return "day" if key.startswith(("day:", "wd:")) or key[0].isdigit() or key[0] == "*" else key.partition(":")[0]
