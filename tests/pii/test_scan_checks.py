"""The leak scan's own check digits, against published numbers and against one digit changed."""

from __future__ import annotations

import pytest

from harness.pii.scan_checks import CHECKS, base58, card, digits, iban, luhn, nanp, vin

VALID = [
    ("nhs", "9434765919"), ("aba", "021000021"), ("cpf", "52998224725"), ("aadhaar", "234567890124"), ("sin", "046454286"),
    ("bsn", "111222333"), ("imei", "490154203237518"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "number"), VALID)
def test_one_wrong_digit_is_seen(name: str, number: str) -> None:
    """A valid number passes; with any one digit changed to its neighbour it does not."""
    size, check = CHECKS[name]
    assert len(number) == size
    assert check(number)
    for at in range(1, size):
        wrong = number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :]
        assert not check(wrong), at


def test_constant_numbers_are_none() -> None:
    """Zeros are no routing number, and a digit repeated is no CPF."""
    assert not CHECKS["aba"][1]("000000000")
    assert not CHECKS["cpf"][1]("11111111111")
    assert not CHECKS["aadhaar"][1]("123456789010")


@pytest.mark.parametrize(
    ("number", "is_card"),
    [
        ("4539578763621486", True), ("371449635398431", True), ("2223003122003222", True), ("4539578763621487", False),
        ("453957876362148", False), ("9578763621486001", False), ("", False),
    ],
)  # fmt: skip
def test_cards(number: str, is_card: bool) -> None:
    """Issuer, length and check digit."""
    assert card(number) is is_card


def test_ibans() -> None:
    """Length of the country and mod 97."""
    assert iban("GB33BUKB20201555555555")
    assert not iban("GB34BUKB20201555555555")
    assert not iban("GB33BUKB2020155555555")
    assert not iban("ZZ33BUKB20201555555555")


def test_north_american_numbers() -> None:
    """Ten digits with possible area and exchange, but no toll-free one."""
    assert nanp("6282714432")
    assert nanp("16282714432")
    assert not any(map(nanp, ("1282714432", "6281714432", "6112714432", "8002714432", "26282714432", "628271443")))


def test_vehicles() -> None:
    """The check digit in place nine, and no row of digits."""
    assert vin("1HGCM82633A004352")
    assert not vin("1HGCM82633A004353")
    assert not vin("11111111111111111")


def test_coins() -> None:
    """Base58Check holds a double SHA-256."""
    assert base58("1BoatSLRHtKNngkdXEeobR76b53LETtpyT")
    assert not base58("1BoatSLRHtKNngkdXEeobR76b53LETtpyU")
    assert not base58("z" * 34)


def test_digits_and_luhn() -> None:
    """ASCII digits only; Luhn from the right."""
    assert digits("a1-2\u0663") == "12"
    assert luhn("79927398713")
    assert not luhn("79927398710")
