"""One artefact, many views: a run becomes ``results.jsonl`` and ``report.json``; every other view is made of these.

1. ``verdicts`` and ``parity`` are the same bytes for the same input on any machine; ``digest`` is over them alone.
2. ``measurements`` holds what hangs on the machine: times, and how much text was held back.
3. Redacted text only; a missing number is ``"n/a"`` with its reason, never 0.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "approve": "baseline",
    "pinned_side": "baseline",
    "read_baseline": "baseline",
    "write_baseline": "baseline",
    "Side": "compare",
    "compare_sides": "compare",
    "side_of": "compare",
    "Label": "labels",
    "labels_path": "labels",
    "read_labels": "labels",
    "Report": "model",
    "RunResult": "model",
    "SessionResult": "model",
    "build_report": "model",
    "result_rows": "results",
    "report_digest": "digest",
    "load_report": "read",
    "write_report": "write",
}

__all__ = [  # noqa: PLE0604 - the names are the table's keys; tests check that each resolves
    *_HOME,
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
