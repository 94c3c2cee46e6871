"""Judges from outside the harness: who they are, how they are asked, and what they once answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.judges.answers import Answers
    from harness.judges.bench import Bench
    from harness.judges.fake import FakeJudge
    from harness.judges.http import HttpJudge
    from harness.judges.load import load_judge
    from harness.judges.onnx import OnnxJudge

__all__ = ["Answers", "Bench", "FakeJudge", "HttpJudge", "OnnxJudge", "load_judge"]

_HOME = {
    "Answers": "answers",
    "Bench": "bench",
    "FakeJudge": "fake",
    "HttpJudge": "http",
    "OnnxJudge": "onnx",
    "load_judge": "load",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
