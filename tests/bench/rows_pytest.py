"""What the pytest plugin costs a project that does not use it: the run with it, less the run without it."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

TESTS = "import pytest\n\n@pytest.mark.parametrize('n', range(200))\ndef test_nothing(n):\n    pass\n"
TURNS = 5


def _cpu_ms(folder: Path, *arguments: str) -> float:
    """CPU milliseconds of one pytest run in ``folder``, with no plugin that is not named."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run(command, cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def unused_ms() -> float:
    """The least of some turns with the plugin, less the least of as many without."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_nothing.py").write_text(TESTS)
        _cpu_ms(folder, "-p", "harness.pytest_plugin.plugin")  # compiles what is not compiled yet
        turns = [(_cpu_ms(folder, "-p", "harness.pytest_plugin.plugin"), _cpu_ms(folder)) for _ in range(TURNS)]
    return min(with_it for with_it, _ in turns) - min(without for _, without in turns)


def rows() -> list[dict[str, Any]]:
    return [{"name": "pytest-unused", "unit": "ms", "value": unused_ms, "target": 20}]
