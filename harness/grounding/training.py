"""Turns labelled cases into the examples that the model is fitted on.

1. A case is ``{"context", "summary", "label"}``; label is ``grounded`` or ``hallucinated`` (else the case is refused).
2. An example is the sentence of the summary that the present checks like least: a false summary has one at least.
3. What decides without the model (said word for word, nothing to check) is no example.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.errors import ConfigError
from harness.grounding.checker import MAX_CLAIMS, Checker
from harness.grounding.claims import read_all
from harness.grounding.features import features
from harness.grounding.model import Model, fitted
from harness.grounding.verdict import examine, has_nothing_to_check

__all__ = ["examples", "train"]

LABELS = {"grounded": True, "hallucinated": False}
Example = tuple[Mapping[str, int], bool]


def train(cases: Iterable[Mapping[str, Any]]) -> Model:
    """A model fitted on ``cases``.

    Raises:
        ConfigError: a case without a known label, or only one label.
    """
    kept = list(cases)
    return fitted(kept, list(examples(kept)))


def examples(cases: Iterable[Mapping[str, Any]]) -> Iterator[Example]:
    """Figures and label of every case that the model has a say in."""
    checker = Checker(Model({}, "", 0))
    context: Any = None
    evidence = checker.conversation().evidence
    for number, case in enumerate(cases, 1):
        if case.get("label") not in LABELS:
            raise ConfigError("label", f"case {number}", f"one of {', '.join(LABELS)}")
        if case["context"] != context:
            context = case["context"]
            evidence = checker.conversation_of(context).evidence
        figures = []
        for at, sentence in enumerate(read_all(case["summary"])):
            question, findings = examine(sentence, evidence)
            if at < MAX_CLAIMS and not has_nothing_to_check(question) and not evidence.verbatim(sentence):
                figures.append((min((f.cap for f in findings), default=1000), at, features(question, findings)))
        if figures:
            yield min(figures)[2], LABELS[case["label"]]
