"""The user's own rules: merged, run on RE2, refused with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.pii.rules import builtin_rules
from harness.pii.stream import Redactor
from harness.pii.user_rules import merged_rules, rules_of

BADGE = """
[[rule]]
id = "badge.number"
type = "BADGE"
kind = "regex"
pattern = 'EMP-[0-9]{5}'
priority = 50
min_len = 9
max_len = 10
[rule.examples]
match = ["badge EMP-12345"]
no_match = ["EMP-1234"]
"""


def test_a_rule_is_added(tmp_path: Path) -> None:
    """What the built-in rules find is found as before."""
    path = tmp_path / "mine.toml"
    path.write_text(BADGE)
    redactor = Redactor(rules_of([path]))
    assert redactor.redact("EMP-12345 called 628-271-4432").text == "[BADGE_REDACTED] called [PHONE_REDACTED]"
    assert redactor.redact("seen at two, EMP-1").text == "seen at two, EMP-1"
    assert redactor.policy_digest != builtin_rules().digest
    assert rules_of([]) is builtin_rules()


def test_a_rule_takes_the_place_of_a_built_in_one() -> None:
    """The same id, another rule."""
    mine = BADGE.replace("badge.number", "phone.nanp")
    rules = merged_rules([("mine.toml", mine)])
    assert [rule.type for rule in rules.rules if rule.id == "phone.nanp"] == ["BADGE"]
    assert len(rules.rules) == len(builtin_rules().rules)


@pytest.mark.parametrize("pattern", ["EMP-[0-9]+", "EMP-[0-9]*", "EMP-[0-9]{5,}", "(?<=x)EMP", r"(EMP)-\\1"])
def test_patterns_without_a_bound_or_beyond_re2_are_refused(pattern: str) -> None:
    """The message names the rule and what is allowed."""
    with pytest.raises(ConfigError, match=r"badge\.number: pattern"):
        merged_rules([("mine.toml", BADGE.replace("EMP-[0-9]{5}", pattern.replace("\\\\", "\\")))])


def test_stars_in_classes_and_escapes_are_no_repetition() -> None:
    r"""``[*+]`` and ``\+`` are characters."""
    rules = merged_rules([("mine.toml", BADGE.replace("'EMP-", r"'EMP[*+]\+"))])
    assert Redactor(rules).detect("EMP*+12345")[0].type == "BADGE"


def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(ConfigError, match=r"missing\.toml"):
        rules_of([tmp_path / "missing.toml"])


def rule(pattern: str, match: str) -> str:
    """A rule of one's own."""
    return f"""
[[rule]]
id = "own"
type = "OWN"
kind = "regex"
pattern = '{pattern}'
priority = 99
min_len = 3
max_len = 40
[rule.examples]
match = ["{match}"]
no_match = ["nothing"]
"""


def test_a_value_may_be_seen_by_its_at() -> None:
    """A pattern that needs no digit is searched where an ``@`` stands."""
    rules = merged_rules([("own.toml", rule("ops@[a-z]{3,20}", "write to ops@desk"))])
    assert Redactor(rules).redact("please write to ops@desk today").text == "please write to [OWN_REDACTED] today"


def test_a_value_that_cannot_be_seen_is_refused() -> None:
    """Letters alone are never searched: a rule for them would leak in silence."""
    with pytest.raises(ConfigError, match="a digit, an @ or two number words"):
        merged_rules([("own.toml", rule("CASE-[A-Z]{5}", "my case is CASE-QWERT"))])
    merged_rules([("own.toml", rule("CASE-[A-Z0-9]{5}", "my case is CASE-QW3RT"))])
