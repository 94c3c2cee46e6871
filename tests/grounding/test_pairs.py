"""Conversations written twice."""

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.grounding.pairs import cases, parse

TEXT = """
# a comment
== telco-fee
A: The fee is {6|9} pounds.
C: Fine.
unsupported_number verbatim: The fee is {6|9} pounds.
! negation_flip paraphrase: The customer {agreed|disagreed}.
"""


def test_every_claim_is_true_of_one_side() -> None:
    """Two sides, two claims each; a one-sided claim has the same truth on both."""
    (pair,) = parse(TEXT, "x")
    found = list(cases(pair))
    assert [(c["id"], c["label"], c["reason"]) for c in found] == [
        ("telco-fee-a1a", "grounded", "verbatim"),
        ("telco-fee-a1b", "hallucinated", "unsupported_number"),
        ("telco-fee-a2a", "grounded", "paraphrase"),
        ("telco-fee-a2b", "hallucinated", "negation_flip"),
        ("telco-fee-b1a", "hallucinated", "unsupported_number"),
        ("telco-fee-b1b", "grounded", "verbatim"),
        ("telco-fee-b2a", "grounded", "paraphrase"),
        ("telco-fee-b2b", "hallucinated", "negation_flip"),
    ]
    assert found[4]["context"] == "Agent: The fee is 9 pounds.\nCustomer: Fine."


@pytest.mark.parametrize("line", ["A: before the name", "== x\nno turn", "== x\nreason kind: no choice"])
def test_a_line_of_no_kind_is_refused(line: str) -> None:
    """By its number, not its text."""
    with pytest.raises(ConfigError, match="line"):
        parse(line, "x.txt")


def test_the_fixtures_are_enough_and_balanced(root: Path) -> None:
    """At least 500 cases on 60 conversations in five lines, labels alike in number and in length."""
    import json

    found = [json.loads(line) for line in (root / "fixtures/grounding/cases.jsonl").read_text().splitlines()]
    assert len(found) >= 500
    assert len({case["conversation"] for case in found}) >= 60
    assert len({case["line"] for case in found}) >= 5
    lengths = {
        label: [len(case["summary"].split()) for case in found if case["label"] == label]
        for label in ("grounded", "hallucinated")
    }
    means = [sum(values) / len(values) for values in lengths.values()]
    assert abs(len(lengths["grounded"]) - len(lengths["hallucinated"])) < 20
    assert abs(means[0] - means[1]) < 0.5
