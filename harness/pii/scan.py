"""The independent leak scan: a second opinion on text that is about to leave.

1. It shares no code with the detector (no detect.py, segment.py, stream.py, rules.py, validators.py): a miss there must show here.
2. Only structured types, only forms that are hardly ever anything else: what it reports is taken for a leak.
3. Placeholders, surrogates and public toll-free numbers are no leaks.
4. Linear time: every pattern is anchored on a digit or ``@`` and bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from harness.pii.shapes import IBAN_LENGTHS
from harness.pii.surrogate import is_surrogate
from harness.text.fold import fold
from harness.text.placeholder import PLACEHOLDER
from harness.text.span import Span

__all__ = ["leaks"]

_EDGE_BEFORE = r"(?<![\w*$#])(?<![0-9][-.,:/])(?<![A-Za-z]-)"
_EDGE_AFTER = r"(?![\w%*])(?![-.,:/][0-9])"
_CARD = re.compile(
    _EDGE_BEFORE
    + r"(?:[0-9]{13,19}|[0-9]{4}([ .-])[0-9]{4}\1[0-9]{4}\1[0-9]{4}|[0-9]{4}([ .-])[0-9]{6}\2[0-9]{4,5})"
    + _EDGE_AFTER
)
_SSN = re.compile(_EDGE_BEFORE + r"[0-9]{3}-[0-9]{2}-[0-9]{4}" + _EDGE_AFTER)
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}[0-9]{2}(?:[A-Z0-9]{11,30}|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?)(?!\w)")
_PHONE = re.compile(
    _EDGE_BEFORE
    + r"(?:\+1[ .-]?|1[-.])?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[-.])[2-9][0-9]{2}[-.][0-9]{4}"
    + _EDGE_AFTER
)
_ABROAD = re.compile(r"(?<![\w+])\+[1-9][0-9]{0,2}(?:[ .-]?[0-9]{2,12}){1,6}" + _EDGE_AFTER)
_IPV4 = re.compile(r"(?<![\w.$#*%-])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w-]|\.[0-9])")
_AT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}")
_NOT_IP = re.compile(
    r"(?:version|ver|build|release|section|sec|chapter|clause|paragraph|article|firmware|rev|revision|sdk|upgraded? to|oid|step|schema|v)\S*\W+(?:\w+\W+)?\Z",
    re.IGNORECASE,
)
_GAP = re.compile(r"[ .-]")
_FREE = re.compile(r"\+?1?[ .(-]*8(?:00|33|44|55|66|77|88)")
_ID_BEFORE = re.compile(
    r"\b(?:order|ticket|tracking|invoice|ref|reference|case|sku|part|serial|claim|policy)\b[^\n]{0,48}\Z",
    re.IGNORECASE,
)


def leaks(text: str) -> list[Span]:
    """Values of structured types that are left in ``text``; sorted."""
    folded, offsets = fold(text)
    covered = bytearray(len(folded))
    for placeholder in PLACEHOLDER.finditer(folded):
        _cover(covered, *placeholder.span())
    spans: list[Span] = []
    for type_, pattern, check in _SCANS:
        if type_ == "EMAIL" and "@" not in folded:
            continue
        for found in pattern.finditer(folded):
            start, end = found.span()
            if covered[start]:
                continue
            if _known(type_, found.group()):
                _cover(covered, start, end)
            elif check(found.group(), folded[max(0, start - 64) : start]):
                _cover(covered, start, end)
                spans.append(Span(offsets[start], offsets[end - 1] + 1, type_, "scan"))
    return sorted(spans)


def _cover(covered: bytearray, start: int, end: int) -> None:
    covered[start:end] = b"\1" * (end - start)


def _known(type_: str, value: str) -> bool:
    """A surrogate, or a surrogate number with more digits behind it."""
    if type_ != "PHONE":
        return is_surrogate(type_, value)
    ends = [gap.start() for gap in _GAP.finditer(value)]
    return any(is_surrogate(type_, value[:end]) for end in (*ends, len(value)))


def _digits(value: str) -> str:
    return "".join(char for char in value if char in "0123456789")


def _card(value: str, before: str) -> bool:
    digits = _digits(value)
    if digits[0] not in "3456" and not "2221" <= digits[:4] <= "2720":
        return False
    if len(digits) not in (15, 16) or (len(digits) == 15) != (digits[:2] in ("34", "37")):
        return False
    doubled = ("0246813579"[int(d)] if i % 2 else d for i, d in enumerate(reversed(digits)))
    return sum(map(int, doubled)) % 10 == 0


def _ssn(value: str, before: str) -> bool:
    return (
        value[:3] not in ("000", "666") and value[4:6] != "00" and value[7:] != "0000" and not _ID_BEFORE.search(before)
    )


def _iban(value: str, before: str) -> bool:
    compact = value.replace(" ", "")
    number = "".join(str(int(char, 36)) for char in compact[4:] + compact[:4])
    return len(compact) == IBAN_LENGTHS.get(compact[:2]) and int(number) % 97 == 1


def _phone(value: str, before: str) -> bool:
    return not _FREE.match(value)


def _abroad(value: str, before: str) -> bool:
    return 10 <= len(_digits(value)) <= 15 and not value.startswith("+1")


def _ipv4(value: str, before: str) -> bool:
    parts = value.split(".")
    return all(part == str(int(part)) and int(part) < 256 for part in parts) and not _NOT_IP.search(before)


def _any(value: str, before: str) -> bool:
    return not before.endswith("*")


_SCANS: tuple[tuple[str, re.Pattern[str], Callable[[str, str], bool]], ...] = (
    ("EMAIL", _AT, _any),
    ("IBAN", _IBAN, _iban),
    ("CREDIT_CARD", _CARD, _card),
    ("SSN", _SSN, _ssn),
    ("PHONE", _PHONE, _phone),
    ("PHONE", _ABROAD, _abroad),
    ("IP", _IPV4, _ipv4),
)
