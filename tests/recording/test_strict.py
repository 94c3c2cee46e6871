from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.recording.strict import MAX_DEPTH, StrictError, dump, strict_object


@pytest.mark.parametrize(
    "data, words",
    [
        (b"[1]", "not a JSON object"),
        (b'{"a":1', "not JSON at character 7"),
        (b'{"a":"\xff"}', "not UTF-8 at byte 7"),
        (b'{"a":1,"a":2}', "a key stands twice"),
        (b'{"b":{"a":1,"\\u0061":2}}', "a key stands twice"),
        (b'{"a":NaN}', "NaN or Infinity"),
        (b'{"a":-Infinity}', "NaN or Infinity"),
        (b'{"a":1e999}', "too large"),
        (b'{"a":' + b"9" * 5000 + b"}", "too many digits"),
        (b'{"a":"\x01"}', "not JSON"),
        (b'{"a":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}", "deeper than 64"),
        (b'{"a":' + b"[" * 90_000, "deeper than 64"),
        (b'{"a":' + b"[" * 200_000, "more than 100000 values"),
        (b'{"a":[' + b'"",' * 120_000 + b'""]}', "more than 100000 values"),
        (b"\xef\xbb\xbf{}", "not JSON at character 1"),
        ('{"a":1}'.encode("utf-16"), "not UTF-8"),
    ],
)
def test_what_is_not_strict_json_is_refused(data: bytes, words: str) -> None:
    """Each fault has its words."""
    with pytest.raises(StrictError, match=words):
        strict_object(data)


def test_the_deepest_nesting_allowed_is_read() -> None:
    """64 containers, the object counted, are fine."""
    data = b'{"a":' + b"[" * (MAX_DEPTH - 1) + b"]" * (MAX_DEPTH - 1) + b"}"
    assert strict_object(data) == json.loads(data)


def test_a_lone_surrogate_survives_as_an_escape() -> None:
    """What UTF-8 cannot hold is escaped; the rest is not."""
    assert dump({"a": "\ud800é😀"}) == '{"a":"\\ud800é😀"}'.encode()


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.lists(st.booleans()), max_size=5))
def test_what_is_dumped_is_read_again(value: dict[str, object]) -> None:
    """strict_object(dump(v)) == v."""
    assert strict_object(dump(value)) == value
