"""Canaries: invented values of every type, a service that sends them by every way there is, and who looks for them.

1. A canary is a sentence with a value in it, and what may never be found of it: the value, its letters and digits without
   separators, and, said, its written digits. Values of a few digits are looked for with their cue.
2. The searcher reads bytes: as they are, decompressed, and with base64, ``\\u``, ``%`` and HTML escapes undone, three deep.
"""

from __future__ import annotations

import base64
import html
import random
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

import pytest

from harness.pii.rules import builtin_rules

NAMES = [
    "quorrin",
    "veldana",
    "thessaly",
    "ombrego",
    "zankiri",
    "fellwick",
    "drosmund",
    "yarrowby",
    "uxbellin",
    "pralindo",
]
WORDS = "zero one two three four five six seven eight nine".split()
LONG = 8
"""Letters and digits that a value must have to be looked for without its cue."""


@dataclass(frozen=True, slots=True)
class Canary:
    """A value in its sentence, and the forms (lower case, separators stripped) that may not be found."""

    type: str
    sentence: str
    needles: tuple[str, ...]


def stripped(text: str) -> str:
    """Lower case, without what people put between digits."""
    return re.sub(r"[\s\-.,()/+_:;\"'=]+", "", text.lower())


def luhn(body: str) -> str:
    """``body`` and its check digit."""
    doubled = sum(sum(divmod(int(d) * (2 if i % 2 == 0 else 1), 10)) for i, d in enumerate(reversed(body)))
    return body + str(-doubled % 10)


class Mint:
    """Makes values; none lies in the surrogate space."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)

    def digits(self, count: int, first: str = "123456789") -> str:
        row = self._rng.choice(first) + "".join(self._rng.choice("123456789") for _ in range(count - 1))
        return row

    def name(self) -> str:
        return "".join(self._rng.sample(NAMES, 2))

    def said(self, number: str) -> str:
        return " ".join(WORDS[int(digit)] for digit in number)

    def phone(self) -> str:
        area = self._rng.choice(("415", "628", "503", "704", "619"))
        return f"{area}-{self._rng.choice('2346789')}{self.digits(2, '346789')}-{self.digits(4)}"

    def card(self) -> str:
        return luhn("4539" + self.digits(11))

    def iban(self) -> str:
        body = "BUKB" + self.digits(14)
        number = int("".join(str(int(char, 36)) for char in body + "GB00"))
        return f"GB{98 - number % 97:02d}{body}"

    def aba(self) -> str:
        body = "02" + self.digits(6)
        total = sum(int(d) * (3, 7, 1)[i % 3] for i, d in enumerate(body))
        return body + str(-total % 10)

    def token(self, count: int, letters: str = "abcdefghkmnpqrstuvwxyz23456789") -> str:
        return "k7" + "".join(self._rng.choice(letters) for _ in range(count - 2))

    def vin(self) -> str:
        values = {
            **{str(n): n for n in range(10)},
            **dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", map(int, "12345678123457923456789"), strict=True)),
        }
        weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
        body = "1HGCM826" + "0" + "3A" + self.digits(6)
        return body[:8] + "0123456789X"[sum(values[c] * w for c, w in zip(body, weights, strict=True)) % 11] + body[9:]

    def mac(self) -> str:
        return ":".join(f"{self._rng.randrange(60, 250):02x}" for _ in range(5)) + ":ab"

    def birthday(self) -> str:
        return f"{self._rng.randint(1, 12):02d}/{self._rng.randint(13, 28)}/19{self._rng.randint(51, 98)}"

    def address(self) -> str:
        return f"{self.digits(4)} {self.name().title()} Street, Dunmere, OH {self.digits(5)}"

    def email(self) -> str:
        return f"{self.name()}{self.digits(3)}@{self.name()}.net"

    def said_email(self) -> str:
        one, two = self._rng.sample(NAMES, 2)
        return f"{one} dot {two} {self.said(self.digits(2))} at {self.name()} dot net"


Maker = Callable[[Mint], tuple[str, str]]
"""Makes (sentence, value)."""


def _in(sentence: str, make: Callable[[Mint], str]) -> Maker:
    def made(mint: Mint) -> tuple[str, str]:
        value = make(mint)
        return sentence.format(value), value

    return made


MAKERS: dict[str, list[Maker]] = {
    "PHONE": [
        _in("call me on {} please", Mint.phone), _in("so {} it was", lambda m: m.said(m.phone().replace("-", ""))),
        _in("ring +44 20 {} now", lambda m: f"7{m.digits(3)} {m.digits(4)}"),
    ],
    "EMAIL": [_in("mail {} today", Mint.email), _in("my email is {} thanks", Mint.said_email)],
    "CREDIT_CARD": [
        _in("my card {} was charged", lambda m: re.sub(r"(\d{4})(?=\d)", r"\1 ", m.card())),
        _in("card number {} yes", lambda m: m.said(m.card())), _in("{} on file", Mint.card), _in("it read {} there", lambda m: m.card() + ".0"),
    ],
    "SSN": [_in("my ssn is {} ok", lambda m: f"5{m.digits(2)}-{m.digits(2)}-{m.digits(4)}"), _in("social is {} ok", lambda m: m.said("5" + m.digits(8)))],
    "IBAN": [_in("refund to {} then", Mint.iban)],
    "IP": [_in("it came from {} again", lambda m: f"84.{m.digits(2)}.1{m.digits(2)}.1{m.digits(2)}"), _in("host {} up", lambda m: f"2a02:26f0:{m.digits(4)}::{m.digits(4)}")],
    "MAC": [_in("router {} rebooted", Mint.mac)],
    "VIN": [_in("the VIN is {} here", Mint.vin)],
    "CVV": [_in("the cvv is {} there", lambda m: m.digits(3)), _in("security code is {} there", lambda m: m.said(m.digits(3)))],
    "EXPIRY": [_in("my card expires {} then", lambda m: f"0{m.digits(1)}/2{m.digits(1)}")],
    "PIN": [_in("my pin is {} now", lambda m: m.digits(4)), _in("my pin is {} now", lambda m: m.said(m.digits(4)))],
    "OTP": [_in("your verification code is {} now", lambda m: m.digits(6))],
    "DOB": [_in("my date of birth is {} yes", Mint.birthday)],
    "BANK_ACCOUNT": [_in("my bank account number is {} yes", lambda m: m.digits(8)), _in("savings account number is {} yes", lambda m: m.said(m.digits(8)))],
    "ROUTING": [_in("routing number {} yes", Mint.aba)],
    "SORT_CODE": [_in("sort code {} yes", lambda m: f"{m.digits(2)}-{m.digits(2)}-{m.digits(2)}")],
    "PASSPORT": [_in("passport number C{} scanned", lambda m: m.digits(8))],
    "DRIVER_LICENSE": [_in("driver's license D{} scanned", lambda m: m.digits(7))],
    "NATIONAL_ID": [_in("my nino is AB{}C yes", lambda m: m.digits(6)), _in("my aadhaar is {} yes", lambda m: f"{m.digits(4, '23456789')} {m.digits(4)} {m.digits(4)}")],
    "IMEI": [_in("IMEI {} yes", lambda m: luhn("49" + m.digits(12)))],
    "SECRET": [_in("the key sk_live_{} leaked", lambda m: m.token(16)), _in("my password is {} ok", lambda m: m.token(12))],
    "CRYPTO": [_in("send to 0x{} now", lambda m: m.token(40, "abcdef23456789").replace("k", "a"))],
    "URL_WITH_TOKEN": [_in("see https://portal.{}.io/r?token=x7", lambda m: m.name()[:8] + "?token=" + m.token(12))],
    "PERSON": [_in("hello, my name is {} and so on", lambda m: f"{m.name().title()} {m.name().title()}")],
    "ADDRESS": [_in("I live at {} now", Mint.address)],
}  # fmt: skip
MAKERS["URL_WITH_TOKEN"] = [_in("see https://portal.kestrel.io/reset?token={} now", lambda m: m.token(14))]


def canary_of(type_: str, maker: Maker, mint: Mint) -> Canary:
    """A canary; a short value is looked for with the words before it."""
    sentence, value = maker(mint)
    plain = stripped(value)
    if len(plain) < LONG or type_ in ("EXPIRY", "SORT_CODE", "OTP", "PIN", "CVV"):
        before = sentence[: sentence.index(value)].split()[-2:]
        return Canary(type_, sentence, (stripped(" ".join(before) + value),))
    needles = {plain}
    digits = "".join(str(WORDS.index(word)) for word in re.findall("|".join(WORDS), value.lower()))
    written = re.sub(r"\D", "", value)
    needles |= {
        row for row in (digits, written.removesuffix("0") if value.endswith(".0") else written) if len(row) >= 8
    }
    return Canary(type_, sentence, tuple(sorted(needles)))


def minted(count: int, seed: int = 11) -> list[Canary]:
    """``count`` canaries of all types that have rules, every way to write them in turn."""
    mint = Mint(seed)
    types = sorted({rule.type for rule in builtin_rules().rules})
    assert set(types) <= set(MAKERS), "a type has no canary"
    makers = [(type_, maker) for n in range(4) for type_ in types for maker in MAKERS[type_][n : n + 1]]
    return [canary_of(*makers[n % len(makers)], mint) for n in range(count)]


# --- the searcher ----------------------------------------------------------------------------------------------------

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{12,}={0,2}")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


def views(data: bytes, depth: int = 3) -> Iterator[str]:
    """``data`` as text, and as the texts that are hidden in it."""
    text = data.decode("utf-8", "replace")
    yield text
    if not depth:
        return
    for plain in (
        _ESCAPE.sub(lambda m: chr(int(m[1], 16)), text),
        unquote(text),
        unquote(text.replace("+", " ")),
        html.unescape(text),
    ):
        if plain != text:
            yield from views(plain.encode("utf-8", "replace"), depth - 1)
    at = data.find(b"\x1f\x8b\x08")
    while at >= 0:
        yield from views(_inflated(data[at:]), depth - 1)
        at = data.find(b"\x1f\x8b\x08", at + 3)
    for run in _BASE64.finditer(data):
        for inner in _decoded(run[0]):
            yield from views(inner, depth - 1)


def _decoded(run: bytes) -> Iterator[bytes]:
    plain = run.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    try:
        raw = base64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
    except ValueError:
        return
    if raw[:2] == b"\x1f\x8b" or sum(32 <= byte < 127 for byte in raw) > 0.9 * len(raw):
        yield raw


def _inflated(data: bytes) -> bytes:
    """What a gzip stream holds, whatever follows it."""
    try:
        return zlib.decompressobj(31).decompress(data)
    except zlib.error:
        return b""


def found_in(data: bytes, canaries: Iterable[Canary]) -> list[tuple[str, str]]:
    """(type, needle) of every canary of which something is in ``data``."""
    plain = {stripped(text) for text in views(data)}
    return sorted({(c.type, needle) for c in canaries for needle in c.needles if any(needle in text for text in plain)})


@pytest.fixture(scope="session")
def mint_canaries() -> Callable[..., list[Canary]]:
    """Makes canaries."""
    return minted


@pytest.fixture(scope="session")
def search() -> Callable[[bytes, Iterable[Canary]], list[tuple[str, str]]]:
    """Finds canaries in bytes."""
    return found_in
