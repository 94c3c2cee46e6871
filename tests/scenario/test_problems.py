"""A fault is named by its place."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from harness.scenario.problems import explain
from harness.scenario.transcript import Dialogue


def test_the_place_of_the_model_comes_first() -> None:
    """``where`` stands before the field."""
    with pytest.raises(ValidationError) as caught:
        Dialogue.model_validate({"id": "x", "turns": [{"speaker": "customer"}]})
    error = explain(caught.value, path="f", where="line 3")
    assert error.where == "line 3, field turns.0.text"
    assert error.message.endswith("is missing")


def test_a_fault_of_the_whole_has_no_field() -> None:
    """What is no object at all has a line and no field."""
    with pytest.raises(ValidationError) as caught:
        Dialogue.model_validate(5)
    assert explain(caught.value, path="f", where="line 1").where == "line 1"
