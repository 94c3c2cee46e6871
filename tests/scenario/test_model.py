"""A scenario file is refused with the step and field, never with what stands there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import ScenarioError
from harness.scenario.model import Scenario, load_scenario

END = "end: {at: 9, reason: completed}"
REST = "summary: {at: 1, deliver: rest, sentences: [{text: s}]}"
WHOLE = "summary: {at: 1, deliver: whole, sentences: [{text: s}]}"
SECRET = "Zebra-4471"


def test_a_scenario_knows_its_file(scenario: Callable[..., Scenario]) -> None:
    """Name and path come from the file, limits and subscription have the dialect's defaults."""
    found = scenario(END)
    assert (found.name, found.path.name) == ("telco-try", "telco-try.yaml")
    assert found.limits.context_window_threshold == 3500
    assert found.subscription.build().summary_matrix.max_tokens == 2048


@pytest.mark.parametrize(
    "script,where",
    [
        (f"utterance: {{at: 1, by: {SECRET}, text: x}}\n{END}", "step 1, field utterance.by"),
        (f"{END}\n{END}", "step 1, field end"),
        ("heartbeat: {at: 1}", "step 1, field end"),
        (f"heartbeat: {{at: 10}}\n{END}", "step 2, field at"),
        (f"drop: {{at: 1, code: 1015}}\n{END}", "step 1, field code"),
        (f"drop: {{at: 1, code: 999}}\n{END}", "step 1, field drop.code"),
        (f"{REST}\n{WHOLE}\n{END}", "step 1, field summary.deliver"),
        (
            f"summary: {{at: 1, deliver: whole, pieces: [1], sentences: [{{text: s}}]}}\n{END}",
            "step 1, field summary.pieces",
        ),
        (
            f"summary: {{at: 1, deliver: deltas, pieces: [9], sentences: [{{text: s}}]}}\n{END}",
            "step 1, field summary.pieces",
        ),
        (f"summary: {{at: 1, deliver: whole, sentences: []}}\n{END}", "step 1, field summary.sentences"),
        (f"utterance: {{at: 1, by: agent, text: '{{{{{SECRET}'}}\n{END}", "step 1, field utterance.text"),
        (f"utterence: {{at: 1}}\n{END}", "step 1, field utterence"),
        (f"'{SECRET} 1 2': {{at: 1}}\n{END}", "step 1, field (not a name)"),
        (f"raw: {{at: 1, text: x, expect: wrong}}\n{END}", "step 1, field raw.expect"),
    ],
)
def test_a_bad_step_is_named(scenario: Callable[..., Scenario], script: str, where: str) -> None:
    """The error says which step and which field."""
    with pytest.raises(ScenarioError) as caught:
        scenario(script)
    assert caught.value.where == where
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "head,where",
    [
        ("limits: {max_streaming_tokens: 0}\n", "field limits.max_streaming_tokens"),
        ("subscription: {min_tokens: 10}\n", "field subscription"),
        ("subscription: {min_tokenz: 60}\n", "field subscription.min_tokenz"),
        ("colour: red\n", "field colour"),
    ],
)
def test_a_bad_header_is_named(scenario: Callable[..., Scenario], head: str, where: str) -> None:
    """Header fields are checked like steps, a subscription against the dialect's bounds."""
    with pytest.raises(ScenarioError) as caught:
        scenario(END, head=head)
    assert caught.value.where == where


def test_subscription_fields_reach_their_places(scenario: Callable[..., Scenario]) -> None:
    """Flat overrides go into the matrix and the directives."""
    built = scenario(END, head="subscription: {min_tokens: 60, entity_types: [CITY]}\n").subscription.build()
    assert built.summary_matrix.min_tokens == 60
    assert built.extraction_directives.entity_types == ("CITY",)


def test_jsonl_is_the_same_scenario(tmp_path: Path) -> None:
    """A header line and a step per line load like YAML."""
    path = tmp_path / "bank-x.jsonl"
    path.write_text('{"title":"t","line":"bank","date":"2026-03-14"}\n{"end":{"at":1,"reason":"completed"}}\n')
    assert load_scenario(path).name == "bank-x"
