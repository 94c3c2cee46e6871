"""Helpers of the tests of single checks."""

from collections.abc import Callable

import pytest

from harness.grounding import Checker
from harness.grounding.claims import read
from harness.grounding.verdict import examine, has_nothing_to_check


@pytest.fixture
def first_reason() -> Callable[[str, str], str]:
    """The gravest finding about a one-sentence claim, whatever the model makes of it."""

    def ask(context: str, summary: str) -> str:
        evidence = Checker().conversation_of(context).evidence
        question, findings = examine(read(summary), evidence)
        if has_nothing_to_check(question):
            return "nothing_to_check"
        if evidence.verbatim(question.claim) or not findings:
            return "supported"
        return min(findings, key=lambda finding: finding.cap).reason

    return ask
