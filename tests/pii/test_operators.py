"""Operators."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from harness.pii.operators import apply, drop, hashed, mask, replace
from harness.pii.scan import leaks
from harness.pii.stream import Redactor
from harness.pii.surrogate import SurrogateVault
from harness.text.span import Span

TEXT = "ssn 536-22-1478 ok"
SPANS = [Span(4, 15, "SSN", "r")]


def test_each_operator() -> None:
    """Placeholder, mask, nothing, keyed digest."""
    assert apply(TEXT, SPANS, replace) == "ssn [SSN_REDACTED] ok"
    assert apply(TEXT, SPANS, mask) == "ssn ***-**-**** ok"
    assert apply(TEXT, SPANS, drop) == "ssn  ok"
    one, two = apply(TEXT, SPANS, hashed(b"a")), apply(TEXT, SPANS, hashed(b"b"))
    assert one != two
    assert one == apply(TEXT, SPANS, hashed(b"a"))
    assert "1478" not in one


def test_base_shifts_the_spans() -> None:
    """Offsets may count from an earlier text."""
    assert apply(TEXT, [Span(104, 115, "SSN")], base=100) == "ssn [SSN_REDACTED] ok"


# --- laws ------------------------------------------------------------------------------------------------------------

TEXTS = st.lists(
    st.sampled_from(
        [
            "call 628-271-4432", "mail kim.lee@harborpost.net", "card 4539 5787 6362 1486", "ssn 536-22-1478", "my pin is 4417",
            "six two eight, two seven one, four four three two", "kim dot lee at kestrel dot io", "dob 07/14/1986", "ip 84.17.60.201",
            "passport number C71234567", "card expires 09/27", "order 4471-22", "thanks, bye.", "the key sk_live_7hQ2mZx81LkPw0Rt",
            "GB33 BUKB 2020 1555 5555 55", "born on July 14th, 1986", "routing number 021000021", "VIN 1HGCM82633A004352",
        ]
    ),
    min_size=1,
    max_size=5,
).map("; ".join)  # fmt: skip
KEYED = st.binary(min_size=16, max_size=32)
REDACTOR = Redactor()


@given(TEXTS, KEYED)
def test_once_is_enough(text: str, key: bytes) -> None:
    """Redacting what was redacted changes nothing, whatever was put in the place of the values."""
    for operator in (replace, mask, hashed(key), SurrogateVault(key, "k").surrogate):
        once = REDACTOR.redact(text, operator).text
        assert REDACTOR.redact(once, operator).text == once


@given(TEXTS, KEYED)
def test_nothing_of_a_value_is_left(text: str, key: bytes) -> None:
    """The independent scan finds nothing; what is not a value is as it was."""
    spans = REDACTOR.detect(text)
    for operator in (replace, mask, drop, hashed(key), SurrogateVault(key, "k").surrogate):
        done = apply(text, spans, operator)
        assert leaks(done) == []
        at = 0
        for span in spans:
            before = text[at : span.start]
            assert before in done
            at = span.end


@given(TEXTS)
def test_lengths(text: str) -> None:
    """A mask keeps length and punctuation; dropping takes away just the values."""
    spans = REDACTOR.detect(text)
    masked = apply(text, spans, mask)
    assert len(masked) == len(text)
    assert all(new in ("*", old) for new, old in zip(masked, text, strict=True))
    assert not any(masked[at].isalnum() for span in spans for at in range(span.start, span.end))
    assert len(apply(text, spans, drop)) == len(text) - sum(span.end - span.start for span in spans)


@given(st.text(max_size=40), KEYED, KEYED)
def test_a_hash_is_keyed(value: str, one: bytes, two: bytes) -> None:
    """Equal under one key, different under two; never a digest that needs no key."""
    assert hashed(one)("PHONE", value) == hashed(one)("PHONE", value)
    assert (hashed(one)("PHONE", value) == hashed(two)("PHONE", value)) == (one == two)
    assert hashed(one)("PHONE", value) != hashed(one)("SSN", value)
    raw = value.encode("utf-8", "surrogatepass")
    letters = str.maketrans("0123456789", "ghijklmnop")
    for name in ("sha256", "sha1", "md5", "blake2b"):
        for data in (raw, f"PHONE\0{value}".encode("utf-8", "surrogatepass")):
            assert hashlib.new(name, data).hexdigest()[:12].translate(letters) not in hashed(one)("PHONE", value)
