"""Fresh projects in which pytest is started with the plugin, as a user of an installed wheel has it."""

from __future__ import annotations

import importlib.metadata
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import harness

ENTRY = "[pytest11]\nharness = harness.pytest_plugin.plugin\n"


def _installed() -> bool:
    return any(point.name == "harness" for point in importlib.metadata.entry_points(group="pytest11"))


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.Pytester:
    """An empty project; where harness is not installed, its entry point is made known by a folder of metadata."""
    assert harness.__file__ is not None
    places = [str(Path(harness.__file__).parent.parent)]
    if not _installed():
        told = tmp_path / "site" / "plugin_of_harness-0.dist-info"
        told.mkdir(parents=True)
        (told / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin-of-harness\nVersion: 0\n")
        (told / "entry_points.txt").write_text(ENTRY)
        places.append(str(told.parent))
    monkeypatch.setenv("PYTHONPATH", ":".join(places))
    for name in ("CI", "HARNESS_RECORD_MODE", "HARNESS_RULES"):
        monkeypatch.delenv(name, raising=False)
    return pytester


@pytest.fixture
def run(project: pytest.Pytester) -> Callable[..., pytest.RunResult]:
    """Starts pytest in the project, in a process of its own."""

    def start(*arguments: str) -> pytest.RunResult:
        return project.runpytest_subprocess("-p", "no:cacheprovider", *arguments, timeout=300)

    return start


@pytest.fixture
def with_recordings(project: pytest.Pytester, root: Path) -> Callable[..., Path]:
    """Copies committed recordings and their labels into the project's ``recordings``; all if none is named."""

    def copy(*names: str, labels: bool = True) -> Path:
        folder = project.path / "recordings"
        folder.mkdir(exist_ok=True)
        for path in sorted((root / "recordings").glob("*.jsonl")):
            wanted = not names or path.name.partition(".")[0] in names
            if wanted and (labels or path.name.endswith(".rec.jsonl")):
                shutil.copy(path, folder)
        return folder

    return copy


LOST = """
[[rule]]
id = "phone.nanp"
type = "PHONE"
kind = "run"
pattern = 'x[0-9]{10}'
priority = 1
min_len = 11
max_len = 11
[rule.examples]
match = ["x0123456789"]
no_match = ["0123456789"]
"""


@pytest.fixture
def lose_phone(project: pytest.Pytester) -> Callable[[], Path]:
    """A rule of the user's that takes the place of a built-in one and loses its format; in force at once."""

    def lose() -> Path:
        (project.path / "phone.toml").write_text(LOST)
        settings = project.path / "harness.toml"
        settings.write_text('rules = ["phone.toml"]\n')
        return settings

    return lose
