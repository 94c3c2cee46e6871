"""Numbers written and spoken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.text.numbers import Quantity, find_quantities
from harness.text.tokens import tokenize

M = 1_000_000
DAY = 86_400 * M


def read(text: str) -> list[Quantity]:
    """The quantities of a text."""
    return find_quantities(text, tokenize(text))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("$45.00", "forty-five dollars"),
        ("45 bucks", "USD 45"),
        ("two weeks", "14 days"),
        ("£8.50", "8 pounds and 50 pence"),
        ("12%", "twelve percent"),
        ("12 %", "12 pct"),
        ("2,000 euros", "two thousand euros"),
        ("$2k", "2000 dollars"),
        ("a hundred euros", "€100"),
        ("a hundred and eighty euros", "€180"),
        ("one fifth", "20 %"),
        ("a tenth of", "10 %"),
        ("a quarter of an hour", "15 minutes"),
        ("half an hour", "30 minutes"),
        ("5GB", "five gigabytes"),
        ("three thousand two hundred and one", "3,201"),
        ("1.5 million", "1500000"),
        ("four point five", "4.5"),
        ("a year and", "12 months"),
        ("two hundred and fifty pounds fifty pence", "£250.50"),
    ],
)
def test_two_spellings_of_one_value(left: str, right: str) -> None:
    """Value and unit agree whatever the spelling."""
    (a,), (b,) = read(left), read(right)
    assert (a.values[0], a.unit) == (b.values[0], b.unit)


@pytest.mark.parametrize(
    ("text", "ident"),
    [("INC-48213", "INC48213"), ("415-299-0188", "4152990188"), ("four two seven one", "4271"), ("0042", "0042")],
)
def test_identifiers(text: str, ident: str) -> None:
    """Letters with digits, hyphens, leading zeros and spoken digits spell identifiers."""
    assert read(text)[0].ident == ident


def test_a_spoken_pair_has_both_readings() -> None:
    """Nineteen ninety-nine is a year or a price."""
    assert read("nineteen ninety-nine")[0].values == (1999 * M, 19_990_000)


@pytest.mark.parametrize("text", ["a week", "one", "first", "a couple of", "a dozen"])
def test_weak_quantities(text: str) -> None:
    """What may support but never is a claim."""
    assert [quantity.weak for quantity in read(text)] == [True]


@pytest.mark.parametrize("text", ["a", "a banana", "half a banana", "banana", "[CC_REDACTED]", "second"])
def test_no_quantity(text: str) -> None:
    """Articles and other words are no numbers."""
    assert read(text) == []


def test_a_foreign_suffix_is_no_unit() -> None:
    """9th has no unit, and 3 dollars and 200 cents is two quantities."""
    assert read("9th")[0].unit == ""
    assert [quantity.unit for quantity in read("3 dollars and 200 cents")] == ["dollar", "dollar"]
    assert read("7 GB and 4 pounds one cent")[1].values == (4_010_000,)


@given(st.integers(0, 999_999))
def test_a_written_integer_is_itself(number: int) -> None:
    """Digits with and without thousands signs are one value."""
    assert read(f"{number}")[0].values == read(f"{number:,}")[0].values == (number * M,)


@given(st.text(alphabet="one two hundred and thousand 5 $ % k ninety", max_size=80))
def test_quantities_never_overlap(text: str) -> None:
    """Each begins where the one before ended or later."""
    end = 0
    for quantity in read(text):
        assert quantity.start >= end
        assert quantity.end > quantity.start
        end = quantity.end


def test_a_range_is_two_numbers() -> None:
    """Days on both sides; an identifier with a hyphen stays whole."""
    assert [quantity.values for quantity in read("4-7 days")] == [(4 * M,), (7 * DAY,)]
    assert [quantity.ident for quantity in read("INC-482 7740-118-26")] == ["INC482", "774011826"]
