"""Written and spoken forms of one value."""

from __future__ import annotations

import pytest

from harness.pii.spoken_forms import spoken_like, written


@pytest.mark.parametrize(
    ("type_", "said", "plain"),
    [
        ("PHONE", "six two eight, double seven one", "628771"), ("EMAIL", "kim at kestrel dot io", "kim@kestrel.io"), ("EMAIL", "kim@kestrel.io", "kim@kestrel.io"),
        ("DOB", "march fourteenth nineteen eighty six", "march 141986"), ("EXPIRY", "oh nine twenty seven", "0927"), ("IP", "one two three", "one two three"),
        ("SSN", "536-22-1478", "536-22-1478"),
    ],
)  # fmt: skip
def test_written_forms(type_: str, said: str, plain: str) -> None:
    """Of types that are said; others, and what is written, stay."""
    assert written(type_, said) == plain


@pytest.mark.parametrize(
    ("type_", "value", "fake", "said"),
    [
        ("PHONE", "six two eight, 271 four four three two", "9625550102", "nine six two, 555 zero one zero two"),
        ("PHONE", "628-271-4432", "962-555-0102", "962-555-0102"), ("EMAIL", "kim at kestrel dot io", "abc@example.org", "abc at example dot org"),
        ("EMAIL", "kim@kestrel.io", "abc@example.org", "abc@example.org"), ("DOB", "march 4th nineteen eighty six", "january 0042", "january 0th zero zero four two"),
    ],
)  # fmt: skip
def test_fakes_are_said_alike(type_: str, value: str, fake: str, said: str) -> None:
    """Words for words, digits for digits; a written value takes the fake as it is."""
    assert spoken_like(type_, value, fake) == said
