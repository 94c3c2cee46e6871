"""Surrogates of names and addresses."""

from __future__ import annotations

import pytest

from harness.pii.fakes import Digest
from harness.pii.invented import PEOPLE, join_name, name_parts

KEY = b"k" * 32


@pytest.mark.parametrize(
    "value, parts",
    [
        ("Ilse van der Berg", ["Ilse", "Berg"]),
        ("J. Renner Jr", ["Renner"]),
        ("R-e-n-n-e-r", ["Renner"]),
        ("r e n n e r", ["renner"]),
        ("J.", ["J"]),
    ],
)
def test_parts(value: str, parts: list[str]) -> None:
    """The words that are replaced; particles, initials and endings are not."""
    assert name_parts(value) == parts


def test_joined() -> None:
    """An ending stays, and what is spelled stays spelled in its case."""
    assert join_name("Tobias Renner Jr", ["Zavarko", "Qelashtoq"]) == "Zavarko Qelashtoq Jr"
    assert join_name("R-E-N-N-E-R", ["zavarko"]) == "Z-A-V-A-R-K-O"
    assert join_name("r e n n e r", ["Zavarko"]) == "z a v a r k o"


def test_names_keep_their_case() -> None:
    """Small, capital and all capitals; and each is one of the invented ones."""
    kind = PEOPLE["PERSON"]
    for value in ("renner", "Renner", "RENNER"):
        fake = kind.render(value, Digest(KEY, "PERSON", kind.canonical(value), 0))
        assert kind.test(fake)
        assert not kind.test(value)
        assert (fake.islower(), fake.isupper()) == (value.islower(), value.isupper())


@pytest.mark.parametrize(
    "value", ["12 Oak Street, Apt 5", "12 oak street", "twelve thirty four oak street", "Via Roma 12"]
)
def test_addresses(value: str) -> None:
    """A number with a leading 0, an invented word and "Street"; said where the number was said."""
    kind = PEOPLE["ADDRESS"]
    fake = kind.render(value, Digest(KEY, "ADDRESS", kind.canonical(value), 0))
    assert kind.test(fake)
    assert not kind.test(value)
    assert fake[0].isalpha() is value.startswith("twelve")
    assert fake.islower() is value.islower()


def test_one_address_has_one_surrogate() -> None:
    """Whatever is told with its street."""
    kind = PEOPLE["ADDRESS"]
    assert kind.canonical("12 Oak St") == kind.canonical("12 Oak Street, Boise, ID 83702")
    assert not kind.test("0123 Oak Street")
    assert not kind.test("123 Zavarko Street")
