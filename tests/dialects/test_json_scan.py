from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.dialects.json_scan import MAX_DEPTH, JsonNumber, JsonString, JsonTextError, scan_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


def test_strings_keys_and_numbers_have_paths_and_places() -> None:
    """In the order they stand, offsets between the quotes."""
    raw = ' {"a": ["x", -1.5e3, {"b/~": "\\u00e9"}], "n": 7 , "t":true} '
    scanned = scan_json(raw)
    assert scanned.value == {"a": ["x", -1500.0, {"b/~": "é"}], "n": 7, "t": True}
    assert scanned.strings == [
        JsonString("/a#key", "a", 3, 4, True),
        JsonString("/a/0", "x", 9, 10, False),
        JsonString("/a/2/b~1~0#key", "b/~", 23, 26, True),
        JsonString("/a/2/b~1~0", "é", 30, 36, False),
        JsonString("/n#key", "n", 42, 43, True),
        JsonString("/t#key", "t", 51, 52, True),
    ]
    assert scanned.numbers == [JsonNumber("/a/1", "-1.5e3", 13, 19), JsonNumber("/n", "7", 46, 47)]
    assert [s.path for s in scanned.strings if s.escaped] == ["/a/2/b~1~0"]
    assert all(raw[n.raw_start : n.raw_end] == n.text for n in scanned.numbers)


@pytest.mark.parametrize("raw", ['"x"', " 1 ", "null", "[]", "{ }", "[[],{}]", '{"a":{},"b":[]}', "-0", "1E5"])
def test_every_kind_of_value_may_stand_alone(raw: str) -> None:
    """The value is that of json.loads."""
    assert scan_json(raw).value == json.loads(raw)


@pytest.mark.parametrize(
    "raw, reason, where",
    [
        ("", "not_json", 0),
        ("  ", "not_json", 0),
        ("nul", "not_json", 0),
        ('{"a":1} x', "not_json", 7),
        ('{"a":1}{', "not_json", 7),
        ("[1,]", "not_json", 3),
        ('{"a":1,}', "not_json", 7),
        ("[1 2]", "not_json", 2),
        ("[1}", "not_json", 2),
        ('{"a":1]', "not_json", 6),
        ('{"a" 1}', "not_json", 1),
        ('{"a":}', "not_json", 5),
        ("{a:1}", "not_json", 1),
        ("[1", "not_json", 2),
        ('["a', "not_json", 1),
        ('["\\x"]', "not_json", 1),
        ('["\\u12g4"]', "not_json", 1),
        ('["\\u00"]', "not_json", 1),
        ('["a\nb"]', "not_json", 1),
        ("[01]", "not_json", 2),
        ("[1.]", "not_json", 2),
        ("[.5]", "not_json", 1),
        ("[+1]", "not_json", 1),
        ("[٣]", "not_json", 1),
        ("\ufeff{}", "not_json", 0),
        ("[1]\u00a0", "not_json", 3),
        ("NaN", "not_finite_number", 0),
        ("[NaN]", "not_finite_number", 1),
        ("[-Infinity]", "not_finite_number", 1),
        ('{"a": Infinity}', "not_finite_number", 6),
        ("[1e999]", "not_finite_number", 1),
        ("[-1e999]", "not_finite_number", 1),
        ("[" + "9" * 5000 + "]", "too_large", 1),
        ('{"a":1,"a":2}', "duplicate_keys", 8),
        ('{"a":1,"\\u0061":2}', "duplicate_keys", 8),
        ("[" * (MAX_DEPTH + 1), "too_deep", MAX_DEPTH),
        ('{"a":' * 100_000, "too_deep", MAX_DEPTH * 5),
    ],
)
def test_faults_have_a_reason_and_a_place(raw: str, reason: str, where: int) -> None:
    """The vocabulary of Malformed.reason; the error holds a position only."""
    with pytest.raises(JsonTextError) as caught:
        scan_json(raw)
    assert (caught.value.reason, caught.value.where) == (reason, f"offset {where}")
    assert str(caught.value) == f"{reason} at offset {where}"


def test_64_levels_are_read() -> None:
    """The limit itself is fine."""
    raw = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert scan_json(raw).value == json.loads(raw)


def test_a_key_path_is_never_the_path_of_a_value() -> None:
    """A name that ends in #key is marked in its pointer."""
    scanned = scan_json('{"a":"1","a#key":"2","a~#key":"3"}')
    paths = [s.path for s in scanned.strings]
    assert paths == ["/a#key", "/a", "/a~#key#key", "/a~#key", "/a~0~#key#key", "/a~0~#key"]


def test_a_lone_surrogate_is_kept_and_told() -> None:
    """It is JSON, but no UTF-8 can hold it; a pair is one code point."""
    assert scan_json('["\\ud83d\\ude00"]').value == ["😀"]
    assert not scan_json('["\\ud83d\\ude00 \\u00e9"]').ill_formed
    lone = scan_json('["\\ud83d x"]')
    assert lone.value == ["\ud83d x"]
    assert lone.ill_formed


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_what_python_writes_is_read(value: object, ascii_only: bool, indent: int | None) -> None:
    """The decoded value is that of json.loads, whatever the spelling."""
    raw = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    scanned = scan_json(raw)
    assert scanned.value == json.loads(raw)
    paths = [*(s.path for s in scanned.strings), *(n.path for n in scanned.numbers)]
    assert len(set(paths)) == len(paths)


@given(st.text(st.sampled_from('{}[]",:\\u0019eE+-. tfnrue\n'), max_size=25))
def test_it_accepts_what_the_standard_library_accepts(raw: str) -> None:
    """And refuses the rest, but for what it refuses on purpose."""
    try:
        expected = json.loads(raw)
    except ValueError:
        with pytest.raises(JsonTextError):
            scan_json(raw)
        return
    try:
        value = scan_json(raw).value
    except JsonTextError as error:
        refused = error.reason
    else:
        assert value == expected
        return
    assert refused in ("duplicate_keys", "not_finite_number")


@pytest.mark.parametrize(
    "raw", ['["' + "\\n" * 100_000, "[" + "1" * 100_000, '["' + "a" * 200_000, "[" + "1," * 100_000]
)
def test_a_failure_costs_no_more_than_a_success(raw: str) -> None:
    """Long input that breaks off at its end is refused without going back over it."""
    with pytest.raises(JsonTextError):
        scan_json(raw)
