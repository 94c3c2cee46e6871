"""JSON as the wire allows it, and nothing beside."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.clock import SystemClock
from harness.dialects import strict_json
from harness.dialects.json_scan import JsonTextError, scan_json
from harness.dialects.strict_json import MAX_BYTES, MAX_DEPTH, StrictJsonError, loads

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
SCRAPS = st.text(st.sampled_from('{}[]",:\\u0019deE+-. tfnrue\n\ud800é'), max_size=25)


def refusal(raw: str) -> tuple[str, str]:
    with pytest.raises(StrictJsonError) as caught:
        loads(raw)
    return caught.value.reason, caught.value.where


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_what_python_writes_is_read(value: object, ascii_only: bool, indent: int | None) -> None:
    """Whatever the spelling."""
    assert loads(json.dumps(value, ensure_ascii=ascii_only, indent=indent)) == value


@pytest.mark.parametrize(
    "raw, reason, where",
    [
        ("", "not_json", "0"),
        ('{"a":', "not_json", "5"),
        ("\ufeff{}", "not_json", ""),
        ("{} {}", "not_json", "3"),
        ("[01]", "not_json", "2"),
        ('{"a":1,"a":2}', "duplicate_keys", ""),
        ('[{"a":1,"\\u0061":2}]', "duplicate_keys", ""),
        ("[NaN]", "not_finite_number", ""),
        ("-Infinity", "not_finite_number", ""),
        ("1e999", "not_finite_number", ""),
        ("-1e999", "not_finite_number", ""),
        ("9" * 5000, "not_finite_number", ""),
        ("[" * (MAX_DEPTH + 1), "too_deep", ""),
        ('{"a":' * (MAX_DEPTH + 1), "too_deep", ""),
        ('"\\ud83d"', "invalid_text", ""),
        ('"\\uDE00 x"', "invalid_text", ""),
        ('{"\\udc00":1}', "invalid_text", ""),
        ('"\ud800"', "invalid_text", ""),
    ],
)
def test_faults_have_a_reason(raw: str, reason: str, where: str) -> None:
    """And a place, where it is known; never the text."""
    found = refusal(raw)
    assert found[0] == reason
    assert where in found[1]


def test_the_error_says_reason_and_place_only() -> None:
    """It is fit for a log."""
    assert str(StrictJsonError("not_json", "17")) == "not_json at 17"
    assert str(StrictJsonError("too_deep")) == "too_deep"


@pytest.mark.parametrize("value", ["😀", "\ue000", "é"])
def test_whole_characters_are_fine(value: str) -> None:
    """As a pair of escapes or as themselves, next to other escapes too."""
    assert loads(json.dumps(value)) == loads(json.dumps(value, ensure_ascii=False)) == value
    assert loads('"\\ud83d\\ude00"') == "😀"


def test_64_levels_are_read() -> None:
    """Brackets in strings and beside one another are no levels."""
    raw = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert loads(raw) == json.loads(raw)
    assert loads(json.dumps(["[{" * 100, 'a"[' * 100, "\\[" * 100])) == ["[{" * 100, 'a"[' * 100, "\\[" * 100]
    assert len(loads("[" + ",".join(["[]"] * 100) + "]")) == 100


def test_4_mib_are_read_and_a_byte_more_is_not() -> None:
    """Bytes of UTF-8, not characters."""
    assert len(loads('"' + "a" * (MAX_BYTES - 2) + '"')) == MAX_BYTES - 2
    assert refusal('"' + "a" * (MAX_BYTES - 1) + '"') == ("too_large", "")
    assert refusal('"' + "é" * (MAX_BYTES // 2) + '"') == ("too_large", "")


@pytest.mark.parametrize("scrap", ['\\"', '"', "\\", '"\\', "[", "a", '","'])
@pytest.mark.parametrize("start", ["[" * 65 + '"', "[" * 70, ""])
def test_a_long_fault_costs_a_moment(start: str, scrap: str) -> None:
    """The work grows with the length, not with its square."""
    clock = SystemClock()
    began = clock.monotonic_ns()
    with pytest.raises(StrictJsonError):
        loads(start + scrap * 300_000)
    assert clock.monotonic_ns() - began < 3e9


def verdicts(raw: str) -> tuple[Any, Any]:
    """(value or reason) of the decoder and of the scanner."""
    try:
        ours = ("ok", loads(raw))
    except StrictJsonError as error:
        ours = ("no", error.reason)
    try:
        scanned = scan_json(raw)
        theirs = ("ok", scanned.value)
    except JsonTextError as error:
        theirs = ("no", error.reason)
    return ours, theirs


def agree(raw: str) -> None:
    """Decoder and scanner accept alike, with equal values.

    They differ on purpose where a string holds a lone surrogate: the decoder refuses it (``invalid_text``), the
    scanner keeps it (``ill_formed``) so that the raw text can still be edited. Where both refuse, the reason may
    differ: the decoder looks at the depth before anything else and calls a number of thousands of digits not finite.
    """
    ours, theirs = verdicts(raw)
    if ours == ("no", "invalid_text"):
        assert theirs[0] == "ok"
        return
    assert ours[0] == theirs[0], (ours, theirs)
    if ours[0] == "ok":
        assert ours[1] == theirs[1]


@given(VALUES, st.booleans(), st.data())
def test_decoder_and_scanner_agree_on_json_and_on_what_is_almost(
    value: object, ascii_only: bool, data: st.DataObject
) -> None:
    """What is recorded and edited is what was judged."""
    raw = json.dumps(value, ensure_ascii=ascii_only)
    agree(raw)
    for _ in range(3):
        place = data.draw(st.integers(0, len(raw)))
        scrap = data.draw(
            st.sampled_from(["", '"', "\\", "\\u", "\\ud83d", ",", "}", "]", "0", "-", "NaN", "\n", "1e999"])
        )
        agree(raw[:place] + scrap + raw[place + data.draw(st.integers(0, 2)) :])


@given(SCRAPS)
def test_decoder_and_scanner_agree_on_scraps(raw: str) -> None:
    """Texts of the characters JSON is made of."""
    agree(raw)


@pytest.mark.parametrize(
    "raw",
    [
        "[" * 64 + "]" * 64,
        "[" * 65 + "]" * 65,
        '{"a":1,"a":1}',
        '{"":1,"":2}',
        "\u00a0[]",
        "[]\x0c",
        '"\x7f"',
        '"\u2028"',
        "-0",
        "-0.0",
        "1E400",
        "٣",
        '"\\u00E9"',
        '"\\u00zz"',
        "9" * 4300,
        "9" * 4301,
        "\ufeff1",
        '"\t"',
    ],
)
def test_decoder_and_scanner_agree_on_edges(raw: str) -> None:
    """Each was a difference between two parsers somewhere."""
    agree(raw)


def test_negative_zero_keeps_its_sign() -> None:
    """As a fraction; an integer has none."""
    assert math.copysign(1, loads("-0.0")) == -1
    assert loads("-0") == 0


def outcome(read: Any, raw: str) -> tuple[str, object]:
    """What a way of reading makes of ``raw``, types and the sign of nought included."""
    try:
        return "value", repr(read(raw))
    except StrictJsonError as error:
        return "refused", (error.reason, error.where)


@given(
    SCRAPS
    | st.builds(json.dumps, VALUES, ensure_ascii=st.booleans())
    | st.builds(
        lambda text, at, scrap: text[:at] + scrap + text[at:], st.builds(json.dumps, VALUES), st.integers(0, 40), SCRAPS
    )
    | st.floats().map(repr)
    | st.decimals(allow_nan=False, allow_infinity=False).map(str)
    | st.sampled_from(
        ['{"a":1,"a":2}', '[{"":1,"\\u0022":2}]', "-0", "-0.0", "1e400", "9" * 4301, '"\\ud800"', '{"a":"\\"","a":1}']
    )
)
def test_the_quick_decoder_gives_what_the_exact_one_gives(raw: str) -> None:
    """The exact one is the judge."""
    assert outcome(loads, raw) == outcome(strict_json._exactly, raw)
