"""Facts on shapes."""

from __future__ import annotations

import pytest

from harness.pii.shapes import IBAN_LENGTHS, card_marker, country_code, iban_marker, is_marked, is_nanp, main_number


@pytest.mark.parametrize(("digits", "code"), [("", ""), ("020", ""), ("1628", "1"), ("4420", "44"), ("254709", "254")])
def test_country_codes(digits: str, code: str) -> None:
    """Codes have one to three digits."""
    assert country_code(digits) == code


def test_markers() -> None:
    """Markers name lengths, and none is a real country."""
    assert (card_marker(16), card_marker(9)) == ("9996", "?")
    assert len({iban_marker(n) for n in range(15, 35)}) == 20
    assert IBAN_LENGTHS["XK"] == 20
    assert is_marked("0001234")
    assert not is_marked("000")
    assert not is_marked("0001204")


def test_numbers() -> None:
    """Extensions go, plans are checked."""
    assert main_number("628-271-4432 ext 12") == "628-271-4432"
    assert is_nanp("6282714432")
    assert not is_nanp("1282714432")
