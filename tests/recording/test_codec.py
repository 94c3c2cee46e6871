from __future__ import annotations

import json
import re
import typing
import zlib
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import RecordingFormatError, UnsupportedVersion
from harness.recording import codec
from harness.recording import entry as kinds
from harness.recording.codec import (
    MAX_LINE,
    closed,
    decode_entry,
    decode_header,
    encode_entry,
    encode_header,
    kind_of,
    open_body,
)
from harness.recording.entry import AnyEntry, Header, OutcomeEntry, Unknown, WsAbort, WsMessage

# A high and a low surrogate side by side would come back as the one code point they stand for.
PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
TEXT = st.text(st.characters(), max_size=20).filter(lambda text: not PAIR.search(text))
COUNT = st.integers(0, 2**53 - 1)
LEAF = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | TEXT
)
FREE = st.dictionaries(TEXT, LEAF | st.lists(LEAF, max_size=3) | st.dictionaries(TEXT, LEAF, max_size=2), max_size=3)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "n": st.integers(1, 2**53 - 1),
    "t": COUNT,
    "grounding": st.none() | FREE,
    "budget": st.none() | FREE,
}
KNOWN = [kind for kind in typing.get_args(AnyEntry) if kind is not Unknown]


def strategy(annotation: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type, each corner included."""
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation in (str, int, bool):
        return {str: TEXT, int: COUNT, bool: st.booleans()}[annotation]
    if annotation is type(None):
        return st.none()
    if origin is typing.Literal:
        return st.sampled_from(args)
    if origin is dict:
        return st.dictionaries(TEXT, strategy(args[1]), max_size=3)
    if origin is tuple and args[-1] is ...:
        return st.lists(strategy(args[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(strategy, args))
    if args:
        return st.one_of(*map(strategy, args))
    return struct(annotation)


def struct(kind: Any) -> st.SearchStrategy[Any]:
    """Values of an entry's or header's class, every optional field there or not."""
    hints = typing.get_type_hints(kind)
    required = {f.encode_name for f in msgspec.structs.fields(kind) if f.required}
    fields = {name: FIELDS[name] if name in FIELDS else strategy(hints[name]) for name in kind.__struct_fields__}
    return st.fixed_dictionaries(
        {name: fields[name] for name in fields if name in required},
        optional={name: fields[name] for name in fields if name not in required},
    ).map(lambda values: kind(**values))


def unknown(n: int, t: int, kind: str, rest: dict[str, Any]) -> Unknown:
    fixed = {"n": n, "t": t, "kind": f"x.{kind}"}
    return Unknown(n=n, t=t, raw=fixed | {k: v for k, v in rest.items() if k not in (*fixed, "crc")})


ENTRIES = st.one_of(*map(struct, KNOWN), st.builds(unknown, FIELDS["n"], COUNT, TEXT, FREE))


def line_of(body: bytes) -> bytes:
    """A line with a right checksum around the text of an object."""
    return closed(body.rstrip().removesuffix(b"}"))


@pytest.mark.parametrize("kind", KNOWN, ids=lambda kind: kind.__name__)
def test_every_kind_comes_back(kind: Any) -> None:
    """decode(encode(e)) == e for every kind, lone surrogates, astral characters and all optional fields included."""

    @given(struct(kind))
    def check(entry: AnyEntry) -> None:
        line = encode_entry(entry)
        assert decode_entry(line) == entry
        assert encode_entry(decode_entry(line)) == line

    check()


@given(ENTRIES)
def test_a_line_is_what_the_format_says(entry: AnyEntry) -> None:
    """One line, keys n, t, kind first and crc last, the checksum that of the bytes before it."""
    line = encode_entry(entry)
    value = json.loads(line)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert list(value)[:3] == ["n", "t", "kind"]
    assert list(value)[-1] == "crc"
    body = line[: line.rindex(b',"crc"')]
    assert body == open_body(entry)
    assert value["crc"] == f"{zlib.crc32(body):08x}"
    assert value["kind"] == kind_of(entry)


@given(ENTRIES, st.data())
def test_a_flipped_byte_is_found(entry: AnyEntry, data: st.DataObject) -> None:
    """No single changed byte of a line passes."""
    line = bytearray(encode_entry(entry)[:-1])
    place = data.draw(st.integers(0, len(line) - 1))
    line[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(RecordingFormatError):
        decode_entry(bytes(line))


@given(struct(Header).map(lambda h: msgspec.structs.replace(h, format=kinds.FORMAT, version=1, min_reader=1)))
def test_headers_come_back(header: Header) -> None:
    """decode(encode(h)) == h, and the key order is that of the format."""
    line = encode_header(header)
    assert decode_header(line) == header
    assert list(json.loads(line)) == [*Header.__struct_fields__, "crc"]


@pytest.mark.parametrize(
    "body, words",
    [
        (b'{"n":1,"n":1,"t":2,"kind":"ws.abort","conn":"w","error":"x"}', "a key stands twice"),
        (
            b'{"n":1,"t":2,"kind":"outcome","of":1,"event":"e","stage":"s","verdict":"accepted","grounding":{"a":1,"a":2}}',
            "twice",
        ),
        (b'{"n":1,"t":2,"kind":"ws.abort","conn":"w","error":"x","new":NaN}', "NaN"),
        (b'{"n":1,"t":2,"kind":"ws.abort","conn":"w","error":"x","new":1e999}', "too large"),
        (b'{"n":1,"t":2,"kind":"x","new":' + b"[" * 70 + b"]" * 70 + b"}", "deeper than 64"),
        (b'{"n":1,"t":2,"kind":"x","new":' + b"[" * 100_000, "deeper than 64"),
        (
            b'{"n":1,"t":2,"kind":"outcome","of":1,"event":"e","stage":"s","verdict":"accepted","budget":{"a":'
            + b"[" * 70
            + b"]" * 70
            + b"}}",
            "deeper than 64",
        ),
        (b'{"n":0,"t":2,"kind":"ws.abort","conn":"w","error":"x"}', "out of range"),
        (b'{"n":1,"t":-2,"kind":"ws.abort","conn":"w","error":"x"}', "out of range"),
        (b'{"n":1,"t":9007199254740992,"kind":"x"}', "out of range"),
        (b'{"n":true,"t":2,"kind":"x"}', "must be integers"),
        (b'{"n":1,"t":"2","kind":"x"}', "must be integers"),
        (b'{"n":1,"t":2,"kind":7}', "wrong fields"),
        (b'{"n":1,"t":2}', "object missing required field `kind`"),
        (b'{"n":1,"t":2,"kind":"ws.abort","conn":"w"}', "missing required field `error`"),
        (b'{"n":1,"t":2,"kind":"ws.abort","conn":"w","error":7}', "expected `str`"),
        (b'{"n":1,"t":2,"kind":"ws.close","conn":"w","by":"jane.roe"}', "a value is not allowed"),
        (b'{"n":1,"t":2,"kind":"ws.abort","conn":"w","error":"\xed\xa0\x80"}', "not UTF-8"),
        (b"[1,2", "not JSON"),
    ],
)
def test_bad_lines_with_a_right_checksum_are_refused(body: bytes, words: str) -> None:
    """A checksum proves nothing of the content: every line is checked, and the error names it without quoting it."""
    with pytest.raises(RecordingFormatError, match=words) as caught:
        decode_entry(line_of(body), path="some.rec.jsonl", number=7)
    assert "some.rec.jsonl:7:" in str(caught.value)
    assert "jane.roe" not in str(caught.value)


@pytest.mark.parametrize(
    "line, words",
    [
        (b'{"n":1,"t":2,"kind":"x"}', "does not end with its checksum"),
        (b'{"n":1,"t":2,"kind":"x","crc":"00000000"}', "does not match its checksum"),
        (b'{"n":1,"t":2,"kind":"x","crc": "00000000"}', "does not end with its checksum"),
        (encode_entry(WsAbort(n=1, t=2, conn="w", error="x")).replace(b"\n", b"\r\n"), "CR LF"),
    ],
)
def test_a_bad_checksum_names_the_way_out(line: bytes, words: str) -> None:
    """The error names the line and `harness seal`."""
    with pytest.raises(RecordingFormatError, match=words) as caught:
        decode_entry(line, number=3)
    assert caught.value.line == 3
    assert "harness seal" in str(caught.value)


def test_a_line_has_a_limit() -> None:
    """A line of 4 MiB is read, one byte more is not."""
    entry = WsMessage(n=1, t=1, conn="w", dir="in", text="")
    room = MAX_LINE + 1 - len(encode_entry(entry))
    fits = msgspec.structs.replace(entry, text="x" * room)
    assert len(encode_entry(fits)) - 1 == MAX_LINE
    assert decode_entry(encode_entry(fits)) == fits
    with pytest.raises(RecordingFormatError, match="longer than 4194304 bytes"):
        decode_entry(encode_entry(msgspec.structs.replace(entry, text="x" * (room + 1))))


def test_unknown_fields_and_other_orders_are_read() -> None:
    """A newer writer may add fields; the order is ours to keep, not to ask for."""
    body = b'{"error":"x","later":{"a":[1]},"kind":"ws.abort","conn":"w","t":2,"n":1}'
    assert decode_entry(line_of(body)) == WsAbort(n=1, t=2, conn="w", error="x")


def test_an_unknown_kind_keeps_its_bytes() -> None:
    """Spelling of numbers and escapes survives a rewrite; with a new n only that changes."""
    line = line_of(b'{"n":4,"t":2,"kind":"later","x":1.0e5,"y":"\\/\\u0041"}')
    entry = decode_entry(line)
    assert isinstance(entry, Unknown)
    assert entry.raw == {"n": 4, "t": 2, "kind": "later", "x": 1e5, "y": "/A"}
    assert encode_entry(entry) == line
    moved = encode_entry(msgspec.structs.replace(entry, n=5))
    assert decode_entry(moved) == Unknown(n=5, t=2, raw={**entry.raw, "n": 5})


def test_an_outcome_with_details_is_read() -> None:
    """Fields of free depth go through the exact reading."""
    entry = OutcomeEntry(n=1, t=1, of=1, event="e", stage="s", verdict="accepted", grounding={"a": [{"b": 1.5}]})
    assert decode_entry(encode_entry(entry)) == entry


@pytest.mark.parametrize(
    "line, words",
    [
        (b"hello\n", "not a mediation recording"),
        (b'{"format":"other"}\n', "not a mediation recording"),
        (b"\xff\n", "not a mediation recording"),
        (b'\xef\xbb\xbf{"format":"mediation-recording"}\n', "byte order mark.*harness seal"),
        (b"[" * 100_000, "not a mediation recording"),
        (b'{"format":"mediation-recording","version":0,"min_reader":0}\n', "must be 1 or more"),
        (b'{"format":"mediation-recording","version":1,"min_reader":1}\n', "checksum"),
        (line_of(b'{"format":"mediation-recording","version":1,"min_reader":1}'), "missing required field `id`"),
    ],
)
def test_bad_headers_are_refused(line: bytes, words: str) -> None:
    """Each with line 1 and its words."""
    with pytest.raises(RecordingFormatError, match=words) as caught:
        decode_header(line)
    assert caught.value.line == 1


def test_a_newer_reader_is_asked_for(header: Callable[..., Header]) -> None:
    """Both versions are named, before anything else of the line is judged."""
    line = b'{"format":"mediation-recording","version":3,"min_reader":2,"other":[]}\n'
    with pytest.raises(UnsupportedVersion) as caught:
        decode_header(line)
    assert (caught.value.needs, caught.value.supports) == (2, 1)


def test_a_newer_version_that_old_readers_may_read_is_read(header: Callable[..., Header]) -> None:
    """Only min_reader decides; fields of later versions are ignored."""
    line = encode_header(header(version=2))
    grown = line_of(line[: line.rindex(b',"crc"')] + b',"later":1}')
    assert decode_header(grown).version == 2


def test_odd_values_in_a_header_survive(header: Callable[..., Header]) -> None:
    """Lone surrogates and integers beyond 64 bits are written and read."""
    odd = header(scenario="\ud800", seed=2**80)
    assert decode_header(encode_header(odd)) == odd


def test_no_kind_is_forgotten() -> None:
    """Every entry class of the module is one the decoder knows."""
    classes = {c for c in vars(kinds).values() if isinstance(c, type) and issubclass(c, kinds.Entry)} - {kinds.Entry}
    assert classes == set(codec._KINDS)


OURS = encode_entry(WsMessage(n=1, t=1, conn="w", dir="in", text="ours"))
ABORT = b'{"n":2,"t":2,"kind":"ws.abort","conn":"w","error":"x"'


@given(st.lists(ENTRIES, min_size=1, max_size=5), st.booleans())
def test_blocks_of_lines_are_read_as_each_line_is(entries: list[AnyEntry], numbered: bool) -> None:
    """Fast or not at all: what comes back is what decode_entry gives for each."""
    if numbered:
        entries = [e if isinstance(e, Unknown) else msgspec.structs.replace(e, n=at) for at, e in enumerate(entries, 7)]
    lines = [encode_entry(entry) for entry in entries]
    found = codec.decode_lines(lines, entries[0].n)
    assert found is None or found == [decode_entry(line) for line in lines] == entries
    assert b"".join(codec.encode_pieces(entries)) == b"".join(lines)


@pytest.mark.parametrize(
    "line",
    [
        line_of(ABORT + b',"error":"x"}'),
        line_of(ABORT + b',"later":1}'),
        line_of(ABORT + b',"by":"peer"}'),
        line_of(ABORT.replace(b'"x"', b'"\\u0078"') + b"}"),
        line_of(ABORT.replace(b'"n":2', b'"n": 2') + b"}"),
        line_of(ABORT.replace(b'"t":2', b'"t":-2') + b"}"),
        line_of(ABORT.replace(b'"n":2', b'"n":3') + b"}"),
        line_of(b"[" + ABORT + b"}]"),
        line_of(ABORT + b"}{" + ABORT[1:] + b"}"),
        line_of(
            b'{"n":2,"t":2,"kind":"outcome","of":1,"event":"e","stage":"s","verdict":"accepted","budget":{"a":1.5}}'
        ),
        line_of(b'{"n":2,"t":2,"kind":"x.later"}'),
        line_of(ABORT.replace(b'"x"', b'"' + b"x" * (1 << 17) + b'"') + b"}"),
        closed(ABORT).replace(b"w", b"v"),
        b"short\n",
    ],
)
def test_odd_lines_get_the_closer_look(line: bytes) -> None:
    """Second keys, unknown fields, odd spellings, other numbers, wrong checksums: a block with one is not taken fast."""
    assert codec.decode_lines([OURS, closed(ABORT)], 1) is not None
    assert codec.decode_lines([OURS, line], 1) is None


def test_values_cannot_reach_over_lines() -> None:
    """As many objects as lines, but not one on each."""
    first, second = line_of(b'{"n":1,"a":{'), closed(b',"t":1}{"n":2')
    assert codec.decode_lines([first, second], 1) is None


def test_printed_entries_show_their_place_only() -> None:
    """The repr of an entry, of known kind or not, holds nothing of what crossed the wire."""
    message = WsMessage(n=7, t=12, conn="w1", dir="in", text="call 628-232-7719")
    assert repr(message) == "WsMessage(n=7, t=12)"
    assert repr([Unknown(n=8, t=13, raw={"text": "call 628-232-7719"})]) == "[Unknown(n=8, t=13)]"
