"""Bodies as the recording holds them: decoded, whatever coding they travelled in.

1. ``gzip`` and ``deflate`` (RFC 9110, 8.4.1; raw deflate too, as some servers send it) are undone piece by piece, so that
   every piece keeps its time. The header that named the coding stays in the recording.
2. What cannot be undone (another coding, damaged data, more than ``limit``) is handed on as it came.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

__all__ = ["MAX_DECODED", "BodyDecoder", "content_coding"]

MAX_DECODED = 8 * 1024 * 1024
"""A body that grows beyond this is not decoded any further; clients read no more either."""


def content_coding(headers: Iterable[tuple[str, str]]) -> str:
    """The coding a message's headers name, '' for none; names are in lower case."""
    return ", ".join(value.strip().lower() for name, value in headers if name == "content-encoding")


class BodyDecoder:
    """Undoes the coding of one body.

    Args:
        coding: the value of ``content-encoding``.
        limit: decoded bytes at most.
    """

    def __init__(self, coding: str, limit: int = MAX_DECODED) -> None:
        self._left = limit
        self._begun = False
        self._inflate: zlib._Decompress | None = None
        if coding in ("gzip", "x-gzip"):
            self._inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)
        elif coding == "deflate":
            self._inflate = zlib.decompressobj()

    def feed(self, data: bytes) -> bytes:
        """What ``data`` says, as far as it can be said yet."""
        if self._inflate is None or not data:
            return data
        try:
            return self._inflated(data)
        except zlib.error:
            if self._begun:
                return self._given_up(data)
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            return self._inflated(data)
        except zlib.error:
            return self._given_up(data)

    def _inflated(self, data: bytes) -> bytes:
        assert self._inflate is not None
        text = self._inflate.decompress(data, self._left + 1)
        self._begun = True
        if len(text) > self._left:
            return self._given_up(data)
        self._left -= len(text)
        return text

    def _given_up(self, data: bytes) -> bytes:
        self._inflate = None
        return data
