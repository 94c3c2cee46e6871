"""Fakes of the same shape: the space (SURROGATES.md), the rendering, and the vault of a session.

1. A surrogate is made of HMAC-SHA256(key, type, canonical value): the same value gives the same surrogate over the
   whole session, however it is written; distinct values give distinct ones (probing).
2. It is detected again as its type over its whole length, wherever the value was.
3. The surrogate of a surrogate is itself.
4. :func:`is_surrogate` needs neither key nor vault.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from harness.pii.fakes import Digest, Kind, fill, like
from harness.pii.invented import PEOPLE, join_name, name_parts
from harness.pii.marks import MARKED
from harness.pii.shapes import (
    card_marker,
    country_code,
    digits_of,
    expanded,
    iban_marker,
    is_marked,
    is_nanp,
    main_number,
)
from harness.pii.spoken_forms import spoken_like, written
from harness.pii.validators import iban_ok, luhn_ok
from harness.text.fold import fold

__all__ = ["Edit", "SurrogateVault", "canonical", "is_surrogate", "last_four", "last_four_mentions"]

_AREAS = tuple(str(n) for n in range(201, 990) if str(n)[0] != "8" and str(n)[1:] != "11" and n != 555)
_EXAMPLE_DOMAIN = re.compile(r"(?:.+\.)?(?:example\.(?:com|org|net)|[^.@]+\.(?:test|invalid|example))")
_DOMAINS = ("example.com", "example.org", "example.net")
_LETTERS = "abcdefghijkmnopqrstuvwxyz"
_ATTEMPTS = 10_000
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_UNSEEN = ("OVERSIZE", "UNCHECKED", "UNKNOWN")
_PART = re.compile(
    r"(?:\b(?:ending|ends|end)(?: (?:in|with|on))?|\blast (?:four|4)(?: digits)?(?: (?:are|is|were|of \w+ \w+ (?:are|is)))?"
    r"|[*xX•]{2,}[- ]?)[ :]{0,2}(?<![0-9])([0-9]{4})(?![0-9])",
    re.IGNORECASE,
)
_FOUR = re.compile("[0-9]{4}")


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace ``text[start:end]`` by ``new``; it is part of the value ``value_id`` of ``type``."""

    start: int
    end: int
    new: str
    type: str
    value_id: str


def _folded(value: str) -> str:
    return fold(value)[0]


# --- telephone -------------------------------------------------------------------------------------------------------


def _phone_parts(shape: str) -> tuple[str, str]:
    """(prefix digits that stay, national digits) of a number without its extension."""
    digits = digits_of(shape)
    if shape.lstrip("(").startswith("+"):
        size = len(country_code(digits))
    elif digits.startswith("00") and not digits.startswith("000"):
        size = 2 + len(country_code(digits[2:]))
    else:
        size = int(len(digits) == 11 and digits[0] == "1" and is_nanp(digits[1:]))
    return digits[:size], digits[size:]


def _phone_is_nanp(prefix: str, national: str) -> bool:
    return len(national) == 10 and (prefix in ("1", "001") or (not prefix and is_nanp(national)))


def _phone_canonical(value: str) -> str:
    shape = re.sub(r"\(0\)", "", main_number(_folded(value)))
    prefix, national = _phone_parts(shape)
    if _phone_is_nanp(prefix, national):
        return "+1" + national
    return f"+{prefix.removeprefix('00')}{national}" if prefix else national


def _phone_render(value: str, digest: Digest) -> str:
    shape = _folded(value)
    main = main_number(shape)
    prefix, national = _phone_parts(main)
    if _phone_is_nanp(prefix, national):
        area = _AREAS[digest.number("area", len(_AREAS))]
        fresh = f"{area}55501{digest.number('line', 100):02d}"
    else:
        fresh = ("000" + digest.nonzero(max(0, len(national) - 3)))[: len(national)]
    extension = shape[len(main) :]
    return fill(main, prefix + fresh) + fill(extension, digest.digits(len(digits_of(extension))))


def _phone_is(value: str) -> bool:
    prefix, national = _phone_parts(main_number(_folded(value)))
    if _phone_is_nanp(prefix, national):
        return national[3:8] == "55501"
    return is_marked(national)


# --- cards, social security, IBAN ------------------------------------------------------------------------------------


def _digits_canonical(value: str) -> str:
    return digits_of(_folded(value))


def _card_canonical(value: str) -> str:
    return digits_of(expanded(_folded(value)))


def _card_render(value: str, digest: Digest) -> str:
    # As a whole number, which a machine number holds exactly.
    shape = expanded(_folded(value))
    size = len(digits_of(shape))
    body = card_marker(size) + digest.digits(size - 5)
    check = next(d for d in "0123456789" if luhn_ok(body + d))
    return fill(shape, body + check)


def _card_is(value: str) -> bool:
    digits = _card_canonical(value)
    return digits.startswith(card_marker(len(digits))) and luhn_ok(digits)


def _ssn_render(value: str, digest: Digest) -> str:
    return fill(_folded(value), f"666{1 + digest.number('group', 99):02d}{1 + digest.number('serial', 9999):04d}")


def _ssn_is(value: str) -> bool:
    digits = _digits_canonical(value)
    return len(digits) == 9 and (digits.startswith("666") or digits[:8] == "98765432")


def _compact(value: str) -> str:
    return "".join(filter(str.isalnum, _folded(value))).upper()


def _iban_render(value: str, digest: Digest) -> str:
    shape = _folded(value)
    old = _compact(value)
    fresh = "".join(
        str(digest.number(f"c{i}", 10)) if char.isdigit() else chr(65 + digest.number(f"c{i}", 26))
        for i, char in enumerate(old[4:])
    )
    country = iban_marker(len(old))
    rest = int("".join(str(int(c, 36)) for c in fresh + country + "00")) % 97
    new = iter(f"{country}{98 - rest:02d}{fresh}")
    return "".join(_cased(next(new), char) if char.isalnum() else char for char in shape)


def _cased(char: str, like: str) -> str:
    return char.lower() if like.islower() else char


def _iban_is(value: str) -> bool:
    compact = _compact(value)
    return 15 <= len(compact) <= 34 and compact[:2] == iban_marker(len(compact)) and iban_ok(compact)


# --- e-mail, addresses -----------------------------------------------------------------------------------------------


def _email_canonical(value: str) -> str:
    return _folded(value).lower()


def _email_render(value: str, digest: Digest) -> str:
    local, _, domain = _folded(value).rpartition("@")
    made = [_email_char(char, digest.number(f"c{i}", 250)) for i, char in enumerate(local)]
    short = 6 - sum(map(str.isalnum, local))
    pad = "".join(_LETTERS[digest.number(f"m{i}", 25)] for i in range(short))
    made = [pad.upper() if local[:1].isupper() else pad, *made]
    host = _DOMAINS[digest.number("domain", 3)]
    return "".join(made) + "@" + (host.upper() if domain.isupper() else host)


def _email_char(char: str, number: int) -> str:
    if char.isdigit():
        return str(number % 10)
    if not char.isalpha():
        return "." if char == "@" else char
    return _LETTERS[number % 25].upper() if char.isupper() else _LETTERS[number % 25]


def _email_is(value: str) -> bool:
    return _EXAMPLE_DOMAIN.fullmatch(_folded(value).lower().rpartition("@")[2]) is not None


def _ip_canonical(value: str) -> str:
    return _folded(value).lower()


def _ip_render(value: str, digest: Digest) -> str:
    shape = _folded(value)
    if ":" in shape:
        return _ipv6_render(shape, digest)
    parts = [str(240 + digest.number("o0", 10))]
    for i, part in enumerate(shape.split(".")[1:]):
        low, high = ((0, 10), (10, 100), (100, 256))[len(part) - 1]
        parts.append(str(low + digest.number(f"o{i + 1}", high - low)))
    return ".".join(parts)


def _ipv6_render(shape: str, digest: Digest) -> str:
    """2001:db8 and as many groups as before, each of its length; a short or mixed one gets two."""
    groups = shape.split(":")
    if "." in shape or "::" in shape:
        pair = f"{digest.number('a', 0xF000) + 0x1000:x}:{digest.number('b', 0xF000) + 0x1000:x}"
        return f"2001:db8:{pair}::" if shape.endswith("::") else f"2001:db8::{pair}"
    fresh = [_hex(digest.number(f"g{i}", 16 ** len(group)), len(group)) for i, group in enumerate(groups[2:])]
    return ":".join(["2001", "db8" if len(groups[1]) < 4 else "0db8", *fresh])


def _hex(number: int, size: int) -> str:
    return f"{number:0{size}x}"


def _ip_is(value: str) -> bool:
    folded = _folded(value).lower()
    return re.match(r"24[0-9]\.[0-9]|2001:0?db8:", folded) is not None


_KINDS: Mapping[str, Kind] = {
    "CREDIT_CARD": Kind(_card_canonical, _card_render, _card_is),
    "EMAIL": Kind(_email_canonical, _email_render, _email_is),
    "IBAN": Kind(_compact, _iban_render, _iban_is),
    "IP": Kind(_ip_canonical, _ip_render, _ip_is),
    "PHONE": Kind(_phone_canonical, _phone_render, _phone_is),
    "SSN": Kind(_digits_canonical, _ssn_render, _ssn_is),
    **MARKED,
    **PEOPLE,
}


def is_surrogate(type_: str, value: str) -> bool:
    """Whether ``value`` lies in the surrogate space of its type; types without a space have no surrogates."""
    kind = _KINDS.get(type_)
    return kind is not None and kind.test(_plain(type_, value))


def canonical(type_: str, value: str) -> str:
    """What is the same for all writings of one value; the folded value itself for types without a surrogate space."""
    kind = _KINDS.get(type_)
    return kind.canonical(_plain(type_, value)) if kind else _folded(value)


def _plain(type_: str, value: str) -> str:
    """The value folded, without percent escapes, and written where it was said."""
    folded = _folded(value)
    return written(type_, unquote(folded) if _ESCAPE.search(folded) else folded)


def last_four(type_: str, value: str) -> str | None:
    """The digits by which people name a value ("ending in 1234"); None where they do not."""
    if type_ not in _NAMED_BY_LAST_FOUR:
        return None
    shape = _plain(type_, value)
    digits = digits_of(main_number(shape) if type_ == "PHONE" else shape)
    return digits[-4:] if len(digits) >= 7 else None


def last_four_mentions(text: str) -> list[tuple[int, int, str]]:
    """(start, end, digits) of every place where somebody names a value by its last four digits."""
    if not _FOUR.search(text) or not _may_be_mentioned(text):  # both are much quicker to look for than a mention
        return []
    return [(found.start(1), found.end(1), _folded(found[1])) for found in _PART.finditer(text)]


def _may_be_mentioned(text: str) -> bool:
    """Whether the beginning of a mention may be in ``text``."""
    lower = text.lower()
    return not text.isascii() or any(start in lower for start in ("end", "last", "**", "xx", "*x", "x*"))


_NAMED_BY_LAST_FOUR = ("CREDIT_CARD", "PHONE", "SSN", "IBAN", "BANK_ACCOUNT")


class SurrogateVault:
    """The surrogates of one session.

    Args:
        key: secret of the corpus.
        key_id: its name, which may be published.
    """

    def __init__(self, key: bytes, key_id: str) -> None:
        self._key = key
        self.key_id = key_id
        self._attempts: dict[tuple[str, str], int] = {}
        self._owner: dict[tuple[str, str], str] = {}
        self._ids: dict[tuple[str, str], str] = {}
        self._last_four: dict[str, tuple[str, str, str]] = {}
        self._mentioned: set[str] = set()

    def surrogate(self, type_: str, value: str) -> str:
        """The fake that stands for ``value``; the value itself if it is one already.

        A spoken value becomes digit words, with the digits its written form would have. Masked oversize text becomes a
        row of the same length that is masked again; a type without a surrogate space keeps its classes of characters.
        """
        folded = _folded(value)
        if _ESCAPE.search(folded):
            return quote(self.surrogate(type_, unquote(folded)), safe="")
        plain = written(type_, folded)
        if plain != folded:
            return spoken_like(type_, folded, self.surrogate(type_, plain))
        kind = _KINDS.get(type_)
        if type_ in _UNSEEN:
            return ("0" if folded[:1].isdigit() else "x") + "x" * (len(value) - 1)
        self.value_id(type_, value)
        if kind is None:
            return like(folded, Digest(self._key, type_, folded, 0))
        if kind.test(value):
            for part in name_parts(value) if type_ == "PERSON" else [value]:
                self._owner.setdefault((type_, kind.canonical(part)), kind.canonical(part))
            return value
        if type_ == "PERSON":
            return self._person(kind, folded)
        canonical = kind.canonical(value)
        fake = self._probe(kind, type_, canonical, value)
        self._remember_last_four(type_, value, fake)
        return fake

    def value_id(self, type_: str, value: str) -> str:
        """``s1``, ``s2`` ... in the order values are first met."""
        return self._ids.setdefault((type_, canonical(type_, value)), f"s{len(self._ids) + 1}")

    def replace_parts(self, text: str) -> list[Edit]:
        """Edits for later mentions of a known value's last four digits ("ending in 1234").

        Digits mentioned before their value was known stay as they are, then and ever after: all mentions of a
        session agree.
        """
        edits: list[Edit] = []
        for start, end, digits in last_four_mentions(text):
            known = self._last_four.get(digits)
            if known:
                edits.append(Edit(start, end, *known))
            else:
                self._mentioned.add(digits)
        return edits

    def _person(self, kind: Kind, value: str) -> str:
        """Every part of a name has its own surrogate, so that a first or last name alone is the same person's."""
        return join_name(value, [self._part(kind, part) for part in name_parts(value)])

    def _part(self, kind: Kind, part: str) -> str:
        return part if kind.test(part) else self._probe(kind, "PERSON", kind.canonical(part), part)

    def _probe(self, kind: Kind, type_: str, canonical: str, value: str) -> str:
        """The first surrogate, from the known attempt on, that no other value has."""
        fake = value
        for attempt in range(self._attempts.get((type_, canonical), 0), _ATTEMPTS):
            fake = kind.render(value, Digest(self._key, type_, canonical, attempt))
            self._attempts[type_, canonical] = attempt
            if self._owner.setdefault((type_, kind.canonical(fake)), canonical) == canonical:
                break
        return fake

    def _remember_last_four(self, type_: str, value: str, fake: str) -> None:
        old, new = last_four(type_, value), last_four(type_, fake)
        if old and new and old not in self._mentioned:
            self._last_four.setdefault(old, (new, type_, self.value_id(type_, value)))
