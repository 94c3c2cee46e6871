"""A recording as test items: one for each check, each with a message that names what, where and how to see it again.

1. A check that finds something fails. So does one that cannot be made, because the file is damaged for instance.
2. Recordings are never written here, whatever the record mode: modes are for tests with the mark.
"""

from __future__ import annotations

import os
import shlex
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.pytest_plugin import checks
from harness.pytest_plugin.state import STATE, State
from harness.report.labels import labels_path
from harness.report.render.escape import visible

__all__ = ["CheckFailed", "RecordingFile", "RecordingItem"]

_SHOWN = 20
"""Findings told of in one message."""


class CheckFailed(Exception):
    """A check found something; holds the whole message."""


class RecordingFile(pytest.File):
    """A recording."""

    def collect(self) -> Iterator[pytest.Item]:
        """Its checks."""
        state = self.config.stash[STATE]
        state.use(self.path)
        names = ["file", "parity", "leaks"]
        if labels_path(self.path).exists():
            names.append("labels")
        baseline = state.baseline()
        if baseline is not None and baseline.holds(self.path.name):
            names.append("baseline")
        for name in names:
            yield RecordingItem.from_parent(self, name=name)


class RecordingItem(pytest.Item):
    """One check of a recording."""

    def runtest(self) -> None:
        """Make it.

        Raises:
            CheckFailed: it found something.
        """
        state = self.config.stash[STATE]
        found = _CHECKS[self.name](state, self.path)
        if found:
            raise CheckFailed(_message(self.name, self.path, found))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        """The message; of an error that nobody foresaw its type and place, for its text may hold anything."""
        error = excinfo.value
        if isinstance(error, CheckFailed):
            return str(error)
        if isinstance(error, HarnessError):
            return (
                f"{_shown(self.path)}: {self.name} could not be checked: {visible(str(error))}\n{_command(self.path)}"
            )
        last = traceback.extract_tb(error.__traceback__)[-1]
        return (
            f"{_shown(self.path)}: internal error: {type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
        )

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """What stands in headlines."""
        return self.path, None, f"{self.path.name}: {self.name}"


def _message(name: str, path: Path, found: Sequence[str]) -> str:
    more = [f"… and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    lines = [line.replace("\n", "\n  ") for line in (*found[:_SHOWN], *more)]
    head = f"{_shown(path)}: {checks.HEADS[name].format(n=len(found))}"
    return "\n".join([head, *(f"  {line}" for line in lines), _command(path, file=name == "file")])


def _command(path: Path, *, file: bool = False) -> str:
    quoted = shlex.quote(os.path.relpath(path))
    return f"see it again: harness doctor {quoted}" if file else f"replay it: harness run --recording {quoted}"


def _shown(path: Path) -> str:
    return visible(os.path.relpath(path))


def _file(_state: State, path: Path) -> list[str]:
    return checks.file(path)


def _parity(state: State, path: Path) -> list[str]:
    played = state.played(path)
    found, notes = checks.parity(played, _reference(state, path))
    state.notes.update(f"{path.name}: {note}" for note in notes)
    return found


def _leaks(state: State, path: Path) -> list[str]:
    return checks.leaks(state.played(path))


def _labels(state: State, path: Path) -> list[str]:
    return checks.labels(state.played(path), _reference(state, path))


def _baseline(state: State, path: Path) -> list[str]:
    return checks.baseline(state.played(path), _reference(state, path))


def _reference(state: State, path: Path) -> checks.Reference:
    played, baseline = state.played(path), state.baseline()
    return checks.Reference(played, baseline.of(path.name, played.result.recording_id) if baseline else {})


_CHECKS: dict[str, Callable[[State, Path], list[str]]] = {
    "file": _file,
    "parity": _parity,
    "leaks": _leaks,
    "labels": _labels,
    "baseline": _baseline,
}
