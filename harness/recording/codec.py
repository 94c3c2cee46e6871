"""One header or entry <-> one line. ``FORMAT.md`` beside this file is the specification.

1. Key order is fixed: ``n``, ``t``, ``kind``, the fields as ``entry.py`` lists them, ``crc`` last.
2. ``crc`` is the CRC-32 of the line's bytes before ``,"crc"``, 8 lower-case hex digits.
3. Unknown fields are ignored. An unknown kind keeps its bytes, so that a rewrite gives them back.
4. A line in the form this module writes is accepted fast: decoded, encoded again, and as long as before. No other
   spelling of the same fields is as short, so that a second key, an unknown field or an odd escape shows. Every other
   line is read once more by ``strict.py``, which finds duplicate keys and the like or accepts it.
5. No error holds anything of the line but its number.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Union, get_args

import msgspec

from harness.errors import RecordingFormatError, UnsupportedVersion
from harness.recording.entry import FORMAT, VERSION, AnyEntry, Entry, Header, OutcomeEntry, Unknown
from harness.recording.strict import MAX_DEPTH, MAX_VALUES, StrictError, crowded, dump, strict_object

__all__ = [
    "MAX_LINE",
    "SEAL_HINT",
    "closed",
    "decode_entry",
    "decode_header",
    "decode_lines",
    "encode_entry",
    "encode_header",
    "encode_pieces",
    "header_hint",
    "kind_of",
    "open_body",
]

MAX_LINE = 4 * 1024 * 1024
"""Bytes of a line, its newline not counted."""

MAX_NUMBER = 2**53 - 1
"""Largest ``n`` and ``t``: every JSON reader holds it exactly (RFC 8259, section 6)."""

SEAL_HINT = "if the change was made by hand, `harness seal FILE` repairs it"

_KINDS: dict[type[Entry], str] = {
    kind: kind.__struct_config__.tag for kind in get_args(AnyEntry) if kind is not Unknown
}
_NAMES = frozenset(_KINDS.values())
_PREFIXES: dict[type, bytes] = {kind: b'{"n":%%d,"t":%%d,"kind":"%b"' % name.encode() for kind, name in _KINDS.items()}

_Known: Any = Union[tuple(_KINDS)]  # noqa: UP007 - built from the list of kinds, so that none can be forgotten
_ENCODER = msgspec.json.Encoder()
_DECODER: msgspec.json.Decoder[Entry] = msgspec.json.Decoder(_Known)
_HEADERS = msgspec.json.Decoder(Header)

_TRAILER = re.compile(rb',"crc":"[0-9a-f]{8}"\}\n\Z')
_TRAILER_FORM = b',"crc":"%08x"}\n'
_TRAILER_LENGTH = len(_TRAILER_FORM % 0)
_FAST_LINE = 1 << 17
"""Bytes of a line that is not worth a second thought; a longer one may be long or crowded on purpose."""
_CRC_LENGTH = _TRAILER_LENGTH - len("}\n")
_WHERE = re.compile(r"(Expected `[a-z]+`|Object missing required field `[a-z_]+`)")


class _Kept(dict[str, Any]):
    """The object of an unknown kind together with the bytes it was read from."""

    body: bytes = b""


class _Claim(msgspec.Struct):
    """What a header says of itself, readable for every version to come."""

    format: str = ""
    version: int = 0
    min_reader: int = 0


def encode_header(header: Header) -> bytes:
    """The first line, newline included."""
    return closed(_header_body(header))


def encode_entry(entry: AnyEntry) -> bytes:
    """One line, newline included."""
    try:  # open_body for what is plain, without the call
        encoded = _ENCODER.encode(entry)
        prefix = _PREFIXES[type(entry)] % (entry.n, entry.t)
        body = prefix + encoded[len(prefix) : -1]
    except (KeyError, UnicodeEncodeError, OverflowError):
        body = open_body(entry)
    return body + _TRAILER_FORM % zlib.crc32(body)


def encode_pieces(entries: Sequence[AnyEntry]) -> list[bytes]:
    """The line of every entry in two pieces, its checksum the second one; faster than one by one."""
    try:
        encoded = _ENCODER.encode_lines(entries).split(b"\n")
        prefixes = [_PREFIXES[type(entry)] % (entry.n, entry.t) for entry in entries]
    except (KeyError, UnicodeEncodeError, OverflowError):  # an unknown kind, or what open_body does by hand
        lines = map(encode_entry, entries)
        return [piece for line in lines for piece in (line[:-_TRAILER_LENGTH], line[-_TRAILER_LENGTH:])]
    # The encoder puts the tag first: same length, other order.
    bodies = [prefix + line[len(prefix) : -1] for prefix, line in zip(prefixes, encoded, strict=False)]
    pieces = [b""] * (2 * len(bodies))
    pieces[::2] = bodies
    pieces[1::2] = [_TRAILER_FORM % crc for crc in map(zlib.crc32, bodies)]
    return pieces


def closed(body: bytes) -> bytes:
    """A line from the bytes of an object without its closing brace: checksum, brace, newline."""
    return body + _TRAILER_FORM % zlib.crc32(body)


def kind_of(entry: AnyEntry) -> str:
    """The entry's ``kind`` as the file has it."""
    return str(entry.raw.get("kind", "")) if isinstance(entry, Unknown) else _KINDS[type(entry)]


def open_body(entry: AnyEntry) -> bytes:
    """The bytes of an entry that its checksum covers: the object without its closing brace."""
    form = _PREFIXES.get(type(entry))
    if form is None:
        assert isinstance(entry, Unknown)
        return _unknown_body(entry)
    try:
        encoded = _ENCODER.encode(entry)
    except (UnicodeEncodeError, OverflowError):  # a lone surrogate or an integer beyond 64 bits
        fields = msgspec.to_builtins(entry)
        return dump({"n": entry.n, "t": entry.t, "kind": kind_of(entry)} | fields)[:-1]
    prefix = form % (entry.n, entry.t)
    return prefix + encoded[len(prefix) : -1]  # the encoder puts the tag first: same length, other order


def decode_header(line: bytes, *, path: Path | str = "recording") -> Header:
    """The header in the first line.

    Raises:
        UnsupportedVersion: the file's ``min_reader`` is newer than this code.
        RecordingFormatError: anything else that is wrong with the line.
    """
    line = _ended(line)
    _check_claim(line, path)
    body = _checked(line, path, 1)
    try:
        header = _HEADERS.decode(line)
        if _header_body(header) == body:
            return header
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        pass
    value = _strict(body, path, 1)
    try:
        return msgspec.convert(value, Header)
    except msgspec.ValidationError as error:
        raise RecordingFormatError(_told(error), path=path, line=1) from None


def decode_entry(line: bytes, *, path: Path | str = "recording", number: int = 0) -> AnyEntry:
    """The entry in a line.

    Args:
        line: the line, with or without its newline.
        path: the file, for errors.
        number: the line's number from 1, for errors.

    Raises:
        RecordingFormatError: bad checksum, not strict JSON, or not what the kind's fields must be.
    """
    line = _ended(line)
    body = _checked(line, path, number)
    entry = _decode_fast(line)
    if entry is None:
        entry = _decode_strict(body, path, number)
    if not (0 < entry.n <= MAX_NUMBER and 0 <= entry.t <= MAX_NUMBER):
        raise RecordingFormatError("n or t is out of range", path=path, line=number)
    return entry


def decode_lines(lines: Sequence[bytes], first: int) -> list[AnyEntry] | None:
    """The entries of lines in our own form, each with its newline; None if one of them needs a closer look.

    They are numbered ``first``, ``first`` + 1 and so on.

    None says nothing of what is wrong, or whether anything is: :func:`decode_entry` does, line by line.
    """
    bodies = [line[:-_TRAILER_LENGTH] for line in lines]
    trailers = (_TRAILER_FORM * len(bodies)) % tuple(map(zlib.crc32, bodies))
    if b"".join([line[-_TRAILER_LENGTH:] for line in lines]) != trailers:
        return None
    # With this no object can reach over two lines, so that as many objects as lines are one on each.
    if {line[:1] for line in lines} != {b"{"} or max(map(len, lines)) > _FAST_LINE:
        return None
    whole = b"".join(lines)
    try:
        entries = _DECODER.decode_lines(whole)
        encoded = _ENCODER.encode_lines(entries)
    except (msgspec.DecodeError, UnicodeError, OverflowError, RecursionError):
        return None
    if len(entries) != len(lines) or len(encoded) != len(whole) - _CRC_LENGTH * len(lines):
        return None
    if [entry.n for entry in entries] != list(range(first, first + len(entries))):
        return None
    times = [entry.t for entry in entries]
    if first < 1 or entries[-1].n > MAX_NUMBER or min(times) < 0 or max(times) > MAX_NUMBER:
        return None
    free = [entry for entry in entries if type(entry) is OutcomeEntry and (entry.grounding or entry.budget)]
    if not all(map(_is_plain, free)):
        return None
    return entries  # type: ignore[return-value]  # the decoder gives kinds of AnyEntry only


def _decode_fast(line: bytes) -> AnyEntry | None:
    """The entry if the line is in our own form, else None."""
    try:
        entry = _DECODER.decode(line)
        encoded = _ENCODER.encode(entry)
    except (msgspec.DecodeError, UnicodeError, OverflowError, RecursionError):
        return None
    if len(encoded) != len(line) - 1 - _CRC_LENGTH or (type(entry) is OutcomeEntry and not _is_plain(entry)):
        return None
    return entry  # type: ignore[return-value]  # the decoder gives kinds of AnyEntry only


def _is_plain(entry: OutcomeEntry) -> bool:
    """True if the fields of free depth have one shortest spelling only (a fraction has several) and are not deep."""
    return all(_is_flat(free, 2) for free in (entry.grounding, entry.budget) if free)


def _is_flat(value: Any, depth: int) -> bool:
    if isinstance(value, dict):
        return depth < MAX_DEPTH and all(_is_flat(one, depth + 1) for one in value.values())
    if isinstance(value, list):
        return depth < MAX_DEPTH and all(_is_flat(one, depth + 1) for one in value)
    return not isinstance(value, float)


def _decode_strict(body: bytes, path: Path | str, number: int) -> AnyEntry:
    value = _strict(body, path, number)
    kind = value.get("kind")
    if isinstance(kind, str) and kind not in _NAMES:
        return _unknown(value, body, path, number)
    try:
        entry: AnyEntry = msgspec.convert(value, _Known)
    except msgspec.ValidationError as error:
        raise RecordingFormatError(_told(error), path=path, line=number) from None
    return entry


def _unknown(value: dict[str, Any], body: bytes, path: Path | str, number: int) -> Unknown:
    n, t = value.get("n"), value.get("t")
    if type(n) is not int or type(t) is not int:
        raise RecordingFormatError("n and t must be integers", path=path, line=number)
    raw = _Kept(value)
    raw.body = body
    return Unknown(n=n, t=t, raw=raw)


def _unknown_body(entry: Unknown) -> bytes:
    raw = entry.raw
    if isinstance(raw, _Kept) and (raw["n"], raw["t"]) == (entry.n, entry.t):
        return raw.body
    return dump({"n": entry.n, "t": entry.t} | {k: v for k, v in raw.items() if k not in ("n", "t")})[:-1]


def _header_body(header: Header) -> bytes:
    try:
        return _ENCODER.encode(header)[:-1]
    except (UnicodeEncodeError, OverflowError):
        return dump(msgspec.to_builtins(header))[:-1]


def _check_claim(line: bytes, path: Path | str) -> None:
    claim = _claim(line)
    if claim.format != FORMAT:
        raise RecordingFormatError("this is not a mediation recording", path=path, line=1, fix=header_hint(line))
    if claim.min_reader > VERSION:
        raise UnsupportedVersion(path=path, needs=claim.min_reader, supports=VERSION)
    if claim.version < 1:
        raise RecordingFormatError("the format's version must be 1 or more", path=path, line=1)


def _claim(line: bytes) -> _Claim:
    try:
        return msgspec.json.decode(line, type=_Claim)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        pass
    try:  # a lone surrogate or a large integer in some field stops the fast decoder, not this one
        return msgspec.convert(strict_object(line), _Claim)
    except (msgspec.ValidationError, StrictError):
        return _Claim()


def header_hint(line: bytes) -> str:
    """What the first line should have been, for who sees one that is no header."""
    if line.startswith(b"\xef\xbb\xbf"):
        return f"it starts with a byte order mark; {SEAL_HINT}"
    return f'the first line must be a header with "format":"{FORMAT}"'


def _ended(line: bytes) -> bytes:
    return line if line.endswith(b"\n") else line + b"\n"


def _checked(line: bytes, path: Path | str, number: int) -> bytes:
    """``line`` up to its checksum, which is verified."""
    body = line[:-_TRAILER_LENGTH]
    if line.endswith(_TRAILER_FORM % zlib.crc32(body)) and len(line) <= MAX_LINE + 1:
        if crowded(line):
            raise RecordingFormatError(f"the line holds more than {MAX_VALUES} values", path=path, line=number)
        return body
    raise RecordingFormatError(_checksum_fault(line), path=path, line=number, fix=SEAL_HINT)


def _checksum_fault(line: bytes) -> str:
    if len(line) > MAX_LINE + 1:
        return f"the line is longer than {MAX_LINE} bytes"
    if line.endswith(b"\r\n"):
        return "the line ends in CR LF"
    if not _TRAILER.search(line, max(0, len(line) - _TRAILER_LENGTH)):
        return "the line does not end with its checksum"
    return "the line does not match its checksum"


def _strict(body: bytes, path: Path | str, number: int) -> dict[str, Any]:
    try:
        return strict_object(body + b"}")
    except StrictError as error:
        raise RecordingFormatError(str(error), path=path, line=number) from None


def _told(error: msgspec.ValidationError) -> str:
    """The fault without the value it is about: messages of the decoder may quote one."""
    found = _WHERE.search(str(error))
    return f"wrong fields: {found[1][0].lower()}{found[1][1:]}" if found else "wrong fields: a value is not allowed"
