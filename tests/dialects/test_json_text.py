from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.dialects.json_scan import JsonText, scan_json
from harness.dialects.json_text import OffsetMap, apply_edits, apply_edits_with_cuts, escape, splice

PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
TEXT = st.text(st.characters() | st.sampled_from('"\\/\n\t\x00😀é'), max_size=12).filter(lambda t: not PAIR.search(t))
NEW = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('"\\\n😀'), max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)
SHORT = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f"}


def spelled(value: Any, rng: random.Random) -> str:
    """``value`` as JSON with escapes and white space chosen at random."""
    gap = rng.choice(["", "", " ", "\n\t"])
    if isinstance(value, str):
        return gap + '"' + "".join(_spelled_char(c, rng) for c in value) + '"' + gap
    if isinstance(value, list):
        return gap + "[" + ",".join(spelled(v, rng) for v in value) + gap + "]"
    if isinstance(value, dict):
        members = (f"{spelled(k, rng)}:{spelled(v, rng)}" for k, v in value.items())
        return gap + "{" + ",".join(members) + "}" + gap
    return gap + json.dumps(value) + gap


def _spelled_char(char: str, rng: random.Random) -> str:
    code = ord(char)
    units = [code] if code < 0x10000 else [0xD800 + ((code - 0x10000) >> 10), 0xDC00 + ((code - 0x10000) & 0x3FF)]
    long = "".join(f"\\u{unit:04{rng.choice('xX')}}" for unit in units)
    plain = code >= 0x20 and char not in '"\\' and not 0xD800 <= code < 0xE000
    return rng.choice([long, *([SHORT[char]] if char in SHORT else []), *([char] * 3 if plain else [])])


def drawn_edits(data: st.DataObject, length: int) -> list[tuple[int, int, str]]:
    bounds = sorted(data.draw(st.lists(st.integers(0, length), max_size=4)))
    return [(start, end, data.draw(NEW)) for start, end in zip(bounds[::2], bounds[1::2], strict=False)]


def expected_pieces(scanned: JsonText, edits: dict[str, list[tuple[int, int, str]]]) -> dict[str, str]:
    return {s.path: splice(s.value, edits[s.path])[0] for s in scanned.strings if s.path in edits}


@settings(max_examples=10_000 if settings().max_examples >= 1000 else settings().max_examples)
@given(VALUES, st.randoms(use_true_random=False), st.data())
def test_edits_change_the_strings_and_no_other_byte(value: object, rng: random.Random, data: st.DataObject) -> None:
    """Decoded strings are as edited, raw text between them and unedited stretches within them stay as spelled."""
    raw = spelled(value, rng)
    scanned = scan_json(raw)
    strings = [s for s in scanned.strings if not s.is_key]
    edits = {s.path: drawn_edits(data, len(s.value)) for s in strings if rng.random() < 0.6}
    edited = apply_edits(raw, edits)
    after = scan_json(edited)
    wanted = expected_pieces(scanned, edits)
    assert [s.path for s in after.strings] == [s.path for s in scanned.strings]
    rest = pos = 0
    for old, new in zip(scanned.strings, after.strings, strict=True):
        assert PAIR.sub("?", new.value) == PAIR.sub("?", _joined(wanted.get(old.path, old.value)))
        assert raw[rest : old.raw_start] == edited[pos : new.raw_start]
        if not edits.get(old.path):
            assert raw[old.raw_start : old.raw_end] == edited[new.raw_start : new.raw_end]
        rest, pos = old.raw_end, new.raw_end
    assert raw[rest:] == edited[pos:]


def _joined(text: str) -> str:
    """Two lone surrogates that an edit brought together are one code point in JSON."""
    return PAIR.sub(lambda found: found[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)


@given(TEXT, st.randoms(use_true_random=False))
def test_offsets_stand_for_code_points(text: str, rng: random.Random) -> None:
    """Raw slices decode to the code points they stand for, escapes and surrogate pairs being one each."""
    raw = spelled([text, text], rng)
    for string in scan_json(raw).strings:
        offsets = OffsetMap(raw, string)
        assert (offsets.to_raw(0), offsets.to_raw(len(text))) == (string.raw_start, string.raw_end)
        for index, char in enumerate(text):
            start, end = offsets.to_raw(index), offsets.to_raw(index + 1)
            assert json.loads(f'"{raw[start:end]}"') == char


def test_offsets_outside_are_refused() -> None:
    """On both sides."""
    string = scan_json('["abc"]').strings[0]
    offsets = OffsetMap('["abc"]', string)
    for offset in (4, -1):
        with pytest.raises(ValueError, match="outside"):
            offsets.to_raw(offset)


def test_escapes_around_an_edit_stay_as_they_are() -> None:
    """Every spelling but that of the replaced stretch survives."""
    raw = r'{"t": "\u00e9\/ 415-299-0188\n\ud83d\ude00"}'
    assert apply_edits(raw, {"/t": [(3, 15, 'x"y')]}) == r'{"t": "\u00e9\/ x\"y\n\ud83d\ude00"}'
    assert apply_edits(raw, {"/t": [(16, 17, "é")]}) == r'{"t": "\u00e9\/ 415-299-0188\né"}'


def test_keys_are_edited_by_their_own_path() -> None:
    """The value beside it stays."""
    assert apply_edits('{"a":"a"}', {"/a#key": [(0, 1, "b")]}) == '{"b":"a"}'


@pytest.mark.parametrize(
    "raw, edit, expected",
    [
        ('{"n": 4152990188 }', (0, 10, "2025550123"), '{"n": 2025550123 }'),
        ('{"n":4152990188}', (0, 10, "[PHONE_REDACTED]"), '{"n":"[PHONE_REDACTED]"}'),
        ('{"n":4152990188}', (0, 10, "0123456789"), '{"n":"0123456789"}'),
        ('{"n":4152990188}', (0, 3, "202"), '{"n":2022990188}'),
        ('{"n":-1.5e3}', (0, 1, ""), '{"n":1.5e3}'),
        ('{"n":7}', (0, 1, 'a"b'), '{"n":"a\\"b"}'),
        ('{"n":7}', (0, 1, ""), '{"n":""}'),
    ],
)
def test_numbers_stay_numbers_where_they_can(raw: str, edit: tuple[int, int, str], expected: str) -> None:
    """Digits replace digits; what is no JSON number becomes a string."""
    assert apply_edits(raw, {"/n": [edit]}) == expected


def test_an_edit_that_cannot_be_made_is_never_passed_over() -> None:
    """Unknown path, bad range, overlap, wrong order: an error without text."""
    raw = '{"t":"secret words","b":true}'
    for edits in (
        {"/x": [(0, 1, "")]},
        {"/b": [(0, 1, "")]},
        {"/t": [(0, 99, "")]},
        {"/t": [(5, 3, "")]},
        {"/t": [(0, 3, ""), (2, 5, "")]},
        {"/t": [(-1, 3, "")]},
    ):
        with pytest.raises(ValueError) as caught:
            apply_edits(raw, edits)
        assert "secret" not in str(caught.value)


def test_nothing_to_edit_gives_the_text_back() -> None:
    """Also for empty lists, at paths that do not exist."""
    raw = '{"t" : "\\u0041"}'
    assert apply_edits(raw, {}) == raw
    assert apply_edits(raw, {"/x": [], "/t": []}, scanned=scan_json(raw)) == raw


def test_cuts_move_with_the_text() -> None:
    """Before, within and behind a replaced stretch, whether it grows or shrinks."""
    raw = '{"t":"ab 415-299-0188 cd"}'
    start, end = 9, 21
    cuts = [0, start, start + 3, end - 1, end, len(raw)]
    same, moved = apply_edits_with_cuts(raw, {"/t": [(3, 15, "202-555-0123")]}, cuts)
    assert (same, moved) == ('{"t":"ab 202-555-0123 cd"}', cuts)
    short, moved = apply_edits_with_cuts(raw, {"/t": [(3, 15, "[X]")]}, cuts)
    assert short == '{"t":"ab [X] cd"}'
    assert moved == [0, 9, 12, 12, 12, 17]
    assert apply_edits_with_cuts(raw, {}, cuts) == (raw, cuts)


@given(st.text(max_size=30), st.data())
def test_cuts_stay_in_order_and_in_range(text: str, data: st.DataObject) -> None:
    """The pieces between the cuts join to the new text, and unedited pieces are what they were."""
    edits = drawn_edits(data, len(text))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    new, moved = splice(text, edits, cuts)
    assert len(moved) == len(cuts)
    assert moved == sorted(moved)
    assert all(0 <= cut <= len(new) for cut in moved)
    for cut, place in zip(cuts, moved, strict=True):
        if all(cut < start for start, _, _ in edits):
            assert new[:place] == text[:cut]
        if all(cut > end for _, end, _ in edits):
            assert new[place:] == text[cut:]


@given(st.text(st.characters() | st.sampled_from('"\\\n\t\r\b\f\x00\ud800')).filter(lambda t: not PAIR.search(t)))
def test_escaped_text_decodes_to_itself(text: str) -> None:
    """json.loads undoes it, and nothing that may stand as it is was escaped."""
    assert json.loads(f'"{escape(text)}"') == text
    assert escape("é😀/ \x7f") == "é😀/ \x7f"
