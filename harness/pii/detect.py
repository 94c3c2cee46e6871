"""Classify one closed chain: candidates -> validators, context, negatives -> spans.

1. Candidates come from five places: e-mail addresses, searched patterns, rows of written digits (runs.py), rows of
   spoken ones, and values after a cue phrase. Which of those that overlap stays is said in hits.py.
2. What is left beside a value is looked at again, so redacting redacted text changes nothing.
3. A chain has at most :data:`harness.pii.segment.CAP` characters, so everything here is bounded.
"""

from __future__ import annotations

import re

from harness.pii.cued import cued_values
from harness.pii.gate import FEW_DIGITS, SAID_MAIL, SPOKEN, is_plain, words_in
from harness.pii.heard import ValueBook
from harness.pii.hits import Hit, accepted, chosen, hit_of
from harness.pii.rules import Rule, RuleSet
from harness.pii.runs import GROUP, written_runs
from harness.pii.spoken import Run, runs
from harness.pii.spoken_mail import addresses
from harness.pii.validators import fit_iban
from harness.pii.view import View
from harness.text.placeholder import placeholder

__all__ = ["Hit", "classify"]

_FEWEST_DIGITS = 2
_BROKEN = re.compile(r"(?<![\w.%+'-])\w[\w.%+'-]{0,63}@ ?\n ?")
"""An address that a line break parts behind its sign."""
_ADDRESS_ROW = re.compile(r"[\w.%+'@-]+")
_ESCAPE = re.compile("%(?:2[0-9A-Fa-f]|3[Aa]|40|5[Ff])")
"""The escapes of blanks and punctuation that stand in values."""
_HEX_EDGE = (":", "_")
_ALONE = re.compile(r"""(?<![^\s"'(),;:!?<>.…])@(?![^\s"'(),;:!?<>.…])""")
_SAID_AT = re.compile(r"(?:\bat\b|@).{0,80}(?:\bdot\b|\.)|\bdot\b", re.IGNORECASE | re.DOTALL)
_MAIL_CUE = frozenset({"email", "mail", "e", "gmail", "inbox", "write", "send", "sent", "address"})
_GLUED = re.compile(r"=|[A-Za-z][0-9]|[0-9][A-Za-z]|[A-Z]{2}[ -][0-9]|:|_")
"""What every built-in pattern that is searched for has in it."""


def classify(rules: RuleSet, tail: str, chain: str, look: str, heard: ValueBook | None = None) -> list[Hit]:
    """The values in ``chain``.

    Args:
        tail: folded, redacted text before the chain.
        chain: folded text of the chain.
        look: a little text after it.
        heard: the values that are known by now; it learns those of the chain.

    Returns:
        hits in order, not overlapping.
    """
    view = View(tail, chain, look)
    words = words_in(chain)
    groups = [found.span() for found in GROUP.finditer(chain)]
    said = [] if SPOKEN.isdisjoint(words) else runs(chain)
    hits = _signed(rules, view, words)
    hits += _numbers(rules, view, groups, said)
    if (said or groups or "=" in chain) and (not rules.cue_low.isdisjoint(words) or view.has_cue(rules)):
        hits += cued_values(rules, view, said)
    if heard:
        hits += heard.mentions(rules, view, groups, said)
    if not hits:
        return hits
    if len(hits) > 1:
        hits = chosen(hits, chain)
    if heard is not None:
        for hit in hits:
            heard.learn(hit.rule.type, chain[hit.start : hit.end])
    return _with_rest(rules, view, hits, heard)


def _signed(rules: RuleSet, view: View, words: list[bytes]) -> list[Hit]:
    """E-mail addresses, and what is written with percent escapes."""
    chain = view.chain
    hits = _emails(rules, view) if "@" in chain else []
    if _may_say_address(chain, words):
        hits += _said_emails(rules, view)
    return hits + _encoded(rules, view) if "%" in chain and _ESCAPE.search(chain) else hits


def _numbers(rules: RuleSet, view: View, groups: list[tuple[int, int]], said: list[Run]) -> list[Hit]:
    """Searched patterns, and rows of digits."""
    chain, hits = view.chain, []
    digits = sum([end - start for start, end in groups])
    if (digits or "=" in chain) and _GLUED.search(chain) if rules.builtin else digits or "=" in chain or "@" in chain:
        hits += _searched(rules, view)
    if digits and (digits >= FEW_DIGITS or not rules.builtin or chain.count(".") > 2):
        hits += written_runs(rules, view, groups)
    return hits + _said_numbers(rules, view, said) if said else hits


def _encoded(rules: RuleSet, view: View) -> list[Hit]:
    """The values of the chain once its percent escapes are undone; a sign that is escaped before a number stays outside."""
    parts: list[str] = []
    starts: list[int] = []
    at = 0
    for found in _ESCAPE.finditer(view.chain):
        parts += (view.chain[at : found.start()], chr(int(found[0][1:], 16)))
        starts += range(at, found.start() + 1)
        at = found.end()
    plain = "".join((*parts, view.chain[at:]))
    starts += range(at, len(view.chain) + 1)
    hits: list[Hit] = []
    for hit in classify(rules, view.tail, plain, view.look):
        first = hit.start + (plain[hit.start] == "+" and view.chain[starts[hit.start]] == "%")
        if "%" in view.chain[starts[first] : starts[hit.end]] or first > hit.start:
            hits.append(Hit(starts[first], starts[hit.end], hit.rule, hit.priority))
    return hits


def _may_say_address(chain: str, words: list[bytes]) -> bool:
    """A quick test: a spoken address has a joiner or a lone ``@``, and what its "dot" may be."""
    if chain.isascii() and SAID_MAIL.isdisjoint(words) and ("@" not in chain or not _ALONE.search(chain)):
        return False
    return _SAID_AT.search(chain) is not None


def _with_rest(rules: RuleSet, view: View, hits: list[Hit], heard: ValueBook | None) -> list[Hit]:
    """What is left between the hits, looked at again as it stands in the redacted text (rule 2)."""
    found: list[Hit] = []
    tail, position = view.tail, 0
    for hit in [*hits, None]:
        end = hit.start if hit else len(view.chain)
        piece = view.chain[position:end]
        if _is_nothing(piece):
            tail += piece
        else:
            rest = classify(rules, tail, piece, "" if hit else view.look, heard)
            found += [Hit(position + inner.start, position + inner.end, *inner[2:]) for inner in rest]
            tail += _redacted(piece, rest)
        if hit:
            found.append(hit)
            tail += placeholder(hit.rule.type)
            position = hit.end
    return found


def _is_nothing(piece: str) -> bool:
    return len(piece) <= _FEWEST_DIGITS or (piece.isascii() and is_plain(piece))


def _redacted(piece: str, hits: list[Hit]) -> str:
    parts: list[str] = []
    position = 0
    for hit in hits:
        parts += (piece[position : hit.start], placeholder(hit.rule.type))
        position = hit.end
    return "".join((*parts, piece[position:]))


# --- e-mail ----------------------------------------------------------------------------------------------------------


def _emails(rules: RuleSet, view: View) -> list[Hit]:
    hits: list[Hit] = []
    for rule in rules.of_kind("email"):
        for run in _ADDRESS_ROW.finditer(view.chain):
            hits += _emails_of_run(rule, view, run.start(), run.group())
        for broken in _BROKEN.finditer(view.chain):
            domain = rule.pattern.match(view.chain, broken.end())
            if domain and not view.char_before(broken.start()).isalnum():
                hits.append(Hit(broken.start(), domain.end(), rule, rule.priority))
    return hits


def _emails_of_run(rule: Rule, view: View, base: int, run: str) -> list[Hit]:
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


def _said_emails(rules: RuleSet, view: View) -> list[Hit]:
    cued = not _MAIL_CUE.isdisjoint(view.word_set(0))
    return [
        Hit(found.start, found.end, rule, rule.priority - 1)
        for rule in rules.of_kind("email")
        for found in addresses(view.chain, cued)
        if rule.pattern.match(found.written, found.written.index("@") + 1)
    ]


# --- searched patterns -----------------------------------------------------------------------------------------------


def _searched(rules: RuleSet, view: View) -> list[Hit]:
    hits: list[Hit] = []
    for rule in rules.of_kind("regex"):
        if rule.needs and not any(part in view.chain for part in rule.needs):
            continue
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


def _search_hit(rule: Rule, view: View, found: re.Match[str]) -> Hit | None:
    start, end = found.span()
    if rule.fit:
        end = start + fit_iban(found.group())
    before, after = view.char_before(start), view.char_after(end)
    if end - start < rule.min_len or end - start > rule.max_len or before.isalnum() or after.isalnum():
        return None
    if rule.hex_edge and (
        before in _HEX_EDGE or after in _HEX_EDGE or (after == "." and view.char_after(end, 1).isdigit())
    ):
        return None
    return hit_of(rule, view, start, end) if accepted(rule, view, start, end) else None


# --- spoken numbers --------------------------------------------------------------------------------------------------


def _said_numbers(rules: RuleSet, view: View, said: list[Run]) -> list[Hit]:
    hits: list[Hit] = []
    for run in said:
        # "... four three two. One moment": what follows the value may look like its end.
        found = _said_first(rules, view, run)
        if not found:
            found = [hit for piece in run.pieces(view.chain) for hit in _said_first(rules, view, piece)]
        hits += found or _said_parts(rules, view, run)
    return hits


def _said_first(rules: RuleSet, view: View, run: Run) -> list[Hit]:
    """The longest reading of a run that some rule takes."""
    readings = (_said_whole(rules, view, reading) for reading in (run, *run.shorter(view.chain)))
    return next((found for found in readings if found), [])


def _said_whole(rules: RuleSet, view: View, run: Run) -> list[Hit]:
    return [hit for rule in rules.of_kind("spoken") if (hit := _said_hit(rule, view, run, run))]


def _said_parts(rules: RuleSet, view: View, run: Run) -> list[Hit]:
    """Values at the beginning and the end of a run that is too long for one; only where a cue stands before the run."""
    hits: list[Hit] = []
    for rule in rules.of_kind("spoken"):
        if rule.context is None or rule.digits[0] < 9:
            continue
        for size in range(rule.digits[0], min(rule.digits[1], len(run.digits) - 1) + 1):
            for part in run.windows(size):
                hit = _said_hit(rule, view, part, run)
                if hit and context_before(rule, view, run.start):
                    hits.append(hit)
    return hits


def context_before(rule: Rule, view: View, start: int) -> bool:
    """Whether a positive cue of the rule stands before ``start``."""
    assert rule.context is not None
    return rule.context.words.nearest(view.words_before(start), view.word_set(start), rule.context.window) is not None


def _said_hit(rule: Rule, view: View, part: Run, run: Run) -> Hit | None:
    count = len(part.digits) - part.digits.startswith("+")
    if not rule.digits[0] <= count <= rule.digits[1] or not rule.pattern.fullmatch(part.digits):
        return None
    if not accepted(rule, view, part.start, part.end, part.digits):
        return None
    return Hit(part.start, part.end, rule, rule.priority)
