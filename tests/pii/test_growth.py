"""Linear time: for every rule a text made to be slow, twice as long at most 2.3 times the cost.

At small sizes the cost is the number of calls made, which is the same on any machine; at full size (half a million code
points, then a million) it is CPU time, the least of several.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from harness.pii.rules import Rule, builtin_rules
from harness.pii.stream import Redactor

REDACTOR = Redactor()
Figure = Callable[[str, object], None]
MOST = 2.3
SMALL, FULL = 2_000, 500_000
ATTEMPTS = 6
GENERAL = (
    "1", "1 ", "1-", "1.", "12,", "1_", "@", "a@", "a@ ", ".@", "5 @ ", "kim@b ", "a@b.c", "a.", "x", "x ", "-", "_", ":", "(",
    "+1 ", "\u200b", "\u200b1", "\u00e91 ", "\uff14 ", "five ", "five", "twenty ", "double ", "plus ", "oh-", "e ", "uh ",
    "five uh ", "five and ", "at ", "at dot ", "kim at a dot ", "GB33 ", "eyJ", "https://a?", "card ", "pin is ",
    "my pin my card cvv is the ", "my pin is my card is 1 ", "[PHONE_REDACTED]", "\n", "1\n",
)  # fmt: skip


def pumps(rule: Rule) -> list[str]:
    """What is repeated for a rule: its value apart, glued, broken off, and its cue."""
    value = rule.match[0]
    return [f"{value} ", value, f"{value[:-1]}, ", *(f"{cue} is 1 " for cue in rule.cues[:1])]


def calls(text: str) -> int:
    """Calls made to search ``text``."""
    made = 0

    def count(frame: FrameType, event: str, arg: Any) -> None:
        nonlocal made
        made += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        REDACTOR.detect(text)
    finally:
        sys.setprofile(before)
    return made


def cpu(text: str) -> float:
    """CPU seconds to search ``text``."""
    gc.collect()
    gc.disable()
    try:
        before = time.process_time()
        REDACTOR.detect(text)
        return time.process_time() - before
    finally:
        gc.enable()


def ratio(pump: str, size: int, cost: Callable[[str], float], attempts: int) -> float:
    """Cost of twice the text against that of the text; of several attempts the least of each."""
    times = size // len(pump) + 1
    once = twice = float("inf")
    for _ in range(attempts):
        once, twice = min(once, cost(pump * times)), min(twice, cost(pump * times * 2))
        if twice <= MOST * once:
            break
    return twice / once


@pytest.mark.parametrize("rule", builtin_rules().rules, ids=lambda rule: rule.id)
def test_calls_of_a_rule(rule: Rule) -> None:
    """Twice the text is at most 2.3 times the calls."""
    found = {pump: ratio(pump, SMALL, calls, 1) for pump in (pumps(rule)[0], pumps(rule)[-1])}
    assert max(found.values()) <= MOST, found


@pytest.mark.parametrize("pump", GENERAL, ids=ascii)
def test_calls_of_a_row(pump: str) -> None:
    """The same for what cues, spoken numbers, addresses, single tokens and the fold are made of."""
    assert ratio(pump, SMALL, calls, 1) <= MOST


@pytest.mark.prove
@pytest.mark.parametrize("rule", builtin_rules().rules, ids=lambda rule: rule.id)
def test_time_of_a_rule(rule: Rule, figure: Figure) -> None:
    """Twice the text, up to a million code points, is at most 2.3 times the CPU time."""
    worst = max(pumps(rule), key=lambda pump: calls(pump * (SMALL // len(pump))))
    found = ratio(worst, FULL, cpu, ATTEMPTS)
    figure(f"growth of {rule.id}", f"{found:.2f}")
    assert found <= MOST


@pytest.mark.prove
@pytest.mark.parametrize("pump", GENERAL, ids=ascii)
def test_time_of_a_row(pump: str, figure: Figure) -> None:
    """The same for rows that are no value of a rule."""
    found = ratio(pump, FULL, cpu, ATTEMPTS)
    figure(f"growth of a row of {pump!a}", f"{found:.2f}")
    assert found <= MOST
