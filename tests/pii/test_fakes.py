"""What fakes are made of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.pii.fakes import Digest, fill, like

KEYS = st.binary(min_size=1, max_size=32)


@given(KEYS, st.text(max_size=12), st.integers(1, 10**9), st.integers(0, 30))
def test_keyed_numbers(key: bytes, value: str, below: int, count: int) -> None:
    """In their range, the same for the same value, of the length asked for, without zeros where none are wanted."""
    one, two = Digest(key, "PHONE", value, 0), Digest(key, "PHONE", value, 0)
    assert one.number("x", below) == two.number("x", below) < below
    assert len(one.digits(count)) == len(one.nonzero(count)) == count
    assert "0" not in one.nonzero(count)
    assert one.digits(30).endswith(one.digits(count))


def test_everything_counts() -> None:
    """Key, type, value, attempt and label each change the numbers."""
    made = {
        Digest(key, type_, value, attempt).number(label, 10**18)
        for key in (b"a", b"b")
        for type_ in ("PHONE", "SSN")
        for value in ("1", "2")
        for attempt in (0, 1)
        for label in ("x", "y")
    }
    assert len(made) == 32


def test_fill_keeps_the_shape() -> None:
    """Digits one by one, zeros where they run out, the rest as it is."""
    assert fill("(12) 3-x4", "9876") == "(98) 7-x6"
    assert fill("1234", "9") == "9000"
    assert fill("ab", "9") == "ab"


@given(st.text(max_size=30), KEYS)
def test_like_keeps_classes_and_case(text: str, key: bytes) -> None:
    """A letter for a letter of its case, a digit for a digit, everything else as it is."""
    made = like(text, Digest(key, "X", text, 0))
    assert len(made) == len(text)
    for old, new in zip(text, made, strict=True):
        if old.isascii() and old.isalnum():
            assert (old.isdigit(), old.isupper(), old.islower()) == (new.isdigit(), new.isupper(), new.islower())
        else:
            assert new == old
