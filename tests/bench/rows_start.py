"""How long a cold start takes: the whole process, interpreter included."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any


def _start(*arguments: str) -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)


def rows() -> list[dict[str, Any]]:
    return [
        {"name": "start-help", "unit": "ms", "ours": _start("-m", "harness", "--help"), "target": 100},
        {"name": "start-import", "unit": "ms", "ours": _start("-c", "import harness"), "target": 30},
        {"name": "start-python", "unit": "ms", "ours": _start("-c", "pass")},
    ]
