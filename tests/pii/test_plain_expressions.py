"""Beside three plain expressions, the usual beginning: whatever they redact rightly is redacted here, and their faults are not.

1. The expressions are built here from what they are known to take: three groups of digits with one dash or dot or nothing
   between, an address with its at-sign, four groups of four digits with a dash, a blank or nothing.
2. "Rightly" means that what they hit is a value: a possible North American number, an address, a card with issuer and check.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.pii.stream import Redactor

REDACTOR = Redactor()


def _groups(sizes: tuple[int, ...], between: str) -> str:
    return r"\b" + f"[{between}]?".join(f"[0-9]{{{size}}}" for size in sizes) + r"\b"


PLAIN = {
    "[PHONE_REDACTED]": re.compile(_groups((3, 3, 4), ".-")),
    "[EMAIL_REDACTED]": re.compile(r"\b[\w.%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z|]{2,24}\b", re.ASCII),
    "[CC_REDACTED]": re.compile(_groups((4, 4, 4, 4), " -")),
}
TYPES = {"[PHONE_REDACTED]": "PHONE", "[EMAIL_REDACTED]": "EMAIL", "[CC_REDACTED]": "CREDIT_CARD"}


def plain(text: str) -> str:
    """``text`` as the three expressions leave it."""
    for placeholder, pattern in PLAIN.items():
        text = pattern.sub(placeholder, text)
    return text


def luhn_digit(body: str) -> str:
    """The digit that makes ``body`` a card number."""
    doubled = sum(sum(divmod(int(d) * (2 if i % 2 == 0 else 1), 10)) for i, d in enumerate(reversed(body)))
    return str(-doubled % 10)


def digits(count: int) -> st.SearchStrategy[str]:
    """A row of digits."""
    return st.text("0123456789", min_size=count, max_size=count)


@st.composite
def phones(draw: st.DrawFn) -> str:
    area, exchange = (
        draw(st.sampled_from(["415", "628", "704", "212", "619"])),
        draw(st.sampled_from("2346789")) + draw(digits(2)),
    )
    if exchange[1:] == "11":
        exchange = exchange[0] + "12"
    between = draw(st.sampled_from(["-", ".", ""]))
    return between.join((area, exchange, draw(digits(4))))


@st.composite
def cards(draw: st.DrawFn) -> str:
    body = draw(st.sampled_from(["4539", "5285", "6011"])) + draw(digits(11))
    number = body + luhn_digit(body)
    return draw(st.sampled_from(["-", " ", ""])).join(number[at : at + 4] for at in range(0, 16, 4))


LOCAL = st.from_regex(r"[a-z][a-z0-9]{0,8}(?:[._+-][a-z0-9]{1,6}){0,2}", fullmatch=True)
EMAILS = st.builds(
    "{}@{}.{}".format,
    LOCAL,
    st.from_regex(r"[a-z]{3,10}(?:-[a-z]{2,5})?", fullmatch=True),
    st.sampled_from("io net org co.uk de".split()),
)
VALUES = st.one_of(
    st.tuples(st.just("[PHONE_REDACTED]"), phones()),
    st.tuples(st.just("[EMAIL_REDACTED]"), EMAILS),
    st.tuples(st.just("[CC_REDACTED]"), cards()),
)
BEFORE = st.sampled_from(
    [
        "",
        "call ",
        "it is ",
        "so, ",
        "Kim said: ",
        "(",
        "mail or card: ",
        "<",
        "\n",
        "reach me at ",
        "thanks! ",
    ]
)
AFTER = st.sampled_from(["", ".", ", ok", ")", "\n", "; bye", " please", "?", "!", " and then", ">", "'"])


@given(st.lists(st.tuples(BEFORE, VALUES, AFTER), min_size=1, max_size=4))
def test_what_plain_expressions_redact_rightly_is_redacted(parts: list[tuple[str, tuple[str, str], str]]) -> None:
    """Values of the three types in sentences: each that the expressions find whole has its placeholder here."""
    text = " ".join(f"{before}{value}{after}" for before, (_, value), after in parts)
    theirs, ours = plain(text), REDACTOR.redact(text).text
    for _, (placeholder, value), _ in parts:
        if value not in theirs:
            assert value not in ours
            assert placeholder in ours
    assert ours == theirs or any(value in theirs for _, (_, value), _ in parts)


def test_on_every_fixture(root: Path) -> None:
    """Where an expression hits a labelled value of its type, all of that value is redacted with that placeholder."""
    hits = 0
    for file in sorted((root / "fixtures" / "pii").glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            ours = REDACTOR.detect(case["text"])
            for placeholder, pattern in PLAIN.items():
                for found in pattern.finditer(case["text"]):
                    gold = [s for s in case.get("spans", []) if s["start"] <= found.start() and found.end() <= s["end"]]
                    if any(span["type"] == TYPES[placeholder] for span in gold):
                        hits += 1
                        covering = [s for s in ours if s.start <= found.start() and found.end() <= s.end]
                        assert [s.type for s in covering] == [TYPES[placeholder]], case["id"]
    assert hits > 40


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("call (415) 299-2671 now", "call [PHONE_REDACTED] now"), ("call +44 20 7612 3388", "call [PHONE_REDACTED]"),
        ("amex 3714 496353 98431", "amex [CC_REDACTED]"), ("pasted 4539.5787.6362.1486 here", "pasted [CC_REDACTED] here"),
        ("card 4539  5787  6362  1486", "card [CC_REDACTED]"), ("it is six two eight, two seven one, four four three two", "it is [PHONE_REDACTED]"),
        ("my email is jane at kestrel dot com", "my email is [EMAIL_REDACTED]"), ("call ６２８-２７１-４４３２", "call [PHONE_REDACTED]"),
        ("call ٦٢٨-٢٧١-٤٤٣٢", "call [PHONE_REDACTED]"), ("call 628\u200b-271-4\u200d432", "call [PHONE_REDACTED]"),
    ],
)  # fmt: skip
def test_what_they_miss(text: str, redacted: str) -> None:
    """Parentheses, other countries, other groupings, speech, other digits, invisible characters."""
    assert plain(text) != redacted
    assert REDACTOR.redact(text).text == redacted


@pytest.mark.parametrize(
    "text",
    ["order 4152992671 shipped", "at 1700000000 it began", "tracking 4539 5787 6362 1487", "ref 415-299-2671-88"],
)
def test_what_they_destroy(text: str) -> None:
    """Order numbers, times and references survive here."""
    assert plain(text) != text
    assert REDACTOR.redact(text).text == text


def test_a_pipe_is_no_letter() -> None:
    """The class ``[A-Z|a-z]`` takes a pipe for a letter of the domain; a table's column stays apart here."""
    text = "a|kim@kestrel.io|b"
    assert "|b" not in plain(text)
    assert REDACTOR.redact(text).text == "a|[EMAIL_REDACTED]|b"


def test_a_long_row_of_address_characters() -> None:
    """Forty thousand characters that look like the beginning of an address cost those expressions a quarter of a minute."""
    redacted = REDACTOR.redact("a." * 20_000 + " kim@kestrel.io").text
    assert redacted.replace("[OVERSIZE_REDACTED]", "") == " [EMAIL_REDACTED]"


def test_values_split_over_two_messages() -> None:
    """Message by message most places of a split leak the value; a stream leaks it at none."""
    leaks = 0
    for value, placeholder in (
        ("628-271-4432", "[PHONE_REDACTED]"),
        ("kim.lee@harborpost.net", "[EMAIL_REDACTED]"),
        ("4539 5787 6362 1486", "[CC_REDACTED]"),
    ):
        text = f"reach {value} today"
        for cut in range(1, len(text)):
            leaks += placeholder not in plain(text[:cut]) + plain(text[cut:])
            stream = REDACTOR.stream()
            assert stream.feed(text[:cut]) + stream.feed(text[cut:]) + stream.finish() == f"reach {placeholder} today"
    assert leaks > 40
