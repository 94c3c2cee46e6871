"""The user's own rules, merged with those of the package.

1. A rule with the ``id`` of a built-in one takes its place; every other one is added.
2. The user's patterns run on RE2, in linear time. What RE2 cannot compile (look-around, back-references) is refused, and so
   is a pattern without an upper bound (``*``, ``+``, ``{3,}``): ``max_len`` bounds what a stream holds back.
3. A value must hold a digit, an ``@`` or two number words: text without them is never searched. A rule none of whose examples
   shows such a value is refused, for it could never find one.
4. Whether a rule's examples hold is checked by ``harness rules test``, not on load.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, cast

import re2

from harness.errors import ConfigError
from harness.pii.gate import NUMBER, words_in
from harness.pii.rules import Rule, RuleSet, builtin_rules, builtin_sources, load_rules

__all__ = ["linear_pattern", "merged_rules", "rules_of"]

_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]|\\.")
_OPEN = re.compile(r"[*+]|\{[0-9]*,\}")
_SIGN = re.compile("[0-9@]")


def merged_rules(sources: Iterable[tuple[str, str]]) -> RuleSet:
    """The built-in rules and those of ``sources``, (name, TOML text) of each file.

    Raises:
        ConfigError: a file or a rule is refused; see the module's rules and those of rules.py.
    """
    rules = load_rules(builtin_sources(), user=sources, compiler=linear_pattern)
    known = {rule.id: rule for rule in builtin_rules().rules}
    for rule in rules.rules:
        if rule.kind == "regex" and rule.match != getattr(known.get(rule.id), "match", None) and not _may_be_seen(rule):
            expected = "a value with a digit, an @ or two number words"
            raise ConfigError(f"rule {rule.id}: match", "no such value", expected, fix="see harness/pii/REDACTION.md")
    return rules


def _may_be_seen(rule: Rule) -> bool:
    """Rule 3; an example in which the pattern finds nothing is none of its business."""
    values = [found[0] for example in rule.match if (found := rule.pattern.search(example))]
    return not values or any(_SIGN.search(value) or _number_words(value) > 1 for value in values)


def _number_words(value: str) -> int:
    return sum(word in NUMBER for word in words_in(value))


def rules_of(files: Sequence[Path]) -> RuleSet:
    """The built-in rules, merged with ``files`` if there are any.

    Raises:
        ConfigError: a file cannot be read or is refused.
    """
    return merged_rules([(str(path), _text(path)) for path in files]) if files else builtin_rules()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise ConfigError("rules", str(path), "a readable TOML file") from None


def linear_pattern(name: str, pattern: str) -> re.Pattern[str]:
    """``pattern`` compiled by RE2.

    Raises:
        ConfigError: rule 2.
    """
    if _OPEN.search(_CLASS.sub("x", pattern)):
        raise ConfigError(f"{name}: pattern", "unbounded", "a pattern with an upper bound", fix="write {1,20} for +")
    options = re2.Options()
    options.log_errors = False
    try:
        return cast("re.Pattern[str]", _compile(pattern, options))
    except re2.error:
        raise ConfigError(
            f"{name}: pattern", "refused by RE2", "a regular expression without look-around and back-references"
        ) from None


def _compile(pattern: str, options: Any) -> Any:
    return re2.compile(pattern, options)
