"""Rows of written digit groups: where a number may begin and end, and which rules take it.

1. Whole groups of digits only: a candidate begins and ends where a number can (never inside a longer one), and the
   pattern of a rule must match all of it.
"""

from __future__ import annotations

import re
from itertools import pairwise

from harness.pii.hits import Hit, accepted, hit_of
from harness.pii.rules import Rule, RuleSet
from harness.pii.view import View

__all__ = ["GROUP", "written_runs"]

_WHOLE_PHONE = 10
GROUP = re.compile(r"[0-9]+")
_JOINT = re.compile(r"[ \t\n]{1,3}|[ \t\n]{0,2}[-./,()+]{1,2}[ \t\n]{0,2}[(]?")
_EXTENSION = re.compile(r"[ ]{0,2}(?:x|ext|extn|extension)[.:]?[ ]{0,2}[0-9]{1,6}(?![0-9A-Za-z])", re.IGNORECASE)
_NO_FRACTION = re.compile(r"(?<=[0-9]{12})\.0{1,6}(?![0-9])")
"""A long number as programs write it that took it for a measure."""
_GLUED = re.compile(r"([^\W\d_]+)[-_#]?\Z")
_NEVER_BEFORE = "*$€£¥%_"
_NEVER_AFTER = "*%_"


def written_runs(rules: RuleSet, view: View, groups: list[tuple[int, int]]) -> list[Hit]:
    """Every window of whole groups that a rule matches."""
    chain = view.chain
    if not rules.of_kind("run"):
        return []
    joined = [bool(_JOINT.fullmatch(chain, a[1], b[0])) for a, b in pairwise(groups)]
    ends = [_ends(rules, view, end) for _, end in groups]
    hits: list[Hit] = []
    for first, (start, _) in enumerate(groups):
        if not _begins(view, start):
            continue
        digits = 0
        for last in range(first, len(groups)):
            if last > first and not joined[last - 1]:
                break
            low, end = groups[last]
            digits += end - low
            candidates = rules.by_digits.get(digits)
            if candidates is None:
                break
            if candidates and ends[last]:
                hits += _window(rules, candidates, view, start, end, digits)
    return hits


def _ends(rules: RuleSet, view: View, end: int) -> bool:
    """Quick refusal of places where no number ends; :func:`_right_edge` has the details."""
    after = view.char_after(end)
    if not after or after.isspace():
        return True
    if after in "-.":
        following = view.char_after(end, 1)
        return not following.isdigit() or rules.goes_on or (after == "." and following == "0")
    return not after.isalpha() or after in "xXeE"


def _begins(view: View, start: int) -> bool:
    """Quick refusal of places where no number begins; :func:`_left_edge` has the details."""
    before = view.char_before(start)
    return not (
        before and before in "-.:," and start > 1 and view.chain[start - 2].isdigit() and not _list(view, start)
    )


def _list(view: View, start: int) -> bool:
    """A comma between two whole numbers, not between thousands."""
    if view.chain[start - 1] != ",":
        return False
    left = re.search(r"[0-9]*\Z", view.chain[max(0, start - 5) : start - 1])
    right = GROUP.match(view.chain, start)
    assert left is not None
    assert right is not None
    return len(left[0]) > 3 or len(right[0]) != 3


def _window(rules: RuleSet, candidates: tuple[Rule, ...], view: View, start: int, end: int, digits: int) -> list[Hit]:
    begin = start
    while begin and start - begin < 2 and view.chain[begin - 1] in "(+":
        begin -= 1
    if begin < start:
        if ")" not in view.chain[start:end]:
            # An open parenthesis encloses the number; it does not begin it.
            begin += view.chain[begin:start].rfind("(") + 1
    elif any_of := rules.run_any.get(digits):
        found = any_of.fullmatch(view.chain, start, end)
        if found is None:
            return []
        candidates = candidates[(found.lastindex or 1) - 1 :]
    signed = begin < start and "+" in view.chain[begin:start]
    near = view.word_set(start)
    for rule in candidates:
        if rule.asked is not None and rule.asked.isdisjoint(near):
            continue
        for low in range(begin, begin + 1 if signed and rule.type == "PHONE" else start + 1):
            if rule.pattern.fullmatch(view.chain, low, end):
                hit = _run_hit(rule, view, low, end, digits)
                if hit:
                    # Rules come by priority: another one can only say the same of this window.
                    return [hit]
                break
    return []


def _run_hit(rule: Rule, view: View, start: int, end: int, digits: int) -> Hit | None:
    last = end
    found = _EXTENSION.match(view.chain, end) if rule.extension else _NO_FRACTION.match(view.chain, end)
    if found and _right_edge(rule, view, found.end(), digits):
        end = found.end()
    if not rule.min_len <= end - start <= rule.max_len + (16 if rule.extension else 7):
        return None
    if not _right_edge(rule, view, end, digits) or not _left_edge(rule, view, start, digits):
        return None
    value = None if rule.extension else view.chain[start:last]
    return hit_of(rule, view, start, end) if accepted(rule, view, start, end, value) else None


def _left_edge(rule: Rule, view: View, start: int, digits: int) -> bool:
    before = view.char_before(start)
    if not before or before.isspace():
        return True
    if before.isdigit() and view.chain[start] in "+(":
        return digits >= _WHOLE_PHONE
    if before in _NEVER_BEFORE or before.isdigit():
        return False
    second = view.chain[start - 2] if start > 1 else view.tail[-2 + start :][:1]
    if before == "/" and second.isdigit():
        return digits >= 7
    if before.isalpha() or before == "#" or (before == "-" and second.isalpha()):
        glued = _GLUED.search((view.tail[-24:] + view.chain[:start])[-24:])
        words = rule.context.words if rule.context else None
        if before == "#" and (rule.negative is None or (rule.context and rule.context.required)):
            return True
        return bool(glued and words and words.is_cue(glued[1]))
    return not (before in "-.:" and second.isdigit())


def _right_edge(rule: Rule, view: View, end: int, digits: int) -> bool:
    after = view.char_after(end)
    if not after or after.isspace():
        return True
    if after.isalnum() or after in _NEVER_AFTER:
        return False
    following = view.char_after(end, 1)
    if not following.isdigit() or after not in "-./:,+(":
        return True
    if rule.after and rule.after.match(after + following):
        return True
    if after == "/":
        return digits >= 7
    return after in ",+(" and (after != "," or _list(view, end + 1))
