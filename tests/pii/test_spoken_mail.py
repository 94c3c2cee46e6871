"""Addresses that are said."""

from __future__ import annotations

import pytest

from harness.pii.spoken_mail import addresses


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("kim at kestrel dot io", "kim@kestrel.io"), ("kim dot lee underscore two at kestrel dash nine dot co dot uk", "kim.lee_2@kestrel-9.co.uk"),
        ("it is j l e e at kestrel dot io thanks", "jlee@kestrel.io"), ("kim@kestrel dot io", "kim@kestrel.io"), ("kim at kestrel.io", "kim@kestrel.io"),
        ("kim plus forty two at kestrel dot io", "kim+42@kestrel.io"),
    ],
)  # fmt: skip
def test_spoken_addresses(text: str, address: str) -> None:
    """Read outward from the at-sign, as they would be written."""
    assert [found.written for found in addresses(text)] == [address]


@pytest.mark.parametrize(
    "text", ["look at kestrel dot io", "kim at home", "at kestrel dot io", "kim at kestrel dot nowhere", "dot at dot"]
)
def test_what_is_no_address(text: str) -> None:
    """Sites, places, unknown ends."""
    assert addresses(text) == []


def test_a_cue_makes_any_word_a_mailbox() -> None:
    """Where mail was spoken of, "support at" is a mailbox."""
    assert [found.written for found in addresses("support at kestrel dot io", cued=True)] == ["support@kestrel.io"]
