"""Strings of a payload by pointer."""

from __future__ import annotations

from typing import Any

import pytest

from harness.report.place import string_at

PAYLOAD = {"text": "a", "deep": [{"x/y": "b", "t~": "c"}], "k#key": "d", "n": 5, "": "e"}


@pytest.mark.parametrize(
    "payload,path,found",
    [
        ("raw", "", "raw"),
        (PAYLOAD, "/text", "a"),
        (PAYLOAD, "/deep/0/x~1y", "b"),
        (PAYLOAD, "/deep/0/t~0", "c"),
        (PAYLOAD, "/k~#key", "d"),
        (PAYLOAD, "/", "e"),
        (PAYLOAD, "", None),
        (PAYLOAD, "/n", None),
        (PAYLOAD, "/deep/1/x", None),
        (PAYLOAD, "/deep/x", None),
        (PAYLOAD, "/text#key", None),
        (None, "/text", None),
    ],
)
def test_string_at(payload: Any, path: str, found: str | None) -> None:
    """Found, or None."""
    assert string_at(payload, path) == found
