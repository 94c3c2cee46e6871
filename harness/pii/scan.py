"""The independent leak scan: a second opinion on text that is about to leave.

1. It shares no code with the detector (no detect.py, segment.py, stream.py, rules.py, validators.py, spoken.py ...): a miss
   there must show here. Its method is another one too: one expression per writing over the whole text, no candidates.
2. Only structured types, only forms that are hardly ever anything else: what it reports is taken for a leak. Values that
   only a cue gives away are in scan_cued.py, spoken ones in scan_spoken.py, their checks in scan_checks.py.
3. Placeholders, surrogates and public toll-free numbers are no leaks.
4. Linear time: every pattern is anchored on a digit, ``@`` or a cue, and bounded.
5. What is percent-encoded is looked at once more decoded.
6. What a conversation has heard is known in what it says later (``scan_known.py``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator

from harness.pii.scan_checks import CHECKS, base58, card, digits, iban, luhn, nanp, vin
from harness.pii.scan_cued import CUED, has_cue
from harness.pii.scan_gate import digits_in, is_quiet, may_be_heard, may_be_written, words_of
from harness.pii.scan_known import known_values
from harness.pii.scan_spoken import said_addresses, said_birthdays, said_numbers
from harness.pii.surrogate import is_surrogate
from harness.text.fold import fold
from harness.text.placeholder import PLACEHOLDER
from harness.text.span import Span

__all__ = ["is_quiet", "leaks"]

_EDGE_BEFORE = r"(?<![\w*$#])(?<![0-9][-.,:/])(?<![A-Za-z]-)"
_EDGE_AFTER = r"(?![\w%*])(?![-.,:/][0-9])"
_CARD = re.compile(
    _EDGE_BEFORE
    + r"(?:[0-9]{13,19}|[0-9]{4}([ .-])[0-9]{4}\1[0-9]{4}\1[0-9]{4}|[0-9]{4}([ .-])[0-9]{6}\2[0-9]{4,5})"
    + r"(?:\.0{1,6})?"
    + _EDGE_AFTER
)
_FLOAT = re.compile(r"(?<![\w.])[0-9]\.[0-9]{8,20}[eE]\+?1[0-9](?![\w.])")
_SSN = re.compile(_EDGE_BEFORE + r"[0-9]{3}-[0-9]{2}-[0-9]{4}" + _EDGE_AFTER)
_OWN_IBAN = re.compile(
    r"\biban\b(?:[ :]{1,2}(?:is|number|no)\b){0,2}[ :]{1,3}(?P<v>[a-z]{2}[0-9]{2}[a-z0-9]{11,30})(?!\w)", re.IGNORECASE
)
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}[0-9]{2}(?:[A-Z0-9]{11,30}|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?)(?!\w)")
_PHONE = re.compile(
    r"(?<![\w*$#])(?<![0-9][-.,:])(?<![A-Za-z]-)"
    + r"(?:(?:\+1[ .-]?|1[-.])?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[-.])[2-9][0-9]{2}[-.][0-9]{4}|"
    + r"\+1[ .-]?\(?[2-9][0-9]{2}\)?[ .-]?[2-9][0-9]{2}[ .-]?[0-9]{4})"
    + r"(?![\w%*])(?![-.,:][0-9])"
)
_ABROAD = re.compile(r"(?<![\w+])\+[1-9][0-9]{0,2}(?: ?\(0\))?(?:[ .-]?[0-9]{1,12}){1,7}" + _EDGE_AFTER)
_CALLED = re.compile(
    r"\b(?:phone|telephone|mobile|cell|tel|landline|fax|desk|callback|dial|(?:call|text|ring)(?: (?:me|us|her|him|back))?|"
    r"reach (?:me|us|her|him)|(?:phone|mobile|cell|contact|callback) number|number on file)\b"
    r"(?:[ \n:=.]{1,2}(?:is|number|no|at|on|my)\b){0,2}[ \n:=.]{1,3}"
    r"(?P<v>\(?[0-9]{2,5}\)?(?:[ .-]{0,2}[0-9]{2,5}){1,5})" + _EDGE_AFTER,
    re.IGNORECASE,
)
_BARE = re.compile(_EDGE_BEFORE + r"1?[2-9][0-9]{2}[ ]?[2-9][0-9]{2}[ ]?[0-9]{4}" + _EDGE_AFTER)
_BARE_BEFORE = re.compile(
    r"\b(?:phone|mobile|cell|call|text|dial|fax|callback|reach|ring)\b[^\n]{0,40}\Z", re.IGNORECASE
)
_OWN_CARD = re.compile(
    _EDGE_BEFORE
    + r"(?P<v>[0-9]{12,19}|[0-9]{4}([ .-])[0-9]{6}\2[0-9]{4,5}|[0-9]{4}([ .-])[0-9]{4}\3[0-9]{4}\3[0-9]{1,4})"
    + _EDGE_AFTER
)
_CARD_BEFORE = re.compile(
    r"\b(?:cards?|visa|mastercard|maestro|amex|discover|diners|cc|credit|debit)\b[^\n]{0,24}\Z", re.IGNORECASE
)
_IPV4 = re.compile(r"(?<![\w.$#*%-])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w-]|\.[0-9])")
_IPV6 = re.compile(
    r"(?<![\w:.])(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}(?![\w:.])|(?<![\w:.])(?:[0-9A-Fa-f]{1,4}:){2,6}:[0-9A-Fa-f]{1,4}(?![\w:])"
)
_AT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}")
_MAC = re.compile(
    r"(?<![\w:-])[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w:-])|(?<![\w.])(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}(?![\w.])"
)
_VIN = re.compile(r"(?<!\w)[A-HJ-NPR-Z0-9]{17}(?!\w)")
_NINO = re.compile(r"(?<!\w)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?[0-9]{2}){3} ?[A-D](?!\w)")
_CPF = re.compile(_EDGE_BEFORE + r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}" + _EDGE_AFTER)
_COIN = re.compile(r"(?<!\w)(?:0x[0-9a-fA-F]{40}|bc1[02-9ac-hj-np-z]{39}|[13][1-9A-HJ-NP-Za-km-z]{25,34})(?!\w)")
_URL = re.compile(
    r"https?://[^\s<>\"]{1,200}?[?&#](?:(?:access|auth|id)_token|token|api_?key|sig|signature|password|pwd|secret|jwt)"
    r"=[^\s<>\"&\[\]]{4,150}",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"(?<![A-Za-z0-9])(?:[spr]k_(?:live|test)_[A-Za-z0-9]{10,99}|gh[pousr]_[A-Za-z0-9]{20,99}|xox[abprs]-[A-Za-z0-9-]{10,99}|"
    r"(?:AKIA|ASIA)[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{35}|glpat-[A-Za-z0-9_-]{20}|eyJ[A-Za-z0-9_-]{8,140}\.eyJ[A-Za-z0-9_-]{4,140})"
)
_ASSIGNED = re.compile(
    r"\b(?:password|passwd|pwd|passphrase|api[_-]?key|(?:client_)?secret(?:_key)?|token)="
    r"(?P<v>[^\s<>\"&;,\[\]{}()*$%]{6,120})",
    re.IGNORECASE,
)
_NO_SECRET = re.compile(r"null|none|true|false|undefined|required|string|redacted|xxx", re.IGNORECASE)
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
_HEARD = re.compile(
    r"\b(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|ten|\w{3,5}ty)\b|\bdot\b|\bat\b.{1,60}\.[a-z]",
    re.IGNORECASE,
)
_WRITTEN = re.compile(
    r"[0-9@]|:\w+:|\b(?:password|passwd|pwd|passphrase|bearer|key|token|api_?key|\w*secret\w*)\b", re.IGNORECASE
)
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_CUT_OFF = ("@example.co", "@example.ne", "@example.or")
"""The end of a piece of a longer text, where a surrogate goes on in the next piece."""
_BEFORE = 96

Found = tuple[int, int, str]
"""(start, end, type)."""


def leaks(text: str, heard: Collection[tuple[str, str]] = ()) -> list[Span]:
    """Values of structured types that are left in ``text``; sorted, not overlapping.

    Args:
        heard: what its conversation has heard (:attr:`harness.pii.heard.ValueBook.heard`).
    """
    folded, offsets = fold(text)
    found = _found(folded)
    if heard:
        found = [*_apart(known_values(folded, heard), found), *found]
    if "%" in folded and _PERCENT.search(folded):
        plain, starts = _decoded(folded)
        taken = bytearray(len(folded))
        for start, end, _ in found:
            _cover(taken, start, end)
        hidden = ((starts[start], starts[end], type_) for start, end, type_ in _found(plain))
        found += [one for one in hidden if not any(taken[one[0] : one[1]])]
    return sorted(Span(offsets[start], offsets[end - 1] + 1, type_, "scan") for start, end, type_ in found)


def _apart(more: Iterable[Found], found: list[Found]) -> list[Found]:
    """Those of ``more`` that overlap neither ``found`` nor each other."""
    kept: list[Found] = []
    for one in more:
        if all(one[1] <= other[0] or other[1] <= one[0] for other in (*found, *kept)):
            kept.append(one)
    return kept


def _found(text: str) -> list[Found]:
    written, heard = _looked_for(text)
    if not written and not heard:
        return []
    covered = bytearray(len(text))
    for placeholder in PLACEHOLDER.finditer(text):
        _cover(covered, *placeholder.span())
    found: list[Found] = []
    for start, end, type_ in (*(_written(text, covered) if written else ()), *(_heard(text) if heard else ())):
        if not any(covered[start:end]):
            _cover(covered, start, end)
            found.append((start, end, type_))
    return found


def _looked_for(text: str) -> tuple[bool, bool]:
    """Whether there may be values that are written, and values that are said."""
    if text.isascii():
        words = words_of(text)
        written, heard = may_be_written(text, words), may_be_heard(text, words)
    else:
        written = heard = True
    return written and _WRITTEN.search(text) is not None, heard and _HEARD.search(text) is not None


def _written(text: str, covered: bytearray) -> Iterator[Found]:
    scans = _SCANS if has_cue(text) else _UNCUED
    count = digits_in(text)
    for type_, pattern, check, least in scans:
        if count < least or (type_ == "EMAIL" and "@" not in text):
            continue
        for found in pattern.finditer(text):
            start, end = found.span("v" if "v" in pattern.groupindex else 0)
            if covered[start]:
                continue
            if _known(type_, text[start:end]) or (end == len(text) and text[start:end].lower().endswith(_CUT_OFF)):
                _cover(covered, start, end)
            elif check(text[start:end], text[max(0, start - _BEFORE) : start]):
                yield start, end, type_


def _heard(text: str) -> Iterator[Found]:
    yield from said_addresses(text)
    yield from said_birthdays(text)
    yield from said_numbers(text)


def _decoded(text: str) -> tuple[str, list[int]]:
    """``text`` with its percent escapes undone, and where each character of that stands in ``text``; its end comes last."""
    parts: list[str] = []
    starts: list[int] = []
    at = 0
    for match in _PERCENT.finditer(text):
        parts += (text[at : match.start()], chr(int(match.group()[1:], 16)))
        starts += range(at, match.start() + 1)
        at = match.end()
    return "".join((*parts, text[at:])), [*starts, *range(at, len(text) + 1)]


def _cover(covered: bytearray, start: int, end: int) -> None:
    covered[start:end] = b"\1" * (end - start)


def _known(type_: str, value: str) -> bool:
    """A surrogate, or a surrogate number with more digits behind it."""
    if type_ == "CREDIT_CARD":
        return is_surrogate(type_, _number_of(value))
    if type_ != "PHONE":
        return is_surrogate(type_, value)
    ends = [gap.start() for gap in _GAP.finditer(value)]
    return any(is_surrogate(type_, value[:end]) for end in (*ends, len(value)))


def _number_of(value: str) -> str:
    """The digits of a number, also of one written as a fraction (``4716.0``) or with an exponent (``4.716e3``)."""
    mantissa, mark, exponent = value.lower().partition("e")
    whole, _, fraction = mantissa.partition(".")
    if not mark:
        return digits(value if fraction.strip("0") else whole)
    return whole + fraction[: int(exponent)] + "0" * (int(exponent) - len(fraction))


def _card(value: str, before: str) -> bool:
    return card(_number_of(value))


def _ssn(value: str, before: str) -> bool:
    return (
        value[:3] not in ("000", "666") and value[4:6] != "00" and value[7:] != "0000" and not _ID_BEFORE.search(before)
    )


def _iban(value: str, before: str) -> bool:
    return iban(value.replace(" ", "").upper())


def _phone(value: str, before: str) -> bool:
    return not _FREE.match(value)


def _called(value: str, before: str) -> bool:
    number = digits(value)
    return 9 <= len(number) <= 13 and not _FREE.match(value) and not _ID_BEFORE.search(before) and len(set(number)) > 2


def _bare(value: str, before: str) -> bool:
    return nanp(digits(value)) and not _ID_BEFORE.search(before) and _BARE_BEFORE.search(before) is not None


def _own_card(value: str, before: str) -> bool:
    number = digits(value)
    return (
        luhn(number)
        and number.strip("0") != ""
        and _CARD_BEFORE.search(before) is not None
        and not _ID_BEFORE.search(before)
    )


def _abroad(value: str, before: str) -> bool:
    return 9 <= len(digits(value)) <= 15 and not value.startswith("+1")


def _ipv4(value: str, before: str) -> bool:
    parts = value.split(".")
    return all(part == str(int(part)) and int(part) < 256 for part in parts) and not _NOT_IP.search(before)


def _ipv6(value: str, before: str) -> bool:
    return len(value) > 9 and any(char.isdigit() for char in value)


def _mac(value: str, before: str) -> bool:
    return len(set(value)) > 2 and any(char.isalpha() for char in value)


def _vin(value: str, before: str) -> bool:
    return vin(value)


def _cpf(value: str, before: str) -> bool:
    return CHECKS["cpf"][1](digits(value))


def _coin(value: str, before: str) -> bool:
    return value[0] not in "13" or base58(value)


def _assigned(value: str, before: str) -> bool:
    return not _NO_SECRET.match(value)


def _any(value: str, before: str) -> bool:
    return not before.endswith("*")


_SCANS: tuple[tuple[str, re.Pattern[str], Callable[[str, str], bool], int], ...] = (
    ("URL_WITH_TOKEN", _URL, _any, 0),
    ("EMAIL", _AT, _any, 0),
    ("IBAN", _IBAN, _iban, 2),
    ("IBAN", _OWN_IBAN, _iban, 2),
    ("CRYPTO", _COIN, _coin, 1),
    ("SECRET", _SECRET, _any, 0),
    ("SECRET", _ASSIGNED, _assigned, 0),
    ("CREDIT_CARD", _CARD, _card, 13),
    ("CREDIT_CARD", _FLOAT, _card, 11),
    ("CREDIT_CARD", _OWN_CARD, _own_card, 12),
    ("SSN", _SSN, _ssn, 9),
    *((one.type, one.pattern, one.fits, one.least) for one in CUED),
    ("PHONE", _PHONE, _phone, 10),
    ("PHONE", _ABROAD, _abroad, 2),
    ("PHONE", _CALLED, _called, 4),
    ("PHONE", _BARE, _bare, 10),
    ("IP", _IPV4, _ipv4, 4),
    ("IP", _IPV6, _ipv6, 0),
    ("MAC", _MAC, _mac, 0),
    ("VIN", _VIN, _vin, 0),
    ("NATIONAL_ID", _NINO, _any, 6),
    ("NATIONAL_ID", _CPF, _cpf, 11),
)
"""Type, pattern, check, and the digits without which the pattern matches nothing."""
_CUED_PATTERNS = frozenset(one.pattern for one in CUED)
_UNCUED = tuple(scan for scan in _SCANS if scan[1] not in _CUED_PATTERNS)
