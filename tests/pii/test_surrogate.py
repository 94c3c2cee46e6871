"""The law of surrogates, over every type and format."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.pii.chains import OVERSIZE
from harness.pii.operators import apply
from harness.pii.scan import leaks
from harness.pii.shapes import IBAN_LENGTHS
from harness.pii.stream import Redactor
from harness.pii.surrogate import SurrogateVault, is_surrogate
from harness.pii.validators import iban_ok, luhn_ok

REDACTOR = Redactor()
KEY = b"k" * 32

SHAPES = {
    "PHONE": [
        "call {628-271-dddd} now", "it was {(628) 271-dddd}.", "{628.271.dddd} x12", "{+1 628 271 dddd}", "{1-628-271-dddd}",
        "{628271dddd}", "London {+44 20 7dd2 dddd}, yes", "{+33 1 42 7d 2d 0d} 24 hours", "{+44 (0)20 7612 dddd}",
        "{+254 709 71dddd}", "{+61 3-94d2 dddd}", "{+9198765dddd1}", "{0044 20 7612 dddd}", "call {9 94d2 dddd} soon",
        "phone {99 94d2 dddd} 24", "Tel: {0d0 7dd2 dddd}", "{01.4d.7d.23.dd}", "Phone: {271 dddd}", "phone: {99-41-d0-dd}",
        "call {(03) 9d12-dddd}", "{22 41 dd} office", "mobile {994125dd}", "reach me at {123 456 dddd} please",
        "{001-628-271-dddd}", "phone {4dd2 7dd dd dd}", "Desk: {+99 (9)9dd dd dd}", "my number is {628. 271, dddd}",
        "phone {628-271-dddd x2dd}", "+390 {0d0 7dd2 dddd}",
    ],
    "CREDIT_CARD": [
        "{L4ddddddddddddddd}", "card {L4ddd dddd dddd dddd} exp 12/29 123", "{L37dd dddddd ddddd}", "{L4ddd.dddd.dddd.dddd}",
        "my card {4ddd dddd dddd dddd} failed", "visa {L4dd ddd ddd ddd ddd d}", "{L63dddddddddd}", "{L30dd dddddd dddd}",
        "{L6ddddddddddddddddddd}"[:-2] + "}", "{L4ddd-dddd-dddd-dddd}",
    ],
    "SSN": ["{536-22-1ddd}", "ssn {536221ddd}", "social {53d 22 1ddd} matched"],
    "EMAIL": ["mail {kim.lee+dd@kestrel.io}.", "<{KIMdd@KESTREL.IO}>", "{k@b.co}", "{o'neil_dd@mail.quay-9.co.uk}, ok"],
    "IP": ["from {84.17.d.2dd}:80", "{10.d.d.d}", "{2a02:26f0:12::dd}", "{2a02:26f0:0:0:0:0:1d:5}", "{2a02:26f0:1d::} ok", "{::ffff:84.17.60.1d} ok"],
    "IBAN": ["to {GB} please", "{DE}", "IBAN {NO grouped}", "{fr lower}", "{MT grouped}"],
    "CVV": ["the cvv is {7dd}", "security code on the back is {d4d1}.", "cvc is {=seven four nine}"],
    "EXPIRY": ["card expires {09/2d} ok", "my visa, exp {09/202d} ok", "card expires {=September 2029} ok", "card expires {=oh nine twenty seven}"],
    "PIN": ["my pin is {44d7}", "PIN: {d417d9}", "pin {=four four one seven} please"],
    "OTP": ["your verification code is {48d913}", "one-time passcode: {4d2-9d3}", "otp {=four eight two nine one three}"],
    "DOB": ["DOB: {1986-0d-1d}", "date of birth {07/1d/19d6}", "born on {July 1dth, 1986}", "born {14 May 19d6}", "dob {07/14/86}", "birthday is {=july fourteenth nineteen eighty six}", "dob {=oh seven fourteen nineteen eighty six} ok"],
    "BANK_ACCOUNT": ["my bank account number is {382719dd}", "checking account {4471 2d93 1d}", "savings account {=three eight two seven one nine four six} yes"],
    "ROUTING": ["routing number {021000021}", "ABA {0210-0002-1} ok", "routing {=oh two one oh oh oh oh two one}"],
    "SORT_CODE": ["sort code {2d-45-7d}", "sort code {204d77} ok", "sort code {=two zero four five double seven}"],
    "PASSPORT": ["passport number {C712d45d7} scanned", "passport {51283d4d1}", "passport {YB19d84d5}"],
    "DRIVER_LICENSE": ["driver's license {D1234dd7}", "driving licence {MORGA7531d6SM9IJ}", "DL {F255-92d5-00d4}"],
    "NATIONAL_ID": ["NHS number {943 4d6 59d9}", "nino {AB 12 3d 56 C} ok", "it is {AB123d56C}", "aadhaar {2345 67d9 01d4}", "PAN {ABCPE12d4F}", "SIN {046-45d-286}", "DNI {1234d678Z}", "NIE {X12d4567L}", "CPF {529.982.247-25}", "so {529.982.247-25}", "BSN {1112d2333}", "nir {1 85 05 78 006 084 36}", "nhs number {=nine four three four seven six five nine one nine}"],
    "VIN": ["VIN {1HGCM82633A0043d2}", "the car is {1HGCM82633A004352} ok", "vin {JHM12345678901d34}"],
    "MAC": ["router {3C:84:6A:1F:dd:92} up", "{3c-84-6a-1f-0b-dd}", "{3c84.6a1f.0bdd}"],
    "IMEI": ["IMEI {490154203237518}", "imei {49-015420-323751-8} ok"],
    "URL_WITH_TOKEN": ["see {https://portal.kestrel.io/reset?token=9f2c81abdd} now"],
    "SECRET": ["api key {sk_live_7hQ2mZx81LkPw0dd} ok", "key {AKIA2E0A8F3B244C99dd}", "my password is {Harbdr!quay} ok", "Bearer {8f14e45fceea16dd}", "{eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc_dd-e}"],
    "CRYPTO": ["to {0x52908400098527886E0F7030069857D2E4169Edd}", "{=1BoatSLRHtKNngkdXEeobR76b53LETtpyT} ok", "{=bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq}"],
    "PHONE ": ["call {=six two eight, two seven one, four four three two} now", "it's {=628 two seven one 4432} ok", "on {=plus four four twenty seventy six twelve thirty three eighty eight}", "reach me on {=nine nine four one two five five three}", "{=one eight hundred, double two one, four four three two} is it", "call {=zero seven seven double zero nine double zero four five six}"],
    "CREDIT_CARD ": ["{=four five three nine, five seven eight seven, six three six two, one four eight six}", "card {=forty five thirty nine fifty seven eighty seven uh sixty three sixty two fourteen eighty seven}"],
    "SSN ": ["ssn {=five three six, twenty two, fourteen seventy eight} ok"],
    "EMAIL ": ["my email is {=sam hyphen ortiz at kestrel dot io}", "mail {=kim.lee at harborpost.net}.", "{=jane underscore doe forty two at kestrel dot co dot uk} ok", "mail {=kim@kestrel dot io} ok", "email {=d a n a at x y z dot io} ok"],
}  # fmt: skip


def value_of(shape: str, rng: random.Random) -> str:
    """A value drawn from a shape; after ``=`` it is taken as it is."""
    if shape.startswith("="):
        return shape[1:]
    if shape[:2].upper() in IBAN_LENGTHS and shape[2:] in ("", " grouped", " lower"):
        return iban(shape, rng)
    text = "".join(
        str(
            rng.randint(1, 2)
            if c == "d" and "." in shape and ":" not in shape and len(shape) < 16
            else rng.randrange(10)
        )
        if c == "d"
        else c
        for c in shape.removeprefix("L")
    )
    if not shape.startswith("L"):
        return text
    digits = "".join(filter(str.isdigit, text))
    check = next(d for d in "0123456789" if luhn_ok(digits[:-1] + d))
    return text[:-1] + check


def iban(shape: str, rng: random.Random) -> str:
    """A valid IBAN of the country."""
    country = shape[:2].upper()
    body = "".join(rng.choice("0123456789") for _ in range(IBAN_LENGTHS[country] - 4))
    made = next(f"{country}{n:02d}{body}" for n in range(2, 99) if iban_ok(f"{country}{n:02d}{body}"))
    if "grouped" in shape:
        return " ".join(made[i : i + 4] for i in range(0, len(made), 4))
    return made.lower() if "lower" in shape else made


ALL = [(type_.strip(), shape) for type_, shapes in SHAPES.items() for shape in shapes]


def check_law(case: tuple[str, str], seed: int, key: bytes) -> None:
    """Redacting the live text and the text with surrogates gives equal bytes, and no surrogate is replaced again."""
    text = text_of(case[1], seed)
    spans = REDACTOR.detect(text)
    vault = SurrogateVault(key, "k1")
    fake = apply(text, spans, vault.surrogate)
    again = REDACTOR.detect(fake)
    assert [span.type for span in again] == [span.type for span in spans]
    assert apply(fake, again) == apply(text, spans)
    assert all(is_surrogate(span.type, fake[span.start : span.end]) for span in again)
    assert apply(fake, again, vault.surrogate) == fake
    assert leaks(fake) == []


def text_of(shape: str, seed: int) -> str:
    """The sentence of a shape with a value drawn."""
    before, _, rest = shape.partition("{")
    inner, _, after = rest.partition("}")
    return before + value_of(inner, random.Random(seed)) + after


@given(st.sampled_from(ALL), st.integers(0, 2**32), st.binary(min_size=16, max_size=32))
def test_a_surrogate_is_found_again_over_its_whole_length(case: tuple[str, str], seed: int, key: bytes) -> None:
    """The law, for any key and value."""
    check_law(case, seed, key)


@pytest.mark.parametrize("case", ALL, ids=str)
def test_the_law_for_every_shape(case: tuple[str, str]) -> None:
    """The law, for twenty values of each shape."""
    for seed in range(20):
        check_law(case, seed, KEY)


@pytest.mark.parametrize("case", ALL, ids=str)
def test_every_shape_is_detected(case: tuple[str, str]) -> None:
    """The shapes of the law are shapes the detectors accept, with the type they should have."""
    found = [case[0] in {span.type for span in REDACTOR.detect(text_of(case[1], seed))} for seed in range(8)]
    assert sum(found) >= 7


def test_writings_of_one_number_share_their_digits() -> None:
    """Equal canonical values give equal digits, each in its own shape."""
    vault = SurrogateVault(KEY, "k1")
    fakes = [
        vault.surrogate("PHONE", v)
        for v in ("628-271-4432", "(628) 271 4432", "+1 628 271 4432", "６２８２７１４４３２")
    ]
    digits = {"".join(filter(str.isdigit, fake))[-10:] for fake in fakes}
    assert len(digits) == 1
    assert [len(f) for f in fakes] == [12, 14, 15, 10]
    assert {vault.value_id("PHONE", v) for v in ("628-271-4432", "+1 628 271 4432")} == {"s1"}
    assert vault.value_id("PHONE", "628-271-4433") == "s2"


def test_distinct_values_have_distinct_surrogates() -> None:
    """Collisions are probed away: 600 of the 729 six-digit surrogates are handed out without a double."""
    vault = SurrogateVault(KEY, "k1")
    fakes = {vault.surrogate("PHONE", f"22 {n // 100:02d} {n % 100:02d}") for n in range(600)}
    assert len(fakes) == 600
    again = SurrogateVault(KEY, "k1")
    assert again.surrogate("PHONE", "22 00 00") in fakes


def test_a_full_shape_still_answers() -> None:
    """When a shape has no surrogate left, one is given twice rather than never."""
    vault = SurrogateVault(KEY, "k1")
    fakes = [vault.surrogate("PHONE", f"22 4{n}") for n in range(12)]
    assert all(is_surrogate("PHONE", fake) for fake in fakes)


def test_the_key_decides() -> None:
    """Another key, another surrogate; the same key, the same one."""
    one, two = SurrogateVault(KEY, "a"), SurrogateVault(b"z" * 32, "b")
    assert one.surrogate("SSN", "536-22-1478") != two.surrogate("SSN", "536-22-1478")
    assert one.surrogate("SSN", "536-22-1478") == SurrogateVault(KEY, "a").surrogate("SSN", "536 22 1478").replace(
        " ", "-"
    )
    assert one.key_id == "a"


def test_last_four_follow() -> None:
    """A later mention of the last four digits maps to the surrogate's."""
    vault = SurrogateVault(KEY, "k1")
    fake = vault.surrogate("CREDIT_CARD", "4539 5787 6362 1486")
    text = "card ending in 1486, last four digits are 1486, not 9999; ending in 9999; order 1486"
    edits = vault.replace_parts(text)
    assert [text[e.start : e.end] for e in edits] == ["1486", "1486"]
    assert {(e.new, e.type, e.value_id) for e in edits} == {(fake[-4:], "CREDIT_CARD", "s1")}


def test_types_without_a_space() -> None:
    """Masked oversize text keeps its length and is masked again."""
    vault = SurrogateVault(KEY, "k1")
    text = "ab " + "q7" * 500 + " cd " + "7" * 500
    fake = apply(text, REDACTOR.detect(text), vault.surrogate)
    assert len(fake) == len(text)
    assert REDACTOR.redact(fake).text == REDACTOR.redact(text).text
    assert vault.value_id(OVERSIZE, "q") == vault.value_id(OVERSIZE, "q")
    assert not is_surrogate(OVERSIZE, "x")


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("PHONE", "628-271-4432"), ("PHONE", "+44 20 7612 3388"), ("EMAIL", "kim@kestrel.io"), ("SSN", "536-22-1478"),
        ("CREDIT_CARD", "4539578763621486"), ("IBAN", "GB33BUKB20201555555555"), ("IP", "84.17.60.201"),
    ],
)  # fmt: skip
def test_real_values_are_no_surrogates(type_: str, value: str) -> None:
    """The space holds no ordinary value."""
    assert not is_surrogate(type_, value)


@pytest.mark.parametrize(
    ("type_", "value"),
    [("SSN", "987-65-4321"), ("EMAIL", "a@b.test"), ("EMAIL", "A@Example.ORG"), ("PHONE", "415-555-0132")],
)
def test_known_reserved_values_are_surrogates(type_: str, value: str) -> None:
    """Reserved values stay as they are."""
    assert is_surrogate(type_, value)
    assert SurrogateVault(KEY, "k").surrogate(type_, value) == value


def test_odd_email_shapes() -> None:
    """Doubled at-signs and capitals keep their place, small values get room."""
    vault = SurrogateVault(KEY, "k1")
    fake = vault.surrogate("EMAIL", "A@7b@KESTREL.IO")
    assert fake[:2].isupper() or fake[0].isupper()
    assert fake.partition("@")[2].isupper()
    assert len(fake.partition("@")[0]) >= 6


def test_letters_in_an_iban_stay_letters() -> None:
    """The national part keeps its classes of characters."""
    fake = SurrogateVault(KEY, "k1").surrogate("IBAN", "GB33 BUKB 2020 1555 5555 55")
    assert [c.isalpha() for c in fake] == [c.isalpha() for c in "GB33 BUKB 2020 1555 5555 55"]


def test_a_full_shape_gives_doubles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without probing, doubles appear."""
    monkeypatch.setattr("harness.pii.surrogate._ATTEMPTS", 1)
    vault = SurrogateVault(KEY, "k1")
    fakes = [vault.surrogate("PHONE", f"22 41 {n:02d}") for n in range(90)]
    assert len(set(fakes)) < 90


def test_more_digits_than_a_shape_has_room_for() -> None:
    """A value that is not what its type says gets a fake all the same: no session ends over it."""
    vault = SurrogateVault(KEY, "k1")
    for type_ in ("IMEI", "ROUTING", "SORT_CODE", "CVV", "PHONE", "SSN"):
        assert vault.surrogate(type_, "\\u0034\\u0039\\u0030\\u0031\\u0035\\u0034\\u0032") is not None
