"""Turns labelled cases into the examples that the model is fitted on.

1. A case is ``{"context", "summary", "label"}``; label is ``grounded`` or ``hallucinated`` (else the case is refused).
2. An example is the sentence of the summary that the present checks like least: a false summary has one at least.
   Outside service calls it is the mean of the sentences: what makes one false is there mostly seen by the model alone.
3. What decides without the model (said word for word, nothing to check) is no example.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from harness.errors import ConfigError
from harness.grounding.checker import MAX_CLAIMS, Checker
from harness.grounding.claims import read_all
from harness.grounding.features import features
from harness.grounding.model import Model, fitted, score_of
from harness.grounding.verdict import examine, has_nothing_to_check

__all__ = ["Check", "cross_validate", "examples", "train"]

FOLDS = 5

LABELS = {"grounded": True, "hallucinated": False}
Example = tuple[Mapping[str, int], bool]


def train(cases: Iterable[Mapping[str, Any]]) -> Model:
    """A model fitted on ``cases``.

    Raises:
        ConfigError: a case without a known label, or only one label.
    """
    kept = list(cases)
    return fitted(kept, list(examples(kept)))


class Check(NamedTuple):
    """How a model does on conversations it was not fitted on."""

    n: int
    conversations: int
    balanced_accuracy: float
    calibration_error: float


def cross_validate(cases: Sequence[Mapping[str, Any]]) -> Check:
    """Five models, each tried on the fifth of the conversations that it was not fitted on; rules take no part.

    A conversation is a case's ``conversation`` or, without one, its context.

    Raises:
        ConfigError: as :func:`train`, also when the conversations left to a model have only one label.
    """
    names = [str(case.get("conversation") or case["context"]) for case in cases]
    fold = {name: at % FOLDS for at, name in enumerate(sorted(set(names)))}
    answers: list[tuple[bool, float]] = []
    for held in range(min(FOLDS, len(fold))):
        inside = [case for case, name in zip(cases, names, strict=True) if fold[name] != held]
        outside = [case for case, name in zip(cases, names, strict=True) if fold[name] == held]
        model = train(inside)
        answers += [(label, score_of(model.logit(figures))) for figures, label in examples(outside)]
    return Check(len(answers), len(fold), _balanced(answers), _calibration(answers))


def _balanced(answers: Sequence[tuple[bool, float]]) -> float:
    rates = []
    for wanted in (True, False):
        right = [(score >= 0.5) is wanted for label, score in answers if label is wanted]
        rates.append(sum(right) / max(1, len(right)))
    return round(sum(rates) / 2, 4)


def _calibration(answers: Sequence[tuple[bool, float]]) -> float:
    """Expected calibration error, ten bins."""
    gap = 0.0
    for low in range(10):
        inside = [(label, score) for label, score in answers if min(9, int(score * 10)) == low]
        gap += abs(sum(score for _, score in inside) - sum(label for label, _ in inside))
    return round(gap / max(1, len(answers)), 4)


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
            chosen = min(figures)[2] if evidence.is_call else _mean([found for _, _, found in figures])
            yield chosen, LABELS[case["label"]]


def _mean(figures: Sequence[Mapping[str, int]]) -> dict[str, int]:
    names = {name: None for found in figures for name in found}
    return {name: sum(found.get(name, 0) for found in figures) // len(figures) for name in names}
