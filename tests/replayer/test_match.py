"""Comparing what was sent with what was recorded."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.replayer.match import Candidate, Level, compare, nearest

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def differ(recorded: Any, sent: Any, level: Level = Level.STRICT, ignore: tuple[str, ...] = ()) -> list[str]:
    return [str(d) for d in compare(json.dumps(recorded), json.dumps(sent), level=level, ignore=ignore)]


@pytest.mark.parametrize(
    "recorded, sent, differences",
    [
        ('{"a":1,"b":2}', '{ "b": 2, "a": 1 }', []),
        ('{"a":1}', '{"a":1.0}', []),
        ('{"a":1}', '{"a":true}', ["/a: boolean, recorded number"]),
        ('{"a":"x"}', '{"a":"y"}', ["/a: another string"]),
        ('{"a":null}', '{"a":0}', ["/a: number, recorded null"]),
        ('{"a":1}', "{}", ["/a: missing"]),
        ("{}", '{"a":1}', ["/a: not recorded"]),
        ("[1,2]", "[1]", ["the message: array of 1, recorded 2"]),
        ("[1,[2]]", "[1,[3]]", ["/1/0: another number"]),
        ('{"a":{}}', '{"a":[]}', ["/a: array, recorded object"]),
        ("hello", "hello", []),
        ("hello", "hallo", ["the message: text of other content, no JSON to compare by member"]),
        ('{"a":1,"a":2}', '{"a":2}', ["the message: text of other content, no JSON to compare by member"]),
        ("NaN", "NaN", []),
        ('{"a":NaN}', '{"a": NaN}', ["the message: text of other content, no JSON to compare by member"]),
        ("[" * 5000, "[" * 5000, []),
        ("1" * 5000, "1" * 5000, []),
    ],
)
def test_strict(recorded: str, sent: str, differences: list[str]) -> None:
    """Strict compares values; what is no plain JSON is compared as text."""
    assert [str(d) for d in compare(recorded, sent)] == differences


@pytest.mark.parametrize(
    "recorded, sent, match",
    [
        (b"\x00", b"\x00", True),
        (b"\x00", b"\x01", False),
        (b"\x00", "x", False),
        ("x", b"x", False),
        (None, "anything", True),
        (None, b"anything", True),
    ],
)
def test_bytes_and_withheld(recorded: str | bytes | None, sent: str | bytes, match: bool) -> None:
    """Binary is compared byte by byte; what was withheld matches everything."""
    assert (compare(recorded, sent) == ()) is match


def test_the_kind_of_frame_is_named() -> None:
    """Text where binary was recorded says so."""
    assert [str(d) for d in compare(b"x", "x")] == ["the message: text, recorded binary"]


@pytest.mark.parametrize(
    "level, recorded, sent, match",
    [
        (Level.SUBSET, {"a": 1}, {"a": 1, "b": 2}, True),
        (Level.SUBSET, {"a": {"b": 1}}, {"a": {"b": 1, "c": 1}}, True),
        (Level.SUBSET, {"a": 1, "b": 2}, {"a": 1}, False),
        (Level.SUBSET, {"a": 1}, {"a": 2, "b": 2}, False),
        (Level.SCHEMA, {"a": 1, "b": "x"}, {"a": 2, "b": "y"}, True),
        (Level.SCHEMA, {"a": 1}, {"a": "1"}, False),
        (Level.SCHEMA, {"a": 1}, {"a": 1, "b": 1}, False),
        (Level.SCHEMA, {"a": [{"x": 1}]}, {"a": [{"x": 2}, {"x": 3}]}, True),
        (Level.SCHEMA, {"a": [{"x": 1}, "s"]}, {"a": ["t", {"x": 3}]}, True),
        (Level.SCHEMA, {"a": [{"x": 1}]}, {"a": [{"y": 2}]}, False),
        (Level.SCHEMA, {"a": []}, {"a": [1, "x"]}, True),
        (Level.ANY, {"a": 1}, [], True),
    ],
)
def test_levels(level: Level, recorded: Any, sent: Any, match: bool) -> None:
    """Each level is wider than the one before it."""
    assert (differ(recorded, sent, level) == []) is match


@pytest.mark.parametrize(
    "ignore, recorded, sent",
    [
        ("/a", {"a": 1}, {"a": 2}),
        ("/a", {"a": 1}, {}),
        ("/a", {}, {"a": 1}),
        ("/a", {"a": {"deep": [1]}}, {"a": "other"}),
        ("/a/0", {"a": [1]}, {"a": [2]}),
        ("/a~1b/c~0d", {"a/b": {"c~d": 1}}, {"a/b": {"c~d": 2}}),
        ("", {"a": 1}, []),
    ],
)
def test_ignored(ignore: str, recorded: Any, sent: Any) -> None:
    """An ignored pointer, with all below it, takes no part."""
    assert differ(recorded, sent, ignore=(ignore,)) == []
    assert differ(recorded, sent) != []


@pytest.mark.parametrize("key", ["Ann Smith", "415-299-0188", "n41529901", "x" * 60])
def test_a_key_that_may_be_payload_is_not_shown(key: str) -> None:
    """Names and numbers used as keys do not get into an error."""
    for shown in (*differ({key: 1}, {key: 2}), *differ({key: [1]}, {}), *differ({}, {key: {}})):
        assert key not in shown
        assert f"<key of {len(key)} characters>" in shown


def test_an_index_is_shown() -> None:
    """Array positions are numbers of ours."""
    assert differ([[0], [1]], [[0], [2]]) == ["/1/0: another number"]


def test_nearest() -> None:
    """The fewest differences win, the first of equals; an exact match ends the search."""
    candidates = [Candidate(data='{"a":1,"b":1}'), Candidate(data='{"a":2,"b":2}'), Candidate(data='{"a":1,"b":2}')]
    best = nearest('{"a":1,"b":2}', candidates)
    assert best is not None
    assert (best.index, best.differences) == (2, ())
    best = nearest('{"a":1,"b":3}', candidates[:2])
    assert best is not None
    assert (best.index, len(best.differences)) == (0, 1)
    assert nearest("x", []) is None


@given(JSON)
def test_a_value_matches_itself(value: Any) -> None:
    """No level finds a difference between a value and itself, however it is written."""
    for level in Level:
        assert compare(json.dumps(value), json.dumps(value, indent=1, sort_keys=True), level=level) == ()


@given(JSON, JSON)
def test_levels_are_nested(recorded: Any, sent: Any) -> None:
    """What strict takes, the wider levels take."""
    if not differ(recorded, sent):
        assert not differ(recorded, sent, Level.SUBSET)
        assert not differ(recorded, sent, Level.SCHEMA)
