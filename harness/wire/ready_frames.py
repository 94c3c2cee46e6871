"""WebSocket frames of a server as bytes (RFC 6455 5.2). Pure: a server's frames carry no mask, so a message is always
the same bytes, whoever receives it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence

__all__ = [
    "BINARY",
    "CHUNK_BYTES",
    "CLOSE",
    "CONTINUATION",
    "PING",
    "PONG",
    "TEXT",
    "chunks",
    "cut",
    "fragmented",
    "frame",
    "left_of",
    "message",
]

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_FIN = 0x80

CHUNK_BYTES = 64 << 10
"""How much is handed to a transport at once: one full socket buffer, not more."""


def frame(opcode: int, payload: bytes, *, fin: bool = True) -> bytes:
    """One frame."""
    first = (_FIN if fin else 0) | opcode
    size = len(payload)
    if size < 126:
        return bytes((first, size)) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", first, 126, size) + payload
    return struct.pack("!BBQ", first, 127, size) + payload


def message(data: str | bytes) -> bytes:
    """A message in one frame: a str as text, bytes as binary."""
    return frame(TEXT, _encoded(data)) if isinstance(data, str) else frame(BINARY, data)


def cut(data: str | bytes, sizes: Sequence[int]) -> list[bytes]:
    """The payload of a message in pieces of these many bytes; what is left over is one more."""
    payload = _encoded(data)
    pieces: list[bytes] = []
    at = 0
    for size in sizes:
        pieces.append(payload[at : at + size])
        at += size
    if at < len(payload) or not pieces:
        pieces.append(payload[at:])
    return pieces


def fragmented(data: str | bytes, sizes: Sequence[int]) -> list[bytes]:
    """A message in fragments of these many bytes; what is left over goes into one more."""
    pieces = cut(data, sizes)
    first = TEXT if isinstance(data, str) else BINARY
    last = len(pieces) - 1
    return [frame(CONTINUATION if i else first, piece, fin=i == last) for i, piece in enumerate(pieces)]


def chunks(frames: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """The frames joined into pieces of at most CHUNK_BYTES that end where a frame ends, and how many each holds."""
    held: list[bytes] = []
    size = 0
    for one in frames:
        if held and size + len(one) > CHUNK_BYTES:
            yield len(held), b"".join(held)
            held, size = [], 0
        held.append(one)
        size += len(one)
    if held:
        yield len(held), b"".join(held)


def left_of(chunks: Sequence[tuple[int, bytes]], gone: int) -> Iterator[tuple[int, bytes]]:
    """The chunks (each with a number of its own) behind the first ``gone`` bytes of all; one may be cut."""
    for number, chunk in chunks:
        if gone < len(chunk):
            yield number, chunk[gone:] if gone else chunk
        gone = max(0, gone - len(chunk))


def _encoded(data: str | bytes) -> bytes:
    return data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
