"""Files in memory that hold frames."""

from __future__ import annotations

import os
from typing import Any

import pytest

from harness.wire.frame_files import LEAST_BYTES, FrameFiles

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="files in memory are Linux's")


def big() -> tuple[tuple[int, bytes], ...]:
    return ((0, b"a" * LEAST_BYTES), (1, b"bc"))


def test_the_second_time() -> None:
    """Frames written once have no file; from the second time on it is the same, and it holds all of them."""
    files, chunks = FrameFiles(), big()
    assert files.of(chunks) is None
    file = files.of(chunks)
    assert file is not None
    assert files.of(chunks) == file
    assert os.pread(file, LEAST_BYTES + 9, 0) == b"a" * LEAST_BYTES + b"bc"
    other = big()
    assert files.of(other) is None
    files.close()
    with pytest.raises(OSError, match="file descriptor"):
        os.fstat(file)


@pytest.mark.parametrize("chunks", [((0, b"a" * 2 * LEAST_BYTES),), ((0, b"a"), (1, b"b"))])
def test_not_for_a_little(chunks: Any) -> None:
    """One chunk, or a few bytes, are written as ever."""
    files = FrameFiles()
    assert [files.of(chunks) for _ in range(3)] == [None] * 3
    files.close()


@pytest.mark.parametrize("name", ["memfd_create", "dup"])
def test_a_system_without_memory_for_it(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Then there is no file, and nothing is left open."""
    made: list[int] = []
    create = os.memfd_create

    def refuse(*_: Any) -> int:
        raise OSError("no")

    def remember(*arguments: Any) -> int:
        made.append(create(*arguments))
        return made[-1]

    monkeypatch.setattr(os, "memfd_create", remember)
    monkeypatch.setattr(os, name, refuse)
    files, chunks = FrameFiles(), big()
    assert [files.of(chunks) for _ in range(3)] == [None] * 3
    for file in made:
        with pytest.raises(OSError, match="file descriptor"):
            os.fstat(file)
    files.close()
