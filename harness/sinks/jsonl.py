"""A sink that appends one JSON line per outcome; whole lines only, however the process ends."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness.errors import SinkError
from harness.pipeline.outcome import Outcome
from harness.sinks.base import delivery, idempotency_key

__all__ = ["JsonlSink", "append_line"]


def append_line(fd: int, value: Any) -> None:
    """Write one JSON line with as few system calls as it takes.

    Raises:
        OSError: it could not be written whole; what was written of it is taken back.
    """
    data = (json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8", "backslashreplace")
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
        body: what of an outcome is written; the delivery unless another is given.
    """

    def __init__(self, path: Path, *, body: Callable[[Outcome], dict[str, Any]] = delivery) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._body = body

    async def deliver(self, outcome: Outcome) -> None:
        """Append the line."""
        try:
            append_line(self._fd, self._body(outcome))
        except OSError as error:
            raise SinkError(idempotency_key(outcome), f"the file refused the line ({error.strerror})") from None

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
