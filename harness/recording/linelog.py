"""A file that only grows by whole writes, and how it gets its name.

1. Created exclusively, mode 0600, locked with ``flock`` while it is open.
2. A write that fails leaves the file at the last whole one.
3. With ``each`` every write is on the disk when it returns, otherwise in the hands of the system.
4. The final name is given by a hard link, never over a file that exists; then the mode the umask allows.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from pathlib import Path

from harness.errors import RecordingWriteError

__all__ = ["LineLog", "publish", "refused"]

_HASHED_AT_ONCE = 1 << 16
"""Bytes; one long update costs less than many short ones."""


class LineLog:
    """A file that only grows by whole writes, with the SHA-256 of all its bytes.

    Args:
        path: must not exist.
        each: sync after every write.

    Raises:
        RecordingWriteError: it exists or cannot be made.
    """

    stuck: RecordingWriteError | None = None
    """Why what was taken is not on the file yet; None here, where nothing waits."""

    def __init__(self, path: Path, *, each: bool = False) -> None:
        self.path = path
        self.size = 0
        self.acknowledged = 0
        """Entries that are as safe as this log makes them."""
        self._each = each
        self._sha = hashlib.sha256()
        self._unhashed = bytearray()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        try:
            self._fd = os.open(path, flags, 0o600)
        except (OSError, ValueError) as error:
            raise refused(path, error) from None
        _lock(self._fd)

    @property
    def sha256(self) -> str:
        """Hex digest of everything written so far."""
        self._hash()
        return self._sha.hexdigest()

    @property
    def closed(self) -> bool:
        return self._fd < 0

    def write(self, data: bytes, entries: int = 0) -> None:
        """Append all of ``data``, which holds so many ``entries``, or nothing of it."""
        if self._fd < 0:
            raise RecordingWriteError("the recording is closed", path=self.path)
        try:
            done = os.write(self._fd, data)
            if done < len(data):
                _write_rest(self._fd, data, done)
            if self._each:
                os.fdatasync(self._fd)
        except OSError as error:
            self._back_to_good()
            raise _failed(self.path, error) from None
        self.size += len(data)
        self.acknowledged += entries
        self._unhashed += data
        if len(self._unhashed) >= _HASHED_AT_ONCE:
            self._hash()

    def sync_data(self) -> None:
        """Return when the disk has every byte; its times and name may still be on their way."""
        try:
            os.fdatasync(self._fd)
        except OSError as error:
            raise _failed(self.path, error) from None

    def write_last(self, data: bytes) -> None:
        """Write ``data``, after which nothing comes."""
        self.write(data)

    def sync(self) -> None:
        """Return when the disk has everything."""
        try:
            os.fsync(self._fd)
        except OSError as error:
            raise _failed(self.path, error) from None

    def chmod(self, mode: int) -> None:
        os.fchmod(self._fd, mode)

    def close(self) -> None:
        """Close the file and give up its lock; a second call does nothing."""
        self._close_file()

    def _close_file(self) -> None:
        if not self.closed:
            os.close(self._fd)
            self._fd = -1

    def _hash(self) -> None:
        self._sha.update(self._unhashed)
        self._unhashed.clear()

    def _back_to_good(self) -> None:
        try:
            if os.fstat(self._fd).st_size > self.size:
                os.ftruncate(self._fd, self.size)
        except OSError:  # its tail is torn now: nothing may follow it
            self._close_file()


def publish(log: LineLog, path: Path) -> None:
    """Give the synced file its name and close it.

    Raises:
        RecordingWriteError: ``path`` exists, or the disk failed; the file keeps the name it had.
    """
    try:
        log.chmod(_mode_for_new_files(log.path))
        _link(log.path, path)
        log.path.unlink(missing_ok=True)
        _sync_folder(path.parent)
    except OSError as error:
        raise refused(path, error) from None
    finally:
        log.close()


def refused(path: Path, error: Exception) -> RecordingWriteError:
    """The error for a file that could not be made under ``path``."""
    if isinstance(error, FileExistsError):
        return _exists(path)
    if isinstance(error, FileNotFoundError):
        return RecordingWriteError("its folder does not exist", path=path, fix="make the folder first")
    return _failed(path, error)


def _exists(path: Path) -> RecordingWriteError:
    if path.suffix != ".part":
        fix = "choose another name or move the file away; recordings are never overwritten"
        return RecordingWriteError("it exists already", path=path, fix=fix)
    if _locked(path):
        return RecordingWriteError("another process is writing it", path=path, fix="choose another name")
    fix = "`harness seal` on it keeps what it holds; or move it away"
    return RecordingWriteError("an interrupted recording lies there", path=path, fix=fix)


def _failed(path: Path, error: Exception) -> RecordingWriteError:
    number = (isinstance(error, OSError) and error.errno) or 0
    words = os.strerror(number) if number else "not a usable file name"
    fix = "check the disk and permissions"
    return RecordingWriteError(f"it could not be written: {words}", path=path, errno=number, fix=fix)


def _write_rest(fd: int, data: bytes, done: int) -> None:
    while done < len(data):
        done += os.write(fd, memoryview(data)[done:])


def _lock(fd: int) -> None:
    # Some network file systems have no locks; exclusive creation has made the file ours already.
    with contextlib.suppress(OSError):
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _locked(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _mode_for_new_files(beside: Path) -> int:
    """What the umask leaves of 0666; asked of a throw-away file, for the umask itself is the whole process's."""
    probe = beside.with_name(beside.name + ".mode")
    fd = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        return os.fstat(fd).st_mode & 0o777
    finally:
        os.close(fd)
        probe.unlink()


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # no hard links here: hold the name with an empty file of our own, then move over that
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        try:
            source.replace(target)
        except OSError:
            target.unlink()
            raise


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
