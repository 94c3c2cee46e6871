"""The hallucination check: what a summary costs, and how often it is right.

``GROUND=FILE:FILE make bench ONLY=ground`` also scores labelled files (see ``ground_scores.py``) and prints every figure.
A row's figure is the balanced error (1 - balanced accuracy).
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from harness.grounding import Checker, rouge_l, token_overlap

HERE = Path(__file__).resolve().parent
FIXTURES = HERE.parents[1] / "fixtures"
TURNS = [
    ("agent", "Thank you for calling, what can I do for you today, please go ahead."),
    (
        "customer",
        "My router has been losing its connection since Tuesday and the bill was 48 dollars, which is too much.",
    ),
    ("agent", "I can send a technician on Friday between 1 pm and 5 pm, and I have added a credit of twelve dollars."),
    ("customer", "Friday works for me, please send the confirmation by email and not as a text message."),
]  # about 65 words; eight times over is a context of 500
SUMMARY = "The customer's router has been losing its connection since Tuesday. A credit of $12 was added to the bill."
REPEAT = 20


def _conversation() -> Any:
    conversation = Checker().conversation()
    for _ in range(8):
        for speaker, text in TURNS:
            conversation.add(speaker, text)
    return conversation


def _scratch() -> None:
    for _ in range(REPEAT):
        _conversation().check(SUMMARY)


def _incremental(conversation: Any) -> None:
    for _ in range(REPEAT):
        conversation.check(SUMMARY)


def _overlap(context: str) -> None:
    for _ in range(REPEAT):
        token_overlap(context, SUMMARY)


def _rouge(context: str) -> None:
    for _ in range(REPEAT):
        rouge_l(context, SUMMARY)


def _scores() -> Any:
    spec = importlib.util.spec_from_file_location("ground_scores", HERE / "ground_scores.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _error(path: Path) -> Callable[[], float]:
    known: list[float] = []

    def measure() -> float:
        if not known:  # the same every time: once is enough
            scores = _scores()
            figures = scores.report(path)
            print(scores.show(figures), flush=True)
            known.append(1 - (figures["balanced_accuracy"] or 0.0))
        return known[0]

    return measure


def rows() -> list[dict[str, Any]]:
    context = "\n".join(f"{speaker}: {text}" for speaker, text in TURNS * 8)
    cost = {"unit": "ms/summary", "per": REPEAT}
    found: list[dict[str, Any]] = [
        {"name": "ground-incremental", **cost, "ours": partial(_incremental, _conversation()), "target": 5},
        {"name": "ground-scratch", **cost, "ours": _scratch, "target": 12},
        {"name": "ground-overlap", **cost, "ours": partial(_overlap, context)},
        {"name": "ground-rouge", **cost, "ours": partial(_rouge, context)},
    ]
    files = [Path(name) for name in os.environ.get("GROUND", "").split(":") if name]
    for path in files or [
        FIXTURES / "grounding" / "cases.jsonl",
        FIXTURES / "scenarios",
        FIXTURES / "grounding" / "edits",
    ]:
        found.append({"name": f"ground-error {path.stem}", "unit": "error", "value": _error(path)})
    return found
