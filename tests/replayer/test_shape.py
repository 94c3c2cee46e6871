"""What may be shown of a message."""

from __future__ import annotations

from typing import Any

import pytest

from harness.replayer.shape import kind_of, raw_kind, shape_of, shown_key, type_shown


@pytest.mark.parametrize(
    "value,kind",
    [(None, "null"), (True, "boolean"), (1, "number"), (1.5, "number"), ("", "string"), ([], "array"), ({}, "object")],
)
def test_kinds(value: Any, kind: str) -> None:
    """Each kind of JSON value has its word; a boolean is no number."""
    assert kind_of(value) == kind


@pytest.mark.parametrize(
    "data,shape",
    [
        ('{"type":"subscribe","interaction_id":"secret"}', "{type: subscribe, interaction_id: string}"),
        ('{"type":"Not A Name","n":1,"a":[1],"o":{"secret":1}}', "{type: string, n: number, a: array, o: object}"),
        ('{"ann@secret.example":1}', "{<key of 18 characters>: number}"),
        ('{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1}', "{" + ", ".join(f"{k}: number" for k in "abcdefgh") + ", …}"),
        ("[1]", "text"),
        ("not JSON", "text"),
        ("[" * 100_000, "text"),
        (b"\x00", "binary"),
        (None, ""),
    ],
)  # fmt: skip
def test_shapes(data: str | bytes | None, shape: str) -> None:
    """Members and kinds, the type where it is a name, never a value."""
    assert shape_of(data) == shape
    assert "secret" not in shape_of(data)


def test_names() -> None:
    """Identifiers are shown; what may be payload is not, nor a huge message's type."""
    assert shown_key("interaction_id") == "interaction_id"
    assert shown_key("4111111111111111") == "<key of 16 characters>"
    assert type_shown('{"type":"summary.completed"}') == "summary.completed"
    assert type_shown('{"type":"x","pad":"' + "p" * (5 << 20) + '"}') == ""
    assert raw_kind("a") == "text"
