"""README's tours, followed literally by a script in an empty folder.

1. Each line of a tour runs, one after the other; a line leaves with 0, or with what its comment says.
2. Fast: the committed recordings stand for those of the demo, and the command runs in this process. ``prove``: everything
   runs in a shell, the demo too, as a newcomer would type it.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.main import main

Run = Callable[[str], tuple[int, str]]
"""A line -> exit code and output."""

TOURS = ("You lead QA", "You write rules", "You own CI")
LEAVES = re.compile(r"# leaves with ([0-9]+)$")


@pytest.fixture(scope="module")
def tours(root: Path) -> dict[str, str]:
    """Head of a part of "Five minutes" -> its text; '' has what is for everybody."""
    text = (root / "README.md").read_text(encoding="utf-8")
    section = text[text.index("## Five minutes") : text.index("## Verbs")]
    first, *parts = section.split("\n### ")
    return {"": first} | {part.partition("\n")[0].partition(",")[0]: part for part in parts}


@pytest.fixture
def path_of_tools(tmp_path: Path) -> str:
    """A PATH on which ``harness`` and ``pytest`` are those of this interpreter."""
    folder = tmp_path / "bin"
    folder.mkdir()
    known = any(point.name == "harness" for point in importlib.metadata.entry_points(group="pytest11"))
    plugin = "" if known else " -p harness.pytest_plugin.plugin"
    for name, module in (("harness", "harness"), ("pytest", f"pytest -p no:cacheprovider{plugin}")):
        (folder / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
        (folder / name).chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def follow(part: str, folder: Path, run: Run) -> list[str]:
    """Write the files of a part, run its lines; returns them."""
    for name, text in re.findall(r"`([a-z]+\.toml)`:\n\n```toml\n(.*?)```", part, re.DOTALL):
        (folder / name).write_text(text, encoding="utf-8")
    lines = [
        line.strip() for line in re.sub(r"```.*?```", "", part, flags=re.DOTALL).splitlines() if line[:4] == "    "
    ]
    for line in lines:
        said = LEAVES.search(line)
        code, output = run(line)
        assert code == int(said[1] if said else 0), f"{line}\n{output}"
    return lines


@pytest.fixture
def in_shell(tmp_path: Path, path_of_tools: str) -> Run:
    """Runs a line as a user does."""
    env = {name: value for name, value in os.environ.items() if name not in ("CI", "HARNESS_RULES")}

    def run(line: str) -> tuple[int, str]:
        done = subprocess.run(
            ["/bin/sh", "-c", line],
            cwd=tmp_path / "empty",
            env={**env, "PATH": path_of_tools},
            text=True,
            capture_output=True,
            timeout=600,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.fixture
def in_process(tmp_path: Path, in_shell: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a line of the command without starting an interpreter; any other as a user does."""

    def run(line: str) -> tuple[int, str]:
        words = shlex.split(line, comments=True)
        rules = words.pop(0).partition("=")[2] if words[0].startswith("HARNESS_RULES=") else None
        if words[0] != "harness":
            return in_shell(line)
        with monkeypatch.context() as patch:
            patch.chdir(tmp_path / "empty")
            done = CliRunner(env={"HARNESS_RULES": rules}).invoke(main, words[1:])
        return done.exit_code, done.output

    return run


def test_there_is_a_tour_for_each(tours: dict[str, str]) -> None:
    """Each of the three users has a tour, and everybody the same beginning."""
    assert set(tours) == {"", *TOURS}
    assert "    harness demo\n" in tours[""]


@pytest.mark.parametrize("name", TOURS)
def test_tour(name: str, tours: dict[str, str], root: Path, tmp_path: Path, in_process: Run) -> None:
    """A tour runs as it stands, over the committed recordings."""
    folder = tmp_path / "empty"
    (folder / "recordings").mkdir(parents=True)
    for path in (root / "recordings").glob("*.jsonl"):
        if path.name.startswith(("retail-gift-return", "bank-lost-card")):
            shutil.copy(path, folder / "recordings")
    if name == "You own CI":
        follow(re.sub(r"(?m)^    .*\n", "", tours["You write rules"]), folder, in_process)
    assert follow(tours[name], folder, in_process)


@pytest.mark.prove
def test_everything_from_an_empty_folder(tours: dict[str, str], tmp_path: Path, in_shell: Run) -> None:
    """All of it, from an empty folder on, the demo included."""
    folder = tmp_path / "empty"
    folder.mkdir()
    for name in ("", *TOURS):
        assert follow(tours[name], folder, in_shell)
