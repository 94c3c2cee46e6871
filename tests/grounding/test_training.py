"""From labelled cases to a model."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ConfigError
from harness.grounding.model import default_model
from harness.grounding.training import cross_validate, examples, train

CASES: list[dict[str, Any]] = [
    {
        "context": f"Agent: The fee is {n} pounds.",
        "summary": f"The fee for the visit is {n + (0 if right else 50)} pounds.",
        "label": "grounded" if right else "hallucinated",
    }
    for n in range(3, 23)
    for right in (True, False)
]


def training(root: Path) -> list[dict[str, Any]]:
    """What the shipped model was fitted on."""
    spec = importlib.util.spec_from_file_location("ground_train", root / "tests/bench/ground_train.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(module.training())


def test_a_wrong_number_is_learnt() -> None:
    """On conversations never seen, every label is found."""
    found = cross_validate(CASES)
    assert (found.n, found.conversations, found.balanced_accuracy) == (40, 20, 1.0)
    assert train(CASES).examples == 40


def test_an_unknown_label_is_refused() -> None:
    """By its number."""
    with pytest.raises(ConfigError, match="case 1"):
        train([{"context": "", "summary": "", "label": "maybe"}])


def test_what_decides_without_the_model_is_no_example() -> None:
    """Said word for word, or nothing to check."""
    cases = [
        {"context": "Agent: The fee is 6 pounds.", "summary": "The fee is 6 pounds.", "label": "grounded"},
        {"context": "Agent: The fee is 6 pounds.", "summary": "And so on.", "label": "grounded"},
    ]
    assert list(examples(cases)) == []


@pytest.mark.prove
def test_the_shipped_model_is_the_one_that_fit_makes(root: Path, figure: Any) -> None:
    """Byte for byte; and its figures on conversations it was not fitted on."""
    cases = training(root)
    assert train(cases).dump() == default_model().dump()
    figure("grounding model on conversations not fitted on", json.dumps(cross_validate(cases)._asdict()))
