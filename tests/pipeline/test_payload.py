"""A JSON value as strings with paths, and back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.dialects.json_scan import scan_json
from harness.pipeline import payload
from harness.pipeline.payload import Document, canonical, digest, leaves, pointer, rebuild

KEYS = st.text(st.sampled_from("ab~/#key01"), max_size=8) | st.sampled_from(["#key", "a#key", "a~#key", "~0", "~1"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def test_leaves_are_strings_keys_and_long_numbers() -> None:
    """In document order; short numbers, booleans and null hold nothing."""
    value = {"a": ["x", 1234567, 123456, True, None], "b/~": {"c#key": 0.123456}}
    assert list(leaves(value)) == [
        ("/a#key", "a"),
        ("/a/0", "x"),
        ("/a/1", "1234567"),
        ("/b~1~0#key", "b/~"),
        ("/b~1~0/c~#key#key", "c#key"),
        ("/b~1~0/c~#key", "0.123456"),
    ]
    assert list(leaves("alone")) == [("", "alone")]
    assert list(leaves(("a", "b"))) == [("/0", "a"), ("/1", "b")]


@pytest.mark.parametrize(
    "key, expected",
    [("a", "/p/a"), (3, "/p/3"), ("a/b", "/p/a~1b"), ("a~b", "/p/a~0b"), ("a#key", "/p/a~#key"), ("#key", "/p/~#key")],
)
def test_pointers_are_rfc_6901(key: str | int, expected: str) -> None:
    """A name that ends like the mark of a key is marked itself."""
    assert pointer("/p", key) == expected


@given(VALUES)
def test_paths_are_those_of_the_scanner(value: object) -> None:
    """Spans found here can be replaced in the raw text by the recorder: same paths, each once."""
    scanned = scan_json(json.dumps(value))
    theirs = [*(s.path for s in scanned.strings), *(n.path for n in scanned.numbers if len(n.text) >= 7)]
    ours = [path for path, _ in leaves(value)]
    assert set(ours) == set(theirs)
    assert len(set(ours)) == len(ours)


@given(VALUES)
def test_rebuilding_with_nothing_new_changes_nothing(value: object) -> None:
    """And with the same texts neither, but that long numbers become text."""
    assert rebuild(value, {}) is value
    assert rebuild(value, {"/no/such/path": "x"}) == value


def test_rebuild_replaces_strings_numbers_and_keys() -> None:
    """Everything else is as it was."""
    value = {"a": "x", "n": 12345678, "deep": [{"k": "y"}, "z"]}
    new = {"/a": "X", "/n": "N", "/deep/0/k#key": "K", "/deep/1": "Z"}
    assert rebuild(value, new) == {"a": "X", "n": "N", "deep": [{"K": "y"}, "Z"]}
    assert rebuild("x", {"": "y"}) == "y"
    assert rebuild(("x",), {"/0": "y"}) == ["y"]


def test_keys_that_become_alike_keep_their_members() -> None:
    """Neither swallows the other."""
    value = {"a": 1, "b": 2, "c": 3}
    built = rebuild(value, {"/a#key": "P", "/b#key": "P", "/c#key": "P"})
    assert built == {"P": 1, "P~2": 2, "P~3": 3}


def test_the_digest_is_that_of_the_value() -> None:
    """The order of keys does not count; the text does; lone surrogates do no harm."""
    assert canonical({"b": 1, "a": "é"}) == '{"a":"é","b":1}'.encode()
    assert digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1}) != digest({"a": 2, "b": 2})
    assert len(digest("\ud800")) == 64
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical(float("nan"))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (4.716647716842682e15, "4716647716842682"),
        (-6282714432.0, "-6282714432"),
        (12345.678, "12345.678"),
        (1.5e300, "1.5e+300"),
    ],
)
def test_whole_numbers_are_read_as_such(number: float, text: str) -> None:
    """However a program wrote it, a whole number is its digits; others stay as they are."""
    assert [found for _, found in leaves({"n": number}) if found != "n"] == [text]


@given(VALUES, st.data())
def test_a_document_is_what_its_replaced_value_is(value: object, data: st.DataObject) -> None:
    """Leaves kept along are those that would be found; the short way of replacing gives what the long one does."""
    paths = [path for path, _ in leaves(value)]
    new = data.draw(st.dictionaries(st.sampled_from(paths), st.text(max_size=3), max_size=3)) if paths else {}
    document = Document(value)
    if data.draw(st.booleans()):
        assert document.leaves == leaves(value)
    changed = document.replaced(new)
    assert repr(changed.value) == repr(payload._rebuilt(value, new, "") if new else value)
    assert changed.leaves == leaves(changed.value)


@given(VALUES | st.floats(allow_nan=False, allow_infinity=False))
def test_the_quick_encoder_writes_what_the_exact_one_writes(value: object) -> None:
    """To the byte: digests are made of it."""
    exact = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    assert canonical(value) == exact.encode("utf-8", "surrogatepass")
