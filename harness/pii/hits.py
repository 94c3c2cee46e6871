"""Candidates that a rule accepts: validators first, then context; of two that overlap, which one stays.

1. Of overlapping candidates the higher priority wins, then the one with more letters and digits, then the earlier one:
   of a number said twice, neither may be cut out of the middle. A surrogate telephone number has at least the priority
   :data:`_SURROGATE`, so that it is found again over its whole length.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from harness.pii.rules import Cues, Rule
from harness.pii.shapes import digits_of
from harness.pii.surrogate import is_surrogate
from harness.pii.validators import is_toll_free
from harness.pii.view import View

__all__ = ["Hit", "accepted", "chosen", "hit_of"]

_SURROGATE = 70


class Hit(NamedTuple):
    """A candidate that a rule accepts; offsets in the chain."""

    start: int
    end: int
    rule: Rule
    priority: int


def chosen(hits: Iterable[Hit], chain: str) -> list[Hit]:
    """Those of ``hits`` in ``chain`` that stay, in order of place (rule 1)."""
    taken: list[Hit] = []

    def rank(hit: Hit) -> tuple[int, int, int, int]:
        return -hit.priority, -sum(map(str.isalnum, chain[hit.start : hit.end])), hit.start, -hit.end

    for hit in sorted(hits, key=rank):
        if all(hit.end <= other.start or other.end <= hit.start for other in taken):
            taken.append(hit)
    return sorted(taken, key=lambda h: h.start)


def hit_of(rule: Rule, view: View, start: int, end: int) -> Hit:
    """The hit, a surrogate with the priority of one."""
    priority = rule.priority
    if priority < _SURROGATE and view.chain[start] != "+":
        text = view.chain[start:end]
        if ("55" in text or (text.count("0") > 2 and "000" in digits_of(text))) and is_surrogate(rule.type, text):
            priority = _SURROGATE
    return Hit(start, end, rule, priority)


def accepted(rule: Rule, view: View, start: int, end: int, value: str | None = None) -> bool:
    """Validators, then context.

    Args:
        value: what the validators see; the text of the candidate if None.
    """
    value = view.chain[start:end] if value is None else value
    valid = not rule.validators or rule.valid(value)
    if not valid and rule.on_invalid == "drop":
        return False
    if rule.units and rule.units.is_cue(view.word_after(end)):
        return False
    if rule.public and is_toll_free(value) and _is_public(rule.public, view, start):
        return False
    needs = (rule.context is not None and rule.context.required) or (not valid and rule.on_invalid == "need_context")
    positive, negative = _distances(rule, view, start, end)
    if needs:
        return positive is not None and (negative is None or positive <= negative)
    return negative is None or (positive is not None and positive <= negative)


def _is_public(cues: Cues, view: View, start: int) -> bool:
    return cues.nearest(view.words_before(start), view.word_set(start), 48) is not None


def _distances(rule: Rule, view: View, start: int, end: int) -> tuple[int | None, int | None]:
    """How far the nearest positive and negative cue are from the value, in characters of cleaned text."""
    context = rule.context
    if context is None and rule.negative is None:
        return None, None
    before, near = view.words_before(start), view.word_set(start)
    positive = negative = None
    if context:
        positive = context.words.nearest(before, near, context.window)
        if positive is None and context.both and context.words.is_cue(view.word_after(end)):
            positive = 0
    if rule.negative:
        since = view.words_since(start)
        negative = rule.negative.nearest(since, near, rule.negative_window) if since else None
    return positive, negative
