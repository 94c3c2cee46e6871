"""Check digits against published values."""

from __future__ import annotations

from harness.strategies import checks


def test_published_numbers() -> None:
    """Examples of the standards' own texts and of wide use."""
    assert checks.luhn("7992739871") == "79927398713"
    assert checks.verhoeff("236") == "2363"
    assert checks.iban("GB", "WEST12345698765432") == "GB82WEST12345698765432"
    assert checks.routing("02100002") == "021000021"
    assert checks.cpf("529982247") == "52998224725"
    assert checks.dni("12345678") == "12345678Z"
    assert checks.vin("1HG", "CM826" + "3A004352") == "1HGCM82633A004352"
    assert checks.base58_address(bytes(20)) == "1111111111111111111114oLvT2"
