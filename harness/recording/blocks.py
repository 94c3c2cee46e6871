"""Lines of a file in blocks, in bounded memory.

1. A line is bytes up to and with its newline; the last one may have none.
2. A line longer than the limit is given cut at the limit, without a newline, and ends the reading.
3. No more than a block and the beginning of one line is held.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

__all__ = ["BLOCK", "blocks"]

BLOCK = 1 << 16
"""Bytes read at a time: what a pipe holds on Linux (pipe(7))."""


def blocks(file: BinaryIO, limit: int) -> Iterator[list[bytes]]:
    """The lines of ``file`` from where it stands, in lists that are never empty.

    Args:
        file: binary; a pipe is read as far as it goes.
        limit: longest line in bytes, its newline counted.
    """
    read = getattr(file, "read1", file.read)
    rest: list[bytes] = []
    held = 0
    while data := read(BLOCK):
        head, newline, tail = data.rpartition(b"\n")
        if not newline:
            rest.append(data)
            held += len(data)
        else:
            whole = b"".join([*rest, head, newline])
            # splitlines is the fastest, but ends lines at a carriage return too
            lines = whole.splitlines(True) if b"\r" not in whole else [*map(_ended, whole[:-1].split(b"\n"))]
            if max(map(len, lines)) > limit:
                yield _until_too_long(lines, limit)
                return
            yield lines
            rest, held = [tail] if tail else [], len(tail)
        if held > limit:
            break
    if rest:
        yield [b"".join(rest)[:limit]]


def _ended(line: bytes) -> bytes:
    return line + b"\n"


def _until_too_long(lines: list[bytes], limit: int) -> list[bytes]:
    found = next(at for at, line in enumerate(lines) if len(line) > limit)
    return [*lines[:found], lines[found][:limit]]
