"""Classify one closed chain: candidate runs -> validators, context, negatives -> spans.

1. Whole groups of digits only: a candidate begins and ends where a number can (never inside a longer one), and the
   pattern of a rule must match all of it.
2. Of overlapping candidates the higher priority wins, then the longer, then the earlier one. A surrogate has at least
   the priority :data:`_SURROGATE`, so that it is found again over its whole length.
3. Context is words only: digits, placeholders and punctuation do not count. It is the same in a text, in that text
   with surrogates and in that text redacted.
4. What is left beside a value is looked at again, so redacting redacted text changes nothing.
5. A chain has at most :data:`harness.pii.segment.CAP` characters, so everything here is bounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise

from harness.pii.rules import Rule, RuleSet
from harness.pii.surrogate import is_surrogate
from harness.pii.validators import fit_iban, is_toll_free
from harness.text.placeholder import PLACEHOLDER, placeholder

__all__ = ["Hit", "classify"]

_SURROGATE = 70
_FEWEST_DIGITS = 2
_WHOLE_PHONE = 10
_GROUP = re.compile(r"[0-9]+")
_JOINT = re.compile(r"[ \t\n]{1,3}|[ \t\n]{0,2}[-./,()+]{1,2}[ \t\n]{0,2}[(]?")
_ADDRESS_ROW = re.compile(r"[\w.%+'@-]+")
_NO_WORD = re.compile(r"[\W\d_]+")
_RIGHT_WORD = re.compile(r"[\s().,:;\\/-]{0,4}([^\W\d_]{1,20})(?=[\s,;:!?)\\]|\.(?:\s|\Z)|\Z)")
_EXTENSION = re.compile(r"[ ]{0,2}(?:x|ext|extn|extension)[.:]?[ ]{0,2}[0-9]{1,6}(?![0-9A-Za-z])", re.IGNORECASE)
_GLUED = re.compile(r"([^\W\d_]+)[-_#]?\Z")
_NEVER_BEFORE = "*$€£¥%_"
_NEVER_AFTER = "*%_"
_HEX_EDGE = (":", "_")


@dataclass(frozen=True, slots=True)
class Hit:
    """A candidate that a rule accepts; offsets in the chain."""

    start: int
    end: int
    rule: Rule
    priority: int


def classify(rules: RuleSet, tail: str, chain: str, look: str) -> list[Hit]:
    """The values in ``chain``.

    Args:
        tail: folded, redacted text before the chain.
        chain: folded text of the chain.
        look: a little text after it.

    Returns:
        hits in order, not overlapping.
    """
    view = _View(tail, chain, look)
    hits = _emails(rules, view) if "@" in chain else []
    groups = [found.span() for found in _GROUP.finditer(chain)]
    if sum(end - start for start, end in groups) >= _FEWEST_DIGITS:
        hits += _searched(rules, view)
        hits += _runs(rules, view, groups)
    if not hits:
        return hits
    return _with_rest(rules, view, _chosen(hits))


def _with_rest(rules: RuleSet, view: _View, hits: list[Hit]) -> list[Hit]:
    """What is left between the hits, looked at again as it stands in the redacted text (rule 4)."""
    found: list[Hit] = []
    tail, position = view.tail, 0
    for hit in [*hits, None]:
        end = hit.start if hit else len(view.chain)
        piece = view.chain[position:end]
        rest = classify(rules, tail, piece, "" if hit else view.look) if _worth(piece) else []
        found += [replace(inner, start=position + inner.start, end=position + inner.end) for inner in rest]
        tail += _redacted(piece, rest)
        if hit:
            found.append(hit)
            tail += placeholder(hit.rule.type)
            position = hit.end
    return found


def _worth(piece: str) -> bool:
    return len(piece) > _FEWEST_DIGITS and ("@" in piece or len(_GROUP.sub("", piece)) <= len(piece) - _FEWEST_DIGITS)


def _redacted(piece: str, hits: list[Hit]) -> str:
    parts: list[str] = []
    position = 0
    for hit in hits:
        parts += (piece[position : hit.start], placeholder(hit.rule.type))
        position = hit.end
    return "".join((*parts, piece[position:]))


def _chosen(hits: list[Hit]) -> list[Hit]:
    """Rule 2."""
    taken: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (-h.priority, h.start - h.end, h.start)):
        if all(hit.end <= other.start or other.end <= hit.start for other in taken):
            taken.append(hit)
    return sorted(taken, key=lambda h: h.start)


def _hit(rule: Rule, view: _View, start: int, end: int) -> Hit:
    fake = rule.priority < _SURROGATE and view.chain[start] != "+" and is_surrogate(rule.type, view.chain[start:end])
    return Hit(start, end, rule, _SURROGATE if fake else rule.priority)


class _View:
    """A chain in its surroundings, with the context words of each position computed once."""

    __slots__ = ("_before", "_words", "chain", "look", "tail")

    def __init__(self, tail: str, chain: str, look: str) -> None:
        self.tail = tail
        self.chain = chain
        self.look = look
        self._before: dict[int, str] = {}
        self._words: str | None = None

    def char_before(self, start: int) -> str:
        """The character before ``start``; a blank for scripts that are written without blanks."""
        char = self.chain[start - 1] if start else self.tail[-1:]
        return " " if char >= "\u2e80" else char

    def char_after(self, end: int, ahead: int = 0) -> str:
        """The character ``ahead`` after ``end``, likewise."""
        index = end + ahead - len(self.chain)
        char = self.chain[end + ahead : end + ahead + 1] if index < 0 else self.look[index : index + 1]
        return " " if char >= "\u2e80" else char

    def words_before(self, start: int) -> str:
        """Cleaned words before ``start``."""
        if start not in self._before:
            if self._words is None:
                self._words = _NO_WORD.sub(" ", PLACEHOLDER.sub(" ", self.tail))
            near = _NO_WORD.sub(" ", self.chain[:start])
            joined = self._words + near if start else self._words
            self._before[start] = joined.replace("  ", " ").rstrip()
        return self._before[start]

    def word_after(self, end: int) -> str:
        """The next word, if it is a whole one."""
        found = _RIGHT_WORD.match(self.chain[end:] + self.look)
        return found[1] if found else ""


def _emails(rules: RuleSet, view: _View) -> list[Hit]:
    hits: list[Hit] = []
    for rule in rules.of_kind("email"):
        for run in _ADDRESS_ROW.finditer(view.chain):
            hits += _emails_of_run(rule, view, run.start(), run.group())
    return hits


def _emails_of_run(rule: Rule, view: _View, base: int, run: str) -> list[Hit]:
    """Addresses in a row of address characters: the local part goes back to the last address or the row's start."""
    hits: list[Hit] = []
    start = 0
    at = run.find("@")
    while at >= 0:
        domain = rule.pattern.match(run, at + 1)
        local = run[start:at].lstrip(".%+'@-")
        if domain and local and view.char_before(base + at - len(local)) != "*":
            start = _glued_end(run, domain.end())
            hits.append(Hit(base + at - len(local), base + start, rule, rule.priority))
        at = run.find("@", at + 1)
    return hits


def _glued_end(run: str, end: int) -> int:
    """Past the letters and digits stuck to an address: they cannot be told from it."""
    while end < len(run) and run[end].isalnum():
        end += 1
    return end


def _searched(rules: RuleSet, view: _View) -> list[Hit]:
    hits: list[Hit] = []
    for rule in rules.of_kind("regex"):
        position = 0
        while found := rule.pattern.search(view.chain, position):
            hit = _search_hit(rule, view, found)
            if hit:
                hits.append(hit)
            position = hit.end if hit else _skip(view.chain, found.start())
    return hits


def _skip(text: str, start: int) -> int:
    """Past the word that did not work out."""
    while start < len(text) and text[start].isalnum():
        start += 1
    return start + 1


def _search_hit(rule: Rule, view: _View, found: re.Match[str]) -> Hit | None:
    start, end = found.span()
    if rule.fit:
        end = start + fit_iban(found.group())
    before, after = view.char_before(start), view.char_after(end)
    if (
        end - start < rule.min_len
        or before.isalnum()
        or after.isalnum()
        or (not rule.fit and (before in _HEX_EDGE or after in _HEX_EDGE))
    ):
        return None
    if after == "." and not rule.fit and view.char_after(end, 1).isdigit():
        return None
    return _hit(rule, view, start, end) if _accepted(rule, view, start, end) else None


def _runs(rules: RuleSet, view: _View, groups: list[tuple[int, int]]) -> list[Hit]:
    """Every window of whole groups that a rule matches."""
    chain = view.chain
    joined = [bool(_JOINT.fullmatch(chain, a[1], b[0])) for a, b in pairwise(groups)]
    hits: list[Hit] = []
    for first, (start, _) in enumerate(groups):
        if not _begins(view, start):
            continue
        digits = 0
        for last in range(first, len(groups)):
            if last > first and not joined[last - 1]:
                break
            digits += groups[last][1] - groups[last][0]
            candidates = rules.by_digits.get(digits)
            if candidates is None:
                break
            hits += _window(candidates, view, start, groups[last][1], digits)
    return hits


def _begins(view: _View, start: int) -> bool:
    """Quick refusal of places where no number begins; :func:`_left_edge` has the details."""
    before = view.char_before(start)
    return not (
        before and before in "-.:," and start > 1 and view.chain[start - 2].isdigit() and not _list(view, start)
    )


def _list(view: _View, start: int) -> bool:
    """A comma between two whole numbers, not between thousands."""
    if view.chain[start - 1] != ",":
        return False
    left = re.search(r"[0-9]*\Z", view.chain[max(0, start - 5) : start - 1])
    right = _GROUP.match(view.chain, start)
    assert left is not None
    assert right is not None
    return len(left[0]) > 3 or len(right[0]) != 3


def _window(candidates: tuple[Rule, ...], view: _View, start: int, end: int, digits: int) -> list[Hit]:
    hits: list[Hit] = []
    begin = start
    while begin and start - begin < 2 and view.chain[begin - 1] in "(+":
        begin -= 1
    if ")" not in view.chain[start:end]:
        # An open parenthesis encloses the number; it does not begin it.
        begin += view.chain[begin:start].rfind("(") + 1
    signed = "+" in view.chain[begin:start]
    for rule in candidates:
        for low in range(begin, begin + 1 if signed and rule.type == "PHONE" else start + 1):
            if rule.pattern.fullmatch(view.chain, low, end):
                hit = _run_hit(rule, view, low, end, digits)
                if hit:
                    hits.append(hit)
                break
    return hits


def _run_hit(rule: Rule, view: _View, start: int, end: int, digits: int) -> Hit | None:
    found = _EXTENSION.match(view.chain, end) if rule.extension else None
    if found and _right_edge(rule, view, found.end(), digits):
        end = found.end()
    if not rule.min_len <= end - start <= rule.max_len + (16 if rule.extension else 0):
        return None
    if not _right_edge(rule, view, end, digits) or not _left_edge(rule, view, start, digits):
        return None
    return _hit(rule, view, start, end) if _accepted(rule, view, start, end) else None


def _left_edge(rule: Rule, view: _View, start: int, digits: int) -> bool:
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
        return bool(glued and words and words.fullmatch(glued[1]))
    return not (before in "-.:" and second.isdigit())


def _right_edge(rule: Rule, view: _View, end: int, digits: int) -> bool:
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


def _accepted(rule: Rule, view: _View, start: int, end: int) -> bool:
    """Validators, then context."""
    valid = rule.valid(view.chain[start:end])
    if not valid and rule.on_invalid == "drop":
        return False
    if rule.units and rule.units.fullmatch(view.word_after(end)):
        return False
    if rule.public and is_toll_free(view.chain[start:end]) and rule.public.search(view.words_before(start)[-48:]):
        return False
    needs = (rule.context is not None and rule.context.required) or (not valid and rule.on_invalid == "need_context")
    positive, negative = _distances(rule, view, start, end)
    if needs:
        return positive is not None and (negative is None or positive <= negative)
    return negative is None or (positive is not None and positive <= negative)


def _distances(rule: Rule, view: _View, start: int, end: int) -> tuple[int | None, int | None]:
    """How far the nearest positive and negative cue are from the value, in characters of cleaned text."""
    before = view.words_before(start)
    positive = negative = None
    context = rule.context
    if context:
        positive = _nearest(context.words, before, context.window)
        if positive is None and context.both and context.words.fullmatch(view.word_after(end)):
            positive = 0
    if rule.negative:
        negative = _nearest(rule.negative, before, rule.negative_window)
    return positive, negative


def _nearest(cues: re.Pattern[str], before: str, window: int) -> int | None:
    near = before[-window:]
    last = None
    for last in cues.finditer(near):  # noqa: B007 - the last one is wanted
        pass
    return None if last is None else len(near) - last.end()
