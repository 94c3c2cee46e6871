"""A corpus cut into shards, and what is known of each on the disk: what makes a run resumable.

1. A recording belongs to a shard by the hash of its name and bytes; how many shards there are follows from how many recordings.
   Neither depends on the number of workers.
2. ``plan.json`` says what is run and under what: files, labels, rules, judges, speed, tool. A run is gone on with only where
   nothing of that differs.
3. ``N.jsonl`` is a finished shard: a line for each recording, and one at the end. It appears whole or not at all, and is
   all that a resumed run believes.
4. ``N.at`` names the process that is at the shard and the recording it is at; ``N.crash`` is what Python could say when
   that process died. Neither holds text of a conversation.
5. One run at a time holds the folder.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from harness.errors import ConfigError, RecordingNotFound, RecordingWriteError
from harness.report.labels import labels_path
from harness.report.write import write_atomically

__all__ = ["FOLDER", "QUARANTINED", "Plan", "Shards", "Standing", "Torn"]

FOLDER = "shards"
"""Where a run's shards are, in its report's folder."""

QUARANTINED = b'{"quarantined":'
"""How the line of a recording in quarantine begins."""

_PER_SHARD = 4
_MOST = 4096
_WORDS = {
    "corpus": "other recordings or labels",
    "policies": "another policy",
    "detectors": "other detectors",
    "judges": "other judges or answers",
    "speed": "another speed",
    "dialect": "another dialect",
    "tool": "another version of the harness",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run.

    Args:
        paths: the recordings, in the order of the report's input.
        about: name -> what a resumed run must share; see ``_WORDS``.
    """

    paths: Sequence[Path]
    about: Mapping[str, Any]

    @staticmethod
    def of(paths: Sequence[Path], about: Mapping[str, Any]) -> Plan:
        """A plan with the digests of ``paths`` and of the labels beside them.

        Raises:
            RecordingNotFound: one of them cannot be read.
        """
        corpus = [[path.name, _sha256(path), _sha256(labels_path(path), missing="")] for path in paths]
        return Plan(paths, {**about, "corpus": corpus})

    def shards(self) -> dict[int, list[int]]:
        """Number of a shard -> its recordings, by their place in ``paths``."""
        count = max(1, min(_MOST, -(-len(self.paths) // _PER_SHARD)))
        found: dict[int, list[int]] = defaultdict(list)
        for place, (name, sha256, _) in enumerate(self.about["corpus"]):
            found[int(hashlib.sha256(f"{name} {sha256}".encode()).hexdigest(), 16) % count].append(place)
        return dict(found)

    def differences(self, other: Mapping[str, Any]) -> list[str]:
        """In words, what differs from the plan that was stored."""
        known = json.loads(json.dumps(dict(self.about)))
        return [words for name, words in _WORDS.items() if known.get(name) != other.get(name)]


def _sha256(path: Path, *, missing: str | None = None) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        if missing is not None:
            return missing
        raise RecordingNotFound(f"cannot be read: {error.strerror}", path=path) from None


class Standing(NamedTuple):
    """Where a process is, or was: its id, and the place of the recording in the plan."""

    pid: int
    place: int


class Torn(ValueError):
    """A shard's file is not whole."""


class Shards:
    """The folder of a run's shards.

    Args:
        folder: is made if need be.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keeps other runs out of the folder.

        Raises:
            ConfigError: another run is in it.
            RecordingWriteError: it cannot be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            fd = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise RecordingWriteError(f"cannot be made: {error.strerror}", path=self.folder) from None
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            fix = "wait for it, or give this run another --name"
            raise ConfigError("--name", self.folder.parent.name, "a run nobody is at", fix=fix) from None
        finally:
            os.close(fd)

    def begin(self, plan: Plan, *, resume: bool) -> set[int]:
        """Store ``plan``, or go on with the same one.

        Returns:
            the shards that are done.

        Raises:
            ConfigError: what was begun here is not this plan.
        """
        stored = self._stored() if resume else None
        if stored is not None:
            different = plan.differences(stored)
            if different:
                fix = "run it without --resume to begin anew"
                raise ConfigError(
                    "--resume", str(self.folder), f"the same run: there are {', '.join(different)}", fix=fix
                )
            done = {number for number in plan.shards() if self._is_done(number)}
            for number in plan.shards().keys() - done:
                self.result(number).unlink(missing_ok=True)
            return done
        self._clear()
        write_atomically(self.folder / "plan.json", [json.dumps(dict(plan.about)).encode()])
        return set()

    def _stored(self) -> dict[str, Any] | None:
        try:
            stored = json.loads((self.folder / "plan.json").read_bytes())
        except (OSError, ValueError):
            return None
        return stored if isinstance(stored, dict) else {}

    def _clear(self) -> None:
        for path in self.folder.iterdir():
            if path.name != "lock":
                path.unlink()

    def _is_done(self, number: int) -> bool:
        try:
            lines = self.lines(number)
        except Torn:
            return False
        return not any(line.startswith(QUARANTINED) for line in lines)

    def lines(self, number: int) -> list[bytes]:
        """The lines of a finished shard, the last one included.

        Raises:
            Torn: it is not there, or not whole.
        """
        try:
            lines = self.result(number).read_bytes().splitlines(keepends=True)
        except OSError:
            raise Torn(str(number)) from None
        if not lines or not lines[-1].startswith(b'{"end":') or not lines[-1].endswith(b"}\n"):
            raise Torn(str(number))
        return lines

    def result(self, number: int) -> Path:
        """The file of a finished shard."""
        return self.folder / f"{number:04}.jsonl"

    def crash(self, number: int) -> Path:
        """The file of what was said at a crash."""
        return self.folder / f"{number:04}.crash"

    def stand(self, number: int, place: int) -> None:
        """Say that this process is at ``place``; where that cannot be written, nobody will know."""
        with contextlib.suppress(OSError):
            self._at(number).write_text(f"{os.getpid()} {place}", encoding="ascii")

    def standing(self, number: int) -> Standing | None:
        """Who is, or was when it died, at a shard that is not done."""
        try:
            pid, place = self._at(number).read_text(encoding="ascii").split()
            return Standing(int(pid), int(place))
        except (OSError, ValueError):
            return None

    def leave(self, number: int) -> None:
        """Nobody is at the shard any more."""
        for path in (self._at(number), self.crash(number)):
            path.unlink(missing_ok=True)

    def _at(self, number: int) -> Path:
        return self.folder / f"{number:04}.at"

    def remove(self) -> None:
        """All of it: the report is written."""
        shutil.rmtree(self.folder, ignore_errors=True)
