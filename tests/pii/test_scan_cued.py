"""Values that only a cue gives away, as the leak scan knows them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.pii.scan import leaks
from harness.pii.scan_cued import CUE_WORDS, CUED, has_cue, spoken_cue
from harness.pii.stream import Redactor

LEFT = [
    ("SSN", "my social security number is 536 22 1478"), ("CVV", "the cvv on the back is 737"), ("CVV", "Security code: 7371"),
    ("EXPIRY", "my card expires 09/27"), ("EXPIRY", "visa expiration date is September 2029"), ("OTP", "your verification code is 482913"),
    ("PIN", "the PIN number is 4417"), ("DOB", "date of birth: 07/14/1986"), ("DOB", "I was born on July 14th, 1986"),
    ("SORT_CODE", "sort code 20-45-77"), ("ROUTING", "routing number 021000021"), ("BANK_ACCOUNT", "my bank account number is 38271946"),
    ("BANK_ACCOUNT", "sort code on file, account number 38271946"), ("PASSPORT", "passport number C71234567"),
    ("DRIVER_LICENSE", "driver's license D1234877"), ("IMEI", "IMEI 490154203237518"), ("VIN", "chassis number is WVWZZZ1JZXW000007"),
    ("NATIONAL_ID", "NHS number 943 476 5919"), ("NATIONAL_ID", "aadhaar 2345 6789 0124"), ("NATIONAL_ID", "SIN 046-454-286"),
    ("NATIONAL_ID", "BSN 111222333"), ("NATIONAL_ID", "cpf is 52998224725"), ("NATIONAL_ID", "DNI 12345678Z"), ("NATIONAL_ID", "NIE X1234567L"),
    ("NATIONAL_ID", "NIR 1 85 05 78 006 084 36"), ("NATIONAL_ID", "PAN ABCPE1234F"), ("SECRET", "my password is Harb0r!quay"),
    ("SECRET", "api key: 8f14e45fceea167a5a36"),
]  # fmt: skip
PASS = [
    "cvv checked, paid 737", "the offer expires 09/27", "verification code expired", "pin it at 44", "born in 1986", "DNI 12345678A",
    "routing number 021000022", "passport office at 5128", "account 38271946", "NHS number 943 476 5918", "IMEI 490154203237519",
    "my password is wrong", "password: [SECRET_REDACTED]", "the pin is 0012", "DOB: 00/00/1942", "born 45/45/1986",
]  # fmt: skip


@pytest.mark.parametrize(("type_", "text"), LEFT)
def test_what_a_cue_names_is_seen(type_: str, text: str) -> None:
    """Each is reported with its type; redacted, it is not."""
    assert [span.type for span in leaks(text)] == [type_]
    assert leaks(Redactor().redact(text).text) == []


@pytest.mark.parametrize("text", PASS)
def test_what_passes(text: str) -> None:
    """Wrong check digits, other uses of the words, placeholders and surrogates are no leaks."""
    assert leaks(text) == []


def test_every_type_has_its_cue_among_the_quick_ones() -> None:
    """The quick test knows every cue of the table."""
    assert all(CUE_WORDS.search(text) for _, text in LEFT)
    assert {one.type for one in CUED} == {type_ for type_, _ in LEFT}


@given(
    st.lists(
        st.sampled_from([*(text for _, text in LEFT), *PASS, "İ", "ſin", "\u212a", "CVV2", "D.O.B.", "_pin"]),
        max_size=3,
    ).map("".join)
)
def test_the_quicker_test_for_cues_says_the_same(text: str) -> None:
    """Capitals or small letters, ASCII or not."""
    for form in (text, text.upper(), text.lower(), text[1:]):
        assert has_cue(form) == bool(CUE_WORDS.search(form))


@pytest.mark.parametrize(
    ("number", "before", "type_"),
    [
        ("737", "the cvv is ", "CVV"), ("4417", "my pin number is uh ", "PIN"), ("482913", "the code sent, verification code ", "OTP"),
        ("204577", "sort code ", "SORT_CODE"), ("021000021", "routing number is ", "ROUTING"), ("021000022", "routing number is ", None),
        ("536221478", "social is ", "SSN"), ("38271946", "savings account number is ", "BANK_ACCOUNT"), ("0927", "my card expires ", "EXPIRY"),
        ("0927", "the offer expires ", None), ("737", "order ", None), ("7371", "cvv checked at the desk ", None),
    ],
)  # fmt: skip
def test_cues_before_spoken_digits(number: str, before: str, type_: str | None) -> None:
    """The cue must end right before them, and the number must fit it."""
    assert spoken_cue(number, before) == type_
