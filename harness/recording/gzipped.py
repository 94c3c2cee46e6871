"""Recordings compressed at sealing (``*.rec.jsonl.gz``): written once, read with caps against bombs.

1. Compression is told by the first two bytes, never by the name.
2. One gzip member, nothing behind it. What cannot be unpacked is a :class:`RecordingFormatError`; a stream that is cut
   off ends as a file does that is cut off.
3. Memory is bounded: at most one chunk is unpacked at a time. Output is capped by :data:`MAX_BYTES`, and beyond
   :data:`FREE_BYTES` by :data:`MAX_RATIO` times what was read: every entry has its own time, number and checksum, so
   that no recording comes near it.
4. The same input gives the same bytes: no time and no name are stored.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from harness.errors import RecordingFormatError

__all__ = ["FREE_BYTES", "GZ", "MAX_BYTES", "MAX_RATIO", "packed", "unpacked"]

GZ = ".gz"
"""What the name of a compressed recording ends in."""

MAX_BYTES = 1 << 30
"""Most that one file may unpack to."""

FREE_BYTES = 1 << 23
"""What may be unpacked whatever the ratio."""

MAX_RATIO = 200
"""Bytes out for a byte in; deflate itself reaches 1032."""

_MAGIC = b"\x1f\x8b"
_WINDOW = 16 + zlib.MAX_WBITS  # 16 = a gzip header and trailer, RFC 1952
_CHUNK = 1 << 16
_BITE = 1 << 12
_STEP = 1 << 14
_RECOVER = "`harness recover` keeps what can still be read"
_HINT = "unpack it with a tool you trust and look at what it holds"


def unpacked(file: BinaryIO, path: Path | str) -> BinaryIO:
    """``file``, or what it unpacks to if it is compressed.

    Args:
        file: buffered, at its start.
        path: its name, for errors.
    """
    if cast(io.BufferedReader, file).peek(2)[:2] != _MAGIC:
        return file
    return io.BufferedReader(_Unpacking(file, path), _CHUNK)


def packed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The gzip member that holds ``pieces``, piece by piece."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, _WINDOW)
    for piece in pieces:
        if data := deflate.compress(piece):
            yield data
    yield deflate.flush()


class _Unpacking(io.RawIOBase):
    """Unpacks as it is read; can be set back to its start, and lends the lock of the file below."""

    def __init__(self, file: BinaryIO, path: Path | str) -> None:
        self._file = file
        self._path = path
        self._begin()

    def _begin(self) -> None:
        self._inflate = zlib.decompressobj(_WINDOW)
        self._read = self._given = 0
        self._fault: RecordingFormatError | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._file.fileno()

    def tell(self) -> int:
        return self._given

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """To the start only."""
        if (offset, whence) != (0, io.SEEK_SET):
            raise io.UnsupportedOperation("a compressed recording is read from its start")
        self._file.seek(0)
        self._begin()
        return 0

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()

    def readinto(self, buffer: Any) -> int:
        """All that stands before damage is given before the error is raised."""
        if self._fault is not None:
            raise self._fault
        data = self._some(min(_STEP, len(buffer)))
        buffer[: len(data)] = data
        self._count(len(data))
        return len(data)

    def _count(self, size: int) -> None:
        self._given += size
        allowed = min(MAX_BYTES, max(FREE_BYTES, MAX_RATIO * (self._read - len(self._inflate.unconsumed_tail))))
        if self._given > allowed:
            raise RecordingFormatError("it unpacks to more than is allowed", path=self._path, fix=_HINT)

    def _some(self, most: int) -> bytes:
        """Up to ``most`` bytes, b"" at the end."""
        while not self._inflate.eof:
            bite = self._inflate.unconsumed_tail or self._bite()
            before = self._inflate.copy()
            try:
                data = self._inflate.decompress(bite, most)
            except zlib.error:
                self._fault = RecordingFormatError("the compressed data is damaged", path=self._path, fix=_RECOVER)
                data = _up_to_damage(before, bite)
                if not data:
                    raise self._fault from None
            if data or not bite:
                return data
        if self._inflate.unused_data or self._bite():
            raise RecordingFormatError("something follows the compressed data", path=self._path, fix=_RECOVER)
        return b""

    def _bite(self) -> bytes:
        data = self._file.read(_BITE)
        self._read += len(data)
        return data


def _up_to_damage(inflate: Any, bite: bytes) -> bytes:
    """What ``bite`` gives before it is damaged, byte by byte; the last one may be lost."""
    data = bytearray()
    try:
        while piece := inflate.decompress(bite, 1):
            data += piece
            bite = inflate.unconsumed_tail
    except zlib.error:
        pass
    return bytes(data)
