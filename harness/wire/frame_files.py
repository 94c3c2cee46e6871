"""Frames many clients are sent, in files in memory: the kernel sends them from there without copying (sendfile(2)).

1. A file is made when the same frames are written for the second time: for one client the copy would cost more.
2. Only from ``LEAST_BYTES`` on, and only where the system has memory files (Linux); elsewhere there is none, and the
   frames are written as ever.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

__all__ = ["LEAST_BYTES", "FrameFiles"]

LEAST_BYTES = 128 << 10
"""Below two chunks a write is as cheap."""

Chunks = Sequence[tuple[int, bytes]]


class FrameFiles:
    """The files of one service; :meth:`close` them."""

    def __init__(self) -> None:
        self._files: dict[int, tuple[Chunks, int | None]] = {}

    def of(self, chunks: Chunks) -> int | None:
        """The file that holds ``chunks`` (told by identity) one behind the other; None where there is none."""
        if len(chunks) < 2 or not hasattr(os, "memfd_create"):
            return None
        found = self._files.get(id(chunks))
        if found is None:
            self._files[id(chunks)] = (chunks, None)  # kept, so that its identity stays its own
            return None
        if found[1] is None and sum(len(chunk) for _, chunk in chunks) >= LEAST_BYTES:
            self._files[id(chunks)] = found = (chunks, _file_of(chunks))
        return found[1]

    def close(self) -> None:
        """Give the memory back."""
        for _, file in self._files.values():
            if file is not None:
                os.close(file)
        self._files.clear()


def _file_of(chunks: Chunks) -> int | None:
    try:
        file = os.memfd_create("frames", os.MFD_CLOEXEC)
    except OSError:
        return None
    try:
        with os.fdopen(os.dup(file), "wb") as writer:
            writer.writelines(chunk for _, chunk in chunks)
    except OSError:  # no memory for it
        os.close(file)
        return None
    return file
