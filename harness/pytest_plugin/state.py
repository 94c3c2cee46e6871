"""What a run keeps: the recordings it used, the results of replays, and what is told at the end.

1. One of these exists in every process: with pytest-xdist in the controller and in every worker.
2. Results go to a folder of the run's own as lines of JSON, one file for each process; only the controller reads them.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.pytest_plugin.baseline import Baseline
    from harness.pytest_plugin.play import Played
    from harness.report.run import SessionResult

__all__ = ["STATE", "State"]

_SUFFIX = ".rec.jsonl"


class State:
    """See the module.

    Args:
        config: of this process.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._worker: dict[str, Any] | None = getattr(config, "workerinput", None)
        self._kept: Path | None = None
        self._played: tuple[Path, Played] | None = None
        self._baseline: Baseline | None = None
        self._report: list[str] = []
        self.used: set[str] = set()
        self.notes: set[str] = set()

    # Options

    @property
    def folder(self) -> Path:
        """Where names of recordings are looked for."""
        given: str | None = self._config.getoption("harness_recordings_dir")
        if given:
            return Path(self._config.invocation_params.dir, given)
        return Path(self._config.rootpath, self._config.getini("harness_recordings_dir"))

    @property
    def report_folder(self) -> Path | None:
        """Where the report goes, None where none is asked for."""
        given = self._config.getoption("harness_report")
        return Path(self._config.invocation_params.dir, given) if given else None

    @property
    def expire_days(self) -> int:
        """The age from which a recording is told of, 0 = never.

        Raises:
            pytest.UsageError: the ini value is no number of days.
        """
        found = str(self._config.getoption("harness_expire_days") or self._config.getini("harness_expire_days") or 0)
        if not found.isdecimal():
            raise pytest.UsageError("harness_expire_days: expected a number of days")
        return int(found)

    @property
    def record_mode(self) -> str | None:
        """The mode asked for on the command line."""
        mode: str | None = self._config.getoption("harness_record_mode")
        return mode

    def baseline(self) -> Baseline | None:
        """The report to compare with, None where none is named.

        Raises:
            pytest.UsageError: it cannot be read.
        """
        given = self._config.getoption("harness_baseline")
        if given and self._baseline is None:
            from harness.pytest_plugin.baseline import read_baseline

            self._baseline = read_baseline(self._config.invocation_params.dir / given)
        return self._baseline

    def check_options(self) -> None:
        """Read what could not be used later.

        Raises:
            pytest.UsageError: an option or ini value cannot be used.
        """
        self.baseline()
        _ = self.expire_days

    # While tests run

    def path_of(self, name: str) -> Path:
        """The file a test means by ``name``; it may not exist yet."""
        if name.endswith((_SUFFIX, _SUFFIX + ".gz")):
            return self.folder / name
        plain = self.folder / (name + _SUFFIX)
        packed = self.folder / (name + _SUFFIX + ".gz")
        return packed if packed.exists() and not plain.exists() else plain

    def use(self, *names: object) -> None:
        """Note that recordings are used, by name or path."""
        self.used.update(str(self.path_of(str(name)).resolve()) for name in names)

    def played(self, path: Path) -> Played:
        """The recording at ``path``, replayed once for all its checks.

        Raises:
            HarnessError: it cannot be read or replayed.
        """
        if self._played is None or self._played[0] != path:
            from harness.pytest_plugin.play import play
            from harness.settings import load_settings

            self._played = None
            self._played = (path, play(path, load_settings()))
            self.keep(self._played[1].result, self._played[1].policies)
        return self._played[1]

    def keep(self, result: SessionResult, policies: dict[str, str]) -> None:
        """Keep a replay's result for the report, if one is asked for."""
        if self.report_folder is not None:
            from harness.pytest_plugin.results import append

            append(self.kept() / f"{self._name()}.jsonl", result, policies, root=self._config.rootpath)

    def kept(self) -> Path:
        """The folder of the results, made if need be."""
        if self._kept is None:
            told = self._worker.get("harness_kept") if self._worker else None
            self._kept = Path(told or tempfile.mkdtemp(prefix="harness-pytest-"))
        return self._kept

    def _name(self) -> str:
        return str(self._worker["workerid"]) if self._worker else "main"

    # At the end

    def finish(self, session: pytest.Session) -> None:
        """Tell the controller, or be it and write the report."""
        if self._worker is not None:
            told = {"used": sorted(self.used), "notes": sorted(self.notes)}
            self._config.workeroutput["harness"] = told  # type: ignore[attr-defined]  # pytest-xdist sets it
        elif self.report_folder is not None and self._kept is not None and not self._config.option.collectonly:
            from harness.errors import HarnessError
            from harness.pytest_plugin.results import write_merged

            try:
                self._report, whole = write_merged(self._kept, self.report_folder)
            except HarnessError as error:
                self._report, whole = [f"no report: {error}"], False
            if not whole:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def hear(self, told: dict[str, list[str]] | None) -> None:
        """What a worker told; None from one that died."""
        if told is not None:
            self.used.update(told["used"])
            self.notes.update(told["notes"])

    def summary(self) -> list[str]:
        """The lines at the end of a run."""
        lines = [*self._report, *sorted(self.notes)]
        if self.used:
            from harness.pytest_plugin.upkeep import expired, unused

            found = set(map(Path, self.used))
            if not _is_part(self._config.args):
                lines += unused(self.folder, found)
            if self.expire_days:
                lines += expired(self.folder, found, self.expire_days)
        return lines

    def close(self) -> None:
        """Remove the folder of the results."""
        if self._worker is None and self._kept is not None:
            shutil.rmtree(self._kept, ignore_errors=True)


STATE = pytest.StashKey[State]()


def _is_part(arguments: list[str]) -> bool:
    """Whether only files or single tests were asked for: then most recordings are not used, and that says nothing."""
    return any("::" in argument or Path(argument).is_file() for argument in arguments)
