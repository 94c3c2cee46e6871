"""WebSocket frames out of relayed bytes (RFC 6455, and permessage-deflate of RFC 7692). Pure.

1. Whatever pieces the bytes come in, the same frames come out, in order, as soon as their last byte is there.
2. Control frames may stand between the fragments of a message; every other order is an error.
3. Memory is bounded: a message that grows beyond ``limit``, compressed or not, is an error, and so is one of more
   fragments than :func:`most_fragments`, however empty they are. After an error nothing more is read: the bytes go on to
   the far side, whose business it is.
4. The window of the far side's compressor is never larger than ours, so no parameter of the negotiation is needed.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

try:  # websockets brings a fast one where it was built
    from websockets.speedups import apply_mask
except ImportError:  # pragma: no cover
    from websockets.utils import apply_mask

__all__ = ["MAX_MESSAGE", "Frame", "FrameError", "FrameReader", "most_fragments"]

MAX_MESSAGE = 16 * 1024 * 1024
_LEAST_PIECE = 64
"""Bytes of the smallest fragments a whole message of the largest size may be cut into (Autobahn's cases 9.3.1, 9.4.1)."""

_TAIL = b"\x00\x00\xff\xff"
_WHOLE = frozenset({0x81, 0x82})
"""First bytes of a text and of a binary message in one frame, not compressed."""

_KNOWN = frozenset({0x0, 0x1, 0x2, 0x8, 0x9, 0xA})


Frame = tuple[int, bool, bytes]
"""Opcode, FIN, and the payload unmasked and decompressed; a plain tuple, for there are many."""


def most_fragments(limit: int) -> int:
    """How many fragments a message may have where messages may have ``limit`` bytes."""
    return 1024 + limit // _LEAST_PIECE


class FrameError(Exception):
    """The bytes are not frames, or a message is too large to be kept; ``code`` is what RFC 6455, 7.4.1 closes with."""

    def __init__(self, message: str, code: int = 1002) -> None:
        super().__init__(message)
        self.code = code


class FrameReader:
    """Reads one direction of a connection.

    Args:
        deflate: True if permessage-deflate was negotiated.
        limit: largest message, bytes.
    """

    def __init__(self, *, deflate: bool = False, limit: int = MAX_MESSAGE) -> None:
        self._deflate = deflate
        self._limit = limit
        self._most = most_fragments(limit)
        self._fragments = 0
        self._inflater: Any = None
        self._inflating = False
        self._open = False
        self._message = 0
        self._waiting: list[bytes] = []
        self._have = 0
        self._need = 2

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that end within ``data``.

        Raises:
            FrameError: see rule 3.
        """
        if self._waiting:
            self._waiting.append(data)
            self._have += len(data)
            if self._have < self._need:
                return
            data = b"".join(self._waiting)
            self._waiting.clear()
        at, size = 0, len(data)
        head = None
        while size - at >= 2:
            first, length = data[at], data[at + 1]
            if length < 126:  # the two most frequent heads, without a call: unmasked, up to 64 KiB
                head = at + 2, at + 2 + length
            elif length == 126 and size - at >= 4:
                head = at + 4, at + 4 + (data[at + 2] << 8 | data[at + 3])
            else:
                head = self._head(data, at, size)
                if head is None:
                    break
            start, end = head
            if size < end:
                break
            payload = data[start:end]
            if length & 0x80 and payload:
                payload = apply_mask(payload, data[start - 4 : start])
            at, head = end, None
            if first in _WHOLE and not self._open:
                yield first & 0x0F, True, payload
            else:
                yield self._frame(first, payload)
        if at < size:
            self._waiting.append(data[at:])
        self._have = size - at
        self._need = size - at + 1 if head is None else head[1] - at

    def _head(self, data: bytes, at: int, size: int) -> tuple[int, int] | None:
        """(start, end) of the payload of the frame at ``at``, None while its head is incomplete."""
        if size - at < 2:
            return None
        second = data[at + 1]
        length, start = second & 0x7F, at + 2
        if length == 126:
            start += 2
        elif length == 127:
            start += 8
        if second & 0x80:
            start += 4
        if size < start:
            return None
        if length > 125:
            length = int.from_bytes(data[at + 2 : at + (4 if length == 126 else 10)], "big")
        if length > self._limit:
            raise FrameError("a frame is larger than the limit", 1009)
        return start, start + length

    def _frame(self, first: int, payload: bytes) -> Frame:
        opcode, fin, reserved = first & 0x0F, first >= 0x80, first & 0x70
        if opcode not in _KNOWN or reserved & 0x30:
            raise FrameError("reserved bits or an unknown opcode")
        if opcode >= 0x8:
            if reserved or not fin:
                raise FrameError("a control frame in pieces")
            return opcode, fin, payload
        if (opcode == 0) != self._open or (reserved and (opcode == 0 or not self._deflate)):
            raise FrameError("fragments out of order, or compression nobody asked for")
        if opcode:
            self._message, self._fragments, self._inflating = 0, 0, bool(reserved)
        self._open = not fin
        if self._inflating:
            payload = self._inflated(payload, fin)
        self._message += len(payload)
        self._fragments += 1
        if self._message > self._limit:
            raise FrameError("a message is larger than the limit", 1009)
        if self._fragments > self._most:
            raise FrameError("a message has more fragments than the limit", 1009)
        return opcode, fin, payload

    def _inflated(self, payload: bytes, fin: bool) -> bytes:
        if self._inflater is None or self._inflater.eof:
            self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            return bytes(self._inflater.decompress(payload + _TAIL if fin else payload, self._limit + 1))
        except zlib.error:
            raise FrameError("damaged compression") from None
