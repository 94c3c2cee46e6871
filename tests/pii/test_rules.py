"""Loading rules: what is refused, with the way out."""

from __future__ import annotations

import pytest

from harness.errors import ConfigError
from harness.pii.rules import builtin_rules, load_rules
from harness.pii.stream import Redactor

GOOD = """
[macros]
WORDS = ["badge"]
[[rule]]
id = "badge.number"
type = "BADGE"
kind = "run"
pattern = '\\d{5}'
digits = [5, 5]
context = { words = "<WORDS>", required = true }
priority = 10
min_len = 5
max_len = 5
[rule.examples]
match = ["badge 12345"]
no_match = ["12345"]
"""


def test_a_rule_of_ones_own() -> None:
    """A rule file is enough for a new type."""
    redactor = Redactor(load_rules([("mine.toml", GOOD)]))
    assert redactor.redact("badge 12345, room 12345x 54321").text.startswith("badge [BADGE_REDACTED],")
    assert redactor.policy_digest != builtin_rules().digest


def test_a_rule_without_context_or_run() -> None:
    """An empty set of rules finds nothing."""
    assert Redactor(load_rules([])).detect("call 628-271-4432 or kim@kestrel.io") == []


def test_an_invalid_value_may_be_kept() -> None:
    """``on_invalid = keep`` accepts what the validator refuses."""
    text = GOOD.replace("priority", 'validators = ["luhn"]\non_invalid = "keep"\npriority')
    assert Redactor(load_rules([("mine.toml", text)])).redact("badge 12345").text == "badge [BADGE_REDACTED]"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("priority = 10", "", "priority"),
        ("priority = 10", "priority = 10\ncolour = 1", "colour"),
        ('kind = "run"', 'kind = "guess"', "run | regex | email"),
        ('match = ["badge 12345"]', "match = []", "at least one match"),
        ("max_len = 5", "max_len = 9000", "max_len"),
        ("priority = 10", 'priority = 10\nvalidators = ["magic"]', "luhn"),
        ("'\\d{5}'", "'(\\d'", "regular expression"),
        ("[macros]", "[macros", "TOML"),
        ("[[rule]]", "[[rule]]", "once"),
    ],
)
def test_refusals(old: str, new: str, words: str) -> None:
    """Each refusal says what is expected."""
    text = GOOD.replace(old, new)
    sources = [("a.toml", text), ("b.toml", text)] if words == "once" else [("a.toml", text)]
    with pytest.raises(ConfigError, match=words.replace("|", r"\|")):
        load_rules(sources)
