"""What the leak scan hears."""

from __future__ import annotations

import pytest

from harness.pii.scan import leaks
from harness.pii.scan_spoken import said_addresses, said_birthdays, said_numbers
from harness.pii.stream import Redactor
from harness.pii.surrogate import SurrogateVault

LEFT = [
    ("PHONE", "six two eight, two seven one, four four three two"), ("PHONE", "call 628 two seven one 4432"),
    ("PHONE", "sixty two eight two seventy one forty four thirty two"), ("PHONE", "my mobile is nine nine four one two five five three"),
    ("PHONE", "dial plus four four twenty seventy six twelve thirty three eighty eight"),
    ("PHONE", "six two eight dash two seven one dash four four three two"), ("PHONE", "six two eight double two one uh four four three two"),
    ("CREDIT_CARD", "four five three nine, five seven eight seven, six three six two, one four eight six"),
    ("CREDIT_CARD", "forty five thirty nine fifty seven eighty seven sixty three sixty two fourteen eighty six"),
    ("SSN", "ssn is five three six twenty two fourteen seventy eight"), ("CVV", "cvv is seven three seven"),
    ("PIN", "my pin is four four one seven"), ("SORT_CODE", "sort code two zero four five double seven"),
    ("EXPIRY", "my card expires oh nine twenty seven"), ("DOB", "date of birth is july fourteenth nineteen eighty six"),
    ("EMAIL", "kim dot lee at kestrel dot io"), ("EMAIL", "it is jane underscore doe forty two at kestrel dot co dot uk"),
    ("EMAIL", "my email is kim at harborpost.net"), ("EMAIL", "mail kim@kestrel dot io"), ("EMAIL", "send it to d a n a at x y z dot io"),
]  # fmt: skip
PASS = [
    "one two three", "order number six two eight two seven one four four three two", "look at kestrel dot io", "find us at kestrel dot io",
    "kim at home", "six two eight five five five oh one four two", "kim dot lee at example dot com", "jo dash k at quay dot test",
    "one eight hundred two seven one four four three two", "four five three nine five seven eight seven six three six two one four eight seven",
    "ref four five three nine five seven eight seven six three six two one four eight six", "628 271 4432", "we are twenty one or two",
]  # fmt: skip


@pytest.mark.parametrize(("type_", "text"), LEFT)
def test_spoken_values_are_heard(type_: str, text: str) -> None:
    """Each is reported with its type; redacted, it is not; its surrogate passes."""
    assert [span.type for span in leaks(text)] == [type_]
    redacted = Redactor().redact(text)
    assert leaks(redacted.text) == []
    assert leaks(Redactor().redact(text, SurrogateVault(b"k" * 32, "k").surrogate).text) == []


@pytest.mark.parametrize("text", PASS)
def test_what_passes(text: str) -> None:
    """Identifiers, public numbers and sites, reserved names and broken checks are no leaks."""
    assert leaks(text) == []


def test_places_are_those_of_the_row() -> None:
    """A row begins and ends with its first and last word."""
    text = "so six two eight two seven one four four three two, bye"
    assert [text[start:end] for start, end, _ in said_numbers(text)] == [text[3:-5]]
    assert [one[2] for one in said_addresses("kim dot lee at kestrel dot io")] == ["EMAIL"]
    assert list(said_birthdays("born on january zero zero zero zero four two")) == []
