"""What was heard with its cue is known when it comes again without one."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from harness.pii.book import NameBook
from harness.pii.heard import ValueBook
from harness.pii.names import RESERVED_GIVEN
from harness.pii.operators import apply
from harness.pii.stream import Redactor
from harness.pii.surrogate import SurrogateVault

REDACTOR = Redactor()
LINES = (Path(__file__).parents[2] / "fixtures" / "pii" / "families.jsonl").read_text(encoding="utf-8").splitlines()
CASES = [case for case in map(json.loads, LINES) if case["family"].startswith("heard-")]
TOLD = {
    "account": "my bank account number is 80217744365",
    "pin": "my pin is 4417",
    "cvv": "the cvv is 739",
    "ssn": "social is six eight nine, eighty, nineteen thirty three",
    "passport": "passport number C71234567",
    "dob": "born on July 14th, 1986",
    "card": "my card is 4539 5787 6362 1487",
    "otp": "your verification code is 482913",
    "phone": "call me at +1 628 374 9920",
    "password": "the password is tinfoil77harbour",
}


def heard(*told: str) -> NameBook:
    book = NameBook()
    for name in told:
        REDACTOR.detect(TOLD[name], book)
    return book


def types(text: str, book: NameBook) -> list[tuple[str, str]]:
    return [(span.type, text[span.start : span.end]) for span in REDACTOR.detect(text, book)]


@pytest.mark.parametrize(
    "told, text, type_, value",
    [
        ("account", "so 80217744365, right?", "BANK_ACCOUNT", "80217744365"),
        ("account", "8021 7744 365 was noted", "BANK_ACCOUNT", "8021 7744 365"),
        ("account", "order 80217744365", "BANK_ACCOUNT", "80217744365"),
        ("account", "eight oh two one double seven double four three six five", "BANK_ACCOUNT", None),
        ("account", "okay eight oh two one seven seven four four three six five got it", "BANK_ACCOUNT", None),
        ("pin", "4417", "PIN", "4417"),
        ("pin", "Yes, that's 4 4 1 7 again.", "PIN", "4 4 1 7"),
        ("pin", "four four one seven", "PIN", "four four one seven"),
        ("pin", "Thanks. So it is forty four seventeen, correct?", "PIN", "forty four seventeen"),
        ("cvv", "seven three nine, yes", "CVV", "seven three nine"),
        ("ssn", "689 80 1933", "SSN", "689 80 1933"),
        ("ssn", "we noted 689801933 for you", "SSN", "689801933"),
        ("passport", "it was c 7123 4567", "PASSPORT", "c 7123 4567"),
        ("passport", "document C71234567 expired", "PASSPORT", "C71234567"),
        ("dob", "07/14/1986 it says", "DOB", "07/14/1986"),
        ("dob", "july fourteenth nineteen eighty six", "DOB", "july fourteenth nineteen eighty six"),
        ("card", "4539578763621487 was declined", "CREDIT_CARD", "4539578763621487"),
        ("otp", "enter 482-913 now", "OTP", "482-913"),
        ("phone", "the (628) 374 9920 one", "PHONE", "(628) 374 9920"),
        ("password", "she typed tinfoil77harbour twice", "SECRET", "tinfoil77harbour"),
    ],
)
def test_a_value_is_known_again(told: str, text: str, type_: str, value: str | None) -> None:
    """In another writing too, and of the same type; nobody knows it who has not heard it."""
    found = types(text, heard(told))
    assert [one for one, _ in found] == [type_]
    if value is not None:
        assert found[0][1] == value


@pytest.mark.parametrize(
    "told, text",
    [
        ("account", "we paid $80217744365"),
        ("account", "80217744365% of it"),
        ("account", "part 80217744365-22 shipped"),
        ("account", "it is 180217744365 in all"),
        ("account", "80217744366"),
        ("pin", "in 4417 cases"),
        ("pin", "it costs 4417 dollars"),
        ("pin", "order 4417 has shipped"),
        ("pin", "your card ending in 4417"),
        ("pin", "4417.50"),
        ("pin", "$4417"),
        ("pin", "room 4417 please"),
        ("pin", "we sold 4417 of them"),
        ("cvv", "flight seven three nine boards now"),
        ("cvv", "739 people"),
        ("otp", "it was 482,913 in total"),
        ("dob", "the invoice of 07/15/1986"),
        ("passport", "C71234567B is the part"),
    ],
)
def test_what_only_looks_like_it_stays(told: str, text: str) -> None:
    """Amounts, counts, parts of longer numbers, short codes in the middle of other talk."""
    assert types(text, heard(told)) == []


def test_a_text_knows_what_it_said_itself() -> None:
    """Behind the cue; what stood before it has gone."""
    text = "4417 is noted. My pin is 4417. Yes, 4417."
    assert REDACTOR.redact(text).text == "4417 is noted. My pin is [PIN_REDACTED]. Yes, [PIN_REDACTED]."


@pytest.mark.parametrize("seed", range(30))
def test_pieces_prefixes_and_twice(seed: int) -> None:
    """With a memory too: any pieces give the batch's text, every output is its prefix, and twice changes nothing."""
    rng = random.Random(seed)
    told = rng.sample(sorted(TOLD), 4)
    said = ["80217744365", "4417", "four four one seven", "yes", "739", "C71234567", "689 80 1933", "\n", ". ", "room", "628 374 9920",
            "july fourteenth nineteen eighty six", *TOLD.values(), RESERVED_GIVEN[3], "kim@kestrel.io", "482,913", "so that's"]  # fmt: skip
    text = " ".join(rng.choice(said) for _ in range(24))
    whole = REDACTOR.redact(text, names=heard(*told))
    book = heard(*told)
    stream, out, at = REDACTOR.stream(names=book), "", 0
    while at < len(text):
        size = rng.randint(1, 12)
        out += stream.feed(text[at : at + size])
        assert whole.text.startswith(out)
        at += size
    assert out + stream.finish() == whole.text
    after = heard(*told)
    REDACTOR.detect(text, after)
    assert book.heard == after.heard
    assert REDACTOR.redact(whole.text, names=heard(*told)).text == whole.text


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_line_by_line(case: dict[str, object]) -> None:
    """A conversation in one text is redacted as one whose lines come one by one, and so are its surrogates."""
    text = str(case["text"])
    book, vault = NameBook(), SurrogateVault(b"f" * 32, "k")
    lines = [REDACTOR.redact(line, names=book).text for line in text.split("\n")]
    assert "\n".join(lines) == REDACTOR.redact(text).text
    fake, real, played = [], NameBook(), NameBook()
    for line in text.split("\n"):
        fake.append(apply(line, REDACTOR.detect(line, real), vault.surrogate))
    assert [REDACTOR.redact(line, names=played).text for line in fake] == lines


def test_books_are_apart() -> None:
    """A copy learns by itself; joined, both know all; books that know the same are equal."""
    one = ValueBook()
    one.learn("PIN", "4417")
    two = one.copy()
    two.learn("SSN", "689-80-1933")
    assert one.heard == {("4417", "PIN")}
    assert two.heard == {("4417", "PIN"), ("689801933", "SSN")}
    one.join(two)
    assert one.heard == two.heard
    one.join(one.copy())
    assert one.heard == two.heard


def test_what_is_kept() -> None:
    """At most 256 values; none without digits, none too short or too long, none that is found by itself."""
    book = ValueBook()
    assert not book
    assert not book.may_be_in("80217744365")
    for type_, value in [("EMAIL", "kim4@kestrel.io"), ("PIN", "44"), ("SECRET", "correcthorse"), ("PASSPORT", "C1")]:
        book.learn(type_, value)
    assert book.heard == frozenset()
    for number in range(300):
        book.learn("PIN", f"{number + 100000}")
        assert len(book.heard) <= 256
    assert len(book.heard) == 256
