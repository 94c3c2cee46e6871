"""What the leak scan knows of the conversation."""

from __future__ import annotations

import pytest

from harness.pii.scan import leaks
from harness.pii.scan_known import known_values

HEARD = frozenset({("80217744365", "BANK_ACCOUNT"), ("4417", "PIN"), ("C71234567", "PASSPORT"), ("ABCDEFGH", "SECRET")})


@pytest.mark.parametrize(
    "text, value",
    [
        ("noted 80217744365.", "80217744365"),
        ("noted 8021-7744 365, thanks", "8021-7744 365"),
        ("it is eight oh two one seven seven four four three six five", None),
        ("c7123 4567 again", "c7123 4567"),
    ],
)
def test_a_value_that_comes_again_is_a_leak(text: str, value: str | None) -> None:
    """In the usual writings, and said."""
    found = leaks(text, HEARD)
    assert len(found) == 1
    assert value is None or text[found[0].start : found[0].end] == value
    assert found[0].type in ("BANK_ACCOUNT", "PASSPORT")


@pytest.mark.parametrize(
    "text",
    [
        "noted 80217744366",
        "$80217744365",
        "12-80217744365",
        "80217744365-1",
        "x80217744365",
        "4417",
        "abcdefgh",
        "all is well",
    ],
)
def test_what_is_no_leak(text: str) -> None:
    """Other values, parts of longer ones, short codes, words."""
    assert leaks(text, HEARD) == []
    assert not [*known_values(text, {("4417", "PIN")})]


def test_one_place_is_one_leak() -> None:
    """What is found by its looks is not reported twice, nor what overlaps it."""
    text = "card 4539578763621486 and 4539578763621486"
    spans = leaks(text, {("4539578763621486", "CREDIT_CARD"), ("6362148", "PIN")})
    assert [span.type for span in spans] == ["CREDIT_CARD", "CREDIT_CARD"]
