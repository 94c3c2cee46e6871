"""Numbers about a run: latency histograms, accuracy against labels, the statistics behind both.

Pure and hand-rolled on the standard library (but for HdrHistogram). Missing is never 0: see ``missing.py``.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "NA": "missing",
    "Missing": "missing",
    "settle": "missing",
    "Interval": "stats",
    "auroc": "stats",
    "cluster_bootstrap": "stats",
    "quantile": "stats",
    "wilson": "stats",
    "LatencyBook": "latency",
    "Mention": "accuracy",
    "Piece": "accuracy",
    "redaction_accuracy": "accuracy",
    "Judged": "judgement",
    "grounding_accuracy": "judgement",
    "cohen_kappa": "agreement",
    "krippendorff_alpha": "agreement",
    "span_f1": "agreement",
    "Limits": "decide",
    "Score": "decide",
    "holm": "paired",
    "mcnemar": "paired",
    "minimum_detectable_change": "paired",
    "paired_ratio": "paired",
    "sign_test": "paired",
    "Expected": "acceptance",
    "Received": "acceptance",
    "schema_acceptance": "acceptance",
}

__all__ = [  # noqa: PLE0604 - the names are the table's keys; tests check that each resolves
    *_HOME,
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
