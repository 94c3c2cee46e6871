"""The grammar of placeholders."""

from __future__ import annotations

import pytest

from harness.text.placeholder import PLACEHOLDER, identity, is_identity, placeholder, placeholder_type, plain


@pytest.mark.parametrize(
    "type_, text",
    [("PHONE", "[PHONE_REDACTED]"), ("CREDIT_CARD", "[CC_REDACTED]"), ("CUSTOM_1", "[CUSTOM_1_REDACTED]")],
)
def test_a_type_and_its_placeholder(type_: str, text: str) -> None:
    """The one names the other, there and back."""
    assert placeholder(type_) == text
    found = PLACEHOLDER.fullmatch(text)
    assert found is not None
    assert placeholder_type(found[1]) == type_


@pytest.mark.parametrize(
    "text", ["[_REDACTED]", "[phone_REDACTED]", "[PHONE REDACTED]", "[PHONE_REDACTED", "[1_REDACTED]"]
)
def test_what_is_no_placeholder(text: str) -> None:
    """Almost one is none."""
    assert PLACEHOLDER.search(text) is None


def test_an_identity_is_a_placeholder_with_a_number() -> None:
    """It lives inside the process; outside, the number is gone."""
    text = f"{identity('CREDIT_CARD', 2)} or {identity('PHONE', 13)}"
    assert text == "[CC_2_REDACTED] or [PHONE_13_REDACTED]"
    assert [is_identity(found[1]) for found in PLACEHOLDER.finditer(text)] == [True, True]
    assert plain(text) == "[CC_REDACTED] or [PHONE_REDACTED]"
    assert plain("[PHONE_REDACTED]") == "[PHONE_REDACTED]"


@pytest.mark.parametrize("name", ["PHONE", "CC", "MY_TYPE", "2"])
def test_a_plain_placeholder_is_no_identity(name: str) -> None:
    """It has no number behind its type."""
    assert not is_identity(name)
