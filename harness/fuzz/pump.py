"""Slow inputs: strings pumped up from each rule's examples.

1. *Growth*, by processor time: t(2n) / t(n) must stay at or below :data:`GROWTH`; the law is linear time. Noise is no
   evidence: a suspicion counts only if six more pairs of measurements, on longer texts, say the same, every one.
2. *Work*, by counting, for the user's rules: their patterns may look at :data:`WORK` characters for each one of the
   text. What a pattern can see at once is bounded, so one that starts anew at every word and reads on to the end shows
   here and not in the growth.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar, cast

from harness.clock import cpu_ns
from harness.fuzz.problems import Problem
from harness.pii.rules import Rule, RuleSet
from harness.pii.segment import CAP
from harness.pii.stream import Redactor

__all__ = ["GROWTH", "WORK", "growth_problem", "pumps", "work_problem"]

GROWTH = 2.3
WORK = 100
_ROW = CAP - 16
_SIZES = ((2048, 1), (16_384, 3), (65_536, 3))
"""(code points, pairs of measurements), one after the other."""
_WORK_SIZE = 1024
_WORD = re.compile(r"[A-Za-z0-9]+")

Timer = Callable[[Redactor, str], int]
K = TypeVar("K")


def pumps(rule: Rule, examples: int = 2) -> Iterator[str]:
    """Strings to repeat: an example, and its words in rows just shorter than the cap, ended so that they are no value."""
    for text in rule.match[:examples]:
        words = _WORD.findall(text)
        yield text[:-1] + "! "
        for glue in (" ", "-", ""):
            yield ((glue.join(words) + glue or "1") * _ROW)[:_ROW] + "! "
        yield ("-".join(word[-2:] for word in (*words, "1")) * _ROW)[:_ROW] + "! "


def _text(pump: str, size: int) -> str:
    return (pump * (size // len(pump) + 1))[:size]


def measured(redactor: Redactor, text: str) -> int:
    """The processor time of a redaction, in nanoseconds."""
    begin = cpu_ns()
    redactor.redact(text)
    return max(1, cpu_ns() - begin)


def growth_problem(redactor: Redactor, rule: Rule, pump: str, timer: Timer = measured) -> Problem | None:
    """The pump makes time grow faster than the text (rule 1)."""
    for size, pairs in _SIZES:
        short, long = _text(pump, size), _text(pump, 2 * size)
        for _ in range(pairs):
            if timer(redactor, long) <= GROWTH * timer(redactor, short):
                return None
    return Problem("slow", rule.id, f"twice the text takes more than {GROWTH} times as long")


class _Counting:
    """A pattern that counts the characters it reads."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern = pattern
        self.read = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pattern, name)

    def search(self, text: str, start: int = 0) -> re.Match[str] | None:
        return self._counted(self._pattern.search(text, start), start, len(text))

    def match(self, text: str, start: int = 0) -> re.Match[str] | None:
        return self._counted(self._pattern.match(text, start), start, start + 1)

    def fullmatch(self, text: str, start: int = 0, end: int | None = None) -> re.Match[str] | None:
        end = len(text) if end is None else end
        return self._counted(self._pattern.fullmatch(text, start, end), start, end)

    def _counted(self, found: re.Match[str] | None, start: int, end: int) -> re.Match[str] | None:
        self.read += (found.end() if found else end) - start
        return found


def work_problem(rules: RuleSet, rule: Rule, pump: str) -> Problem | None:
    """The rule's pattern reads the pump over and over (rule 2)."""
    counting = _Counting(rule.pattern)
    text = _text(pump, _WORK_SIZE)
    Redactor(_swapped(rules, rule, replace(rule, pattern=cast("re.Pattern[str]", counting)))).redact(text)
    if counting.read <= WORK * len(text):
        return None
    return Problem("slow", rule.id, f"the pattern reads more than {WORK} characters for each one of the text")


def _swapped(rules: RuleSet, old: Rule, new: Rule) -> RuleSet:
    """``rules`` with ``new`` in the place of ``old``."""

    def swap(some: Iterable[Rule]) -> tuple[Rule, ...]:
        return tuple(new if rule is old else rule for rule in some)

    def swap_all(index: Mapping[K, tuple[Rule, ...]]) -> dict[K, tuple[Rule, ...]]:
        return {key: swap(some) for key, some in index.items()}

    return replace(
        rules,
        rules=swap(rules.rules),
        by_digits=swap_all(rules.by_digits),
        by_kind=swap_all(rules.by_kind),
        by_cue=swap_all(rules.by_cue),
    )
