"""Values that only their cue gives away: a cue phrase, at most six fillers, a value of a given shape.

1. Between cue and value stand fillers only ("is", "the", "um" ...): no other word, no digit, no placeholder.
2. A cue has one value; of two cues the nearer one counts.
3. What fillers are is data: ``data/<language>/cues.toml``.
"""

from __future__ import annotations

from harness.pii.hits import Hit, accepted
from harness.pii.rules import Rule, RuleSet
from harness.pii.spoken import MONTHS, Run
from harness.pii.view import View
from harness.text.lexicon import load, words

__all__ = ["FILLERS", "cued_values"]

FILLERS = words(load("harness.pii", "cues")["between"])
_MOST = 6
_DIGITS = "0123456789"
_LONGEST_CUE = 4


def cued_values(rules: RuleSet, view: View, said: list[Run]) -> list[Hit]:
    """The values of ``view``'s chain that stand after a cue; ``said`` are its spoken runs."""
    lead = view.lead()
    ends = [index for index, (_, word) in enumerate(lead) if word.rstrip(_DIGITS) in rules.cue_ends]
    if not ends:
        return []
    spoken = {run.start: run for run in said}
    hits: list[Hit] = []
    for index in range(ends[0] + 1, min(len(lead), ends[-1] + _MOST + 2)):
        start, word = lead[index]
        if start < 0:
            continue
        found = _rules_before(rules, lead, index)
        for rule in found:
            hit = _written(rule, view, start) or _said(rule, view, start, word, spoken)
            if hit:
                hits.append(hit)
    return hits


def _rules_before(rules: RuleSet, lead: list[tuple[int, str]], index: int) -> tuple[Rule, ...]:
    """The rules whose cue ends, fillers apart, before word ``index``."""
    for skipped in range(_MOST + 1):
        last = index - skipped
        if last <= 0:
            return ()
        word = lead[last - 1][1]
        if word.rstrip(_DIGITS) in rules.cue_ends:
            for size in range(min(_LONGEST_CUE, last), 0, -1):
                found = rules.by_cue.get(" ".join([lead[n][1] for n in range(last - size, last)]))
                if found:
                    return found
        if word not in FILLERS:
            return ()
    return ()


def _written(rule: Rule, view: View, start: int) -> Hit | None:
    before = view.char_before(start)
    if before.isalnum() or before in "$€£*_":
        return None
    found = rule.pattern.match(view.chain, start)
    if found is None:
        return None
    end = found.end()
    after = view.char_after(end)
    if not rule.min_len <= end - start <= rule.max_len or after.isalnum() or (after and after in "*%_@"):
        return None
    if after and after in ".,/:-" and view.char_after(end, 1).isdigit():
        return None
    return Hit(start, end, rule, rule.priority) if accepted(rule, view, start, end) else None


def _said(rule: Rule, view: View, start: int, word: str, spoken: dict[int, Run]) -> Hit | None:
    if rule.spoken is None:
        return None
    run = spoken.get(start)
    if run is None and word in MONTHS:
        first = next((n for n in sorted(spoken) if n > start), None)
        run = spoken[first] if first is not None and not view.chain[start + len(word) : first].strip(" ,") else None
    if run is None:
        return None
    fits = rule.spoken.fullmatch
    run = next((reading for reading in (run, *run.shorter(view.chain)) if fits(reading.digits)), None)
    if run is None:
        return None
    return Hit(start, run.end, rule, rule.priority) if accepted(rule, view, start, run.end, run.digits) else None
