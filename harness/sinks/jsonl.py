"""A sink that appends one JSON line per outcome; whole lines only, however the process ends."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness.errors import SinkError
from harness.sinks.base import Parcel

__all__ = ["JsonlSink", "append_bytes", "append_line"]


def append_line(fd: int, value: Any) -> None:
    """Write one JSON line with as few system calls as it takes.

    Raises:
        OSError: it could not be written whole; what was written of it is taken back.
    """
    append_bytes(
        fd, (json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8", "backslashreplace")
    )


def append_bytes(fd: int, data: bytes) -> None:
    """The same for a line that is bytes already.

    Raises:
        OSError: it could not be written whole; what was written of it is taken back.
    """
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(fd, view) :]
    except OSError:
        if len(view) < len(data):
            os.ftruncate(fd, os.fstat(fd).st_size - (len(data) - len(view)))
        raise


class JsonlSink:
    """Appends to a file, mode 0600.

    Args:
        path: the file; its folder must exist.
        name: how the audit log and the outbox call it.
    """

    def __init__(self, path: Path, *, name: str = "jsonl") -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.name = name

    async def deliver(self, parcel: Parcel) -> None:
        """Append the line."""
        try:
            append_line(self._fd, parcel.body)
        except OSError as error:
            raise SinkError(parcel.key, f"the file refused the line ({error.strerror})") from None

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
