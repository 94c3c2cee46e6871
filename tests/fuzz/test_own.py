"""Cases made from a user's own examples and patterns."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.fuzz.own import matches, misses, pattern_values, seeds_of
from harness.pii.rules import Rule, builtin_rules
from harness.pii.stream import Redactor
from harness.pii.user_rules import merged_rules
from harness.strategies.labelled import PiiText

RULES = merged_rules(
    [
        (
            "mine",
            """
[[rule]]
id = "badge"
type = "BADGE"
kind = "regex"
pattern = 'EMP-[0-9]{5}'
priority = 50
min_len = 9
max_len = 9
[rule.examples]
match = ["my badge is EMP-12345", "EMP-12345-77 left"]
no_match = ["EMP 12345", "EMP12345"]
""",
        )
    ]
)
REDACTOR = Redactor(RULES)
BADGE = next(rule for rule in RULES.rules if rule.id == "badge")
SEEDS = seeds_of(REDACTOR, BADGE)


def test_digits_that_go_on_belong_to_the_value() -> None:
    """An example found by half gives its whole as seed."""
    assert [(seed.before, seed.value, seed.after) for seed in SEEDS] == [
        ("my badge is ", "EMP-12345", ""),
        ("", "EMP-12345-77", " left"),
    ]


@given(matches(SEEDS[:1], pattern_values(BADGE)))
def test_cases_know_their_span(case: PiiText) -> None:
    """Values vary; what a no_match example excludes does not come; the rule finds every one."""
    (span,) = case.spans
    value = case.text[span.start : span.end]
    assert "EMP 1" not in value
    assert REDACTOR.detect(case.text) != []
    assert ("rule", "badge") in case.labels


@given(st.data())
def test_misses_are_the_examples(data: st.DataObject) -> None:
    """In other surroundings."""
    assert data.draw(misses(BADGE)).text.strip(".,? thanks").endswith("12345")


def test_patterns_that_are_not_the_whole_make_no_values() -> None:
    """A spoken rule's pattern describes digits, an e-mail rule's the domain only."""
    by_kind: dict[str, Rule] = {rule.kind: rule for rule in builtin_rules().rules}
    assert pattern_values(by_kind["spoken"]) is None
    assert pattern_values(by_kind["email"]) is None
    assert pattern_values(by_kind["run"]) is not None
    strange = merged_rules([("x", _with_pattern(r"\\pN{5}"))])
    assert pattern_values(next(rule for rule in strange.rules if rule.id == "strange")) is None


def _with_pattern(pattern: str) -> str:
    """A rule whose pattern RE2 takes and Python does not."""
    return f"""
[[rule]]
id = "strange"
type = "STRANGE"
kind = "regex"
pattern = "{pattern}"
priority = 1
min_len = 5
max_len = 5
[rule.examples]
match = ["12345"]
no_match = ["1"]
"""
