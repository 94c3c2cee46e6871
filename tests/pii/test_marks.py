"""Surrogate spaces of the types that are found by their cue."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.pii.fakes import Digest
from harness.pii.marks import MARKED
from harness.pii.validators import VALIDATORS

VALUES = {
    "BANK_ACCOUNT": ["38271946", "4471 2093 18", "382719"], "CRYPTO": ["0x52908400098527886E0F7030069857D2E4169EE7", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"],
    "CVV": ["737", "7371"], "DOB": ["03/14/1986", "March 14, 1986"], "DRIVER_LICENSE": ["D1234877", "MORGA753116SM9IJ", "F255-9215-0094"],
    "EXPIRY": ["09/27", "September 2027"], "IMEI": ["490154203237518", "49-015420-323751-8"], "MAC": ["3C:84:6A:1F:0B:92", "3c84.6a1f.0b92"],
    "NATIONAL_ID": ["943 476 5919", "AB 12 34 56 C", "X1234567L"], "OTP": ["482913", "482-913"], "PASSPORT": ["C71234567", "512839471"], "PIN": ["4417", "441729"],
    "ROUTING": ["021000021", "0210-0002-1"], "SECRET": ["sk_live_7hQ2mZx81LkPw0Rt", "Harb0r!quay", "AKIA2E0A8F3B244C9986"], "SORT_CODE": ["20-45-77", "204577"],
    "URL_WITH_TOKEN": ["https://portal.kestrel.io/reset?token=9f2c81ab77"], "VIN": ["1HGCM82633A004352"],
}  # fmt: skip
CASES = [(type_, value) for type_, values in VALUES.items() for value in values]


def test_every_space_has_examples() -> None:
    """A new type needs values here."""
    assert set(VALUES) == set(MARKED)


@given(st.sampled_from(CASES), st.binary(min_size=16, max_size=32))
def test_the_space(case: tuple[str, str], key: bytes) -> None:
    """A value is outside, its surrogate inside, of the same shape and length but for links and named months."""
    type_, value = case
    kind = MARKED[type_]
    fake = kind.render(value, Digest(key, type_, kind.canonical(value), 0))
    assert not kind.test(value)
    assert kind.test(fake)
    if type_ == "URL_WITH_TOKEN" or value[:3] in ("Mar", "Sep"):
        return
    assert len(fake) == len(value)
    assert [char.isalnum() for char in fake] == [char.isalnum() for char in value]


@pytest.mark.parametrize(("type_", "name"), [("ROUTING", "aba"), ("IMEI", "luhn"), ("CRYPTO", "bitcoin")])
def test_check_digits_hold(type_: str, name: str) -> None:
    """A surrogate passes the check that its rule makes."""
    for value in VALUES[type_][:2]:
        if type_ != "CRYPTO" or value[0] == "1":
            assert VALIDATORS[name](MARKED[type_].render(value, Digest(b"k" * 16, type_, value, 0)))


@pytest.mark.parametrize(
    ("type_", "one", "other"),
    [("BANK_ACCOUNT", "4471 2093 18", "4471209318"), ("MAC", "3C:84:6A:1F:0B:92", "3c84.6a1f.0b92"), ("SORT_CODE", "20-45-77", "204577"), ("PIN", "4417", "44 17"), ("IMEI", "49-015420-323751-8", "490154203237518")],
)  # fmt: skip
def test_writings_of_one_value(type_: str, one: str, other: str) -> None:
    """Separators and case make no other value."""
    assert MARKED[type_].canonical(one) == MARKED[type_].canonical(other)
