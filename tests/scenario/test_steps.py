"""Steps refuse what they do not know."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from harness.scenario.markup import Marked
from harness.scenario.steps import Step, Utterance


def test_a_step_is_exactly_one_thing() -> None:
    """None or two of the fields are refused."""
    for value in ({}, {"heartbeat": {"at": 1}, "swap": {"at": 1}}):
        with pytest.raises(ValidationError, match="exactly one of utterance"):
            Step.model_validate(value)


def test_action_is_the_one_given() -> None:
    """``action`` finds it."""
    assert Step.model_validate({"skip": {"at": 2}}).action.at == 2


@pytest.mark.parametrize(
    "field,value,problem",
    [
        ("text", 5, "should be text"),
        ("text", "", "1 to 100000 characters"),
        ("text", "\ud800", "Unicode"),
        ("text", "{{PHONE|", "the mark at character 0"),
        ("at", float("nan"), "finite"),
        ("at", -1, "greater than"),
        ("at", True, "valid number"),
        ("by", "customers", "agent"),
        ("extra", 1, "not permitted"),
        ("interim", ["ok", ""], "1 to"),
    ],
)
def test_bad_fields_are_refused(field: str, value: object, problem: str) -> None:
    """Each field has its bounds."""
    with pytest.raises(ValidationError, match=problem):
        Utterance.model_validate({"at": 1, "by": "agent", "text": "hi", field: value})


@pytest.mark.parametrize("value", ["?", "AAE", 5, "ä"])
def test_base64_is_checked(value: object) -> None:
    """What is not base64 is refused when the file is read."""
    with pytest.raises(ValidationError, match="is not base64"):
        Step.model_validate({"binary": {"at": 1, "base64": value}})


def test_marked_text_passes_as_it_is() -> None:
    """A transcript's text is handed over without being parsed."""
    text = Marked("{{not a mark")
    assert Utterance(at=1, by="agent", text=text).text is text
    assert "not a mark" not in repr(Utterance(at=1, by="agent", text=text))
