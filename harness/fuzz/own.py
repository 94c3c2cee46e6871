"""Cases for the user's rules, from their own examples and patterns.

1. A *seed* is a value in a ``match`` example. Where digits follow it with a joiner between (``12345-678``), they belong
   to the value: an example that is found by half is a leak.
2. A seed's value is varied: other digits, another value of the pattern, another usual separator (none, a blank, a
   hyphen), another coding of the same digits. Each is a value of the rule, unless a ``no_match`` example has its shape.
3. A ``no_match`` example must survive wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from harness.pii.rules import Rule
from harness.pii.stream import Redactor
from harness.strategies.disguise import DISGUISES
from harness.strategies.drawn import Drawn
from harness.strategies.labelled import Choose, NearMiss, PiiText, Truth

__all__ = ["Seed", "matches", "misses", "pattern_values", "seeds_of"]

_ON = re.compile(r"(?:[-./_][0-9]+)*")
_SEPARATOR = re.compile(r"(?<=[A-Za-z0-9])[ ._/-](?=[A-Za-z0-9])")
_BEFORE = ("", "Okay. ", "Right, so ")
_AFTER = ("", ".", ", thanks", "?", ")", " please", ". Okay.")
_PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126)
_DISGUISES = tuple(name for name in DISGUISES if name not in ("upper case", "full-width"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """A value of a rule in its example: ``before + value + after``."""

    rule: Rule
    before: str
    value: str
    after: str


def seeds_of(redactor: Redactor, rule: Rule) -> list[Seed]:
    """The values of the rule's examples (rule 1)."""
    found = []
    for text in rule.match:
        for span in redactor.detect(text):
            if span.rule == rule.id:
                on = _ON.match(text, span.end)
                assert on is not None
                end = on.end()
                found.append(Seed(rule=rule, before=text[: span.start], value=text[span.start : end], after=text[end:]))
    return found


def _shape(text: str) -> str:
    return "".join("0" if char.isdigit() else char for char in text.lower())


def _excluded(rule: Rule, value: str) -> bool:
    """Whether a ``no_match`` example says that such a value is none (rule 2)."""
    shape = _shape(value)
    return any(shape in _shape(text) for text in rule.no_match)


def _takes(rule: Rule, value: str) -> bool:
    """Whether the rule's own pattern, lengths and validators take ``value``; no other part of the detector is asked."""
    digits = sum(map(str.isdigit, value))
    return (
        rule.pattern.fullmatch(value) is not None
        and rule.min_len <= len(value) <= rule.max_len
        and (rule.kind != "run" or rule.digits[0] <= digits <= rule.digits[1])
        and rule.valid(value)
    )


def pattern_values(rule: Rule) -> SearchStrategy[str] | None:
    """Values of the rule's pattern; None where the pattern is not all of it, or is none for Python."""
    if rule.kind not in ("run", "regex", "value"):
        return None
    try:
        compiled = re.compile(rule.pattern.pattern, re.ASCII)
        made = st.from_regex(compiled, fullmatch=True, alphabet=_PRINTABLE)
        made.validate()
    except Exception:  # noqa: BLE001  what RE2 takes and Python or hypothesis does not
        return None
    return made


def _other_digits(choose: Choose, value: str) -> str:
    return "".join(str(choose.number(0, 9)) if char in "0123456789" else char for char in value)


def _other_separators(choose: Choose, value: str) -> str:
    return _SEPARATOR.sub(choose.pick(("-", " ", "")), value)


@st.composite
def matches(draw: DrawFn, seeds: Sequence[Seed], made: SearchStrategy[str] | None) -> PiiText:
    """A text with a value of the seeds' rule in one of its examples (rule 2)."""
    choose = Drawn(draw)
    seed = choose.pick(seeds)
    how = choose.pick(("as given", "separator", "other digits", "other digits" if made is None else "pattern"))
    value = seed.value
    if how == "separator":
        value = _other_separators(choose, value)
    elif how == "other digits":
        value = _other_digits(choose, value)
    elif how == "pattern" and made is not None:
        value = draw(made)
    if value != seed.value:
        bad = _excluded(seed.rule, value) if how == "separator" else not _takes(seed.rule, value)
        value = seed.value if bad else value
    if value == seed.value:
        how = "as given"
    disguise = choose.pick(("none", *_DISGUISES)) if how != "separator" else "none"
    text = DISGUISES[disguise](value)
    return _placed(choose, seed, text, (("how", how), ("disguise", disguise)))


def _placed(choose: Choose, seed: Seed, value: str, labels: tuple[tuple[str, str], ...]) -> PiiText:
    before = choose.pick(_BEFORE) + seed.before
    after = seed.after or choose.pick(_AFTER)
    span = Truth(len(before), len(before) + len(value), seed.rule.type)
    own = (("rule", seed.rule.id), *((f"own {group}", name) for group, name in labels))
    return PiiText(text=before + value + after, spans=(span,), labels=own)


@st.composite
def misses(draw: DrawFn, rule: Rule) -> NearMiss:
    """One of the rule's ``no_match`` examples in other surroundings (rule 3)."""
    choose = Drawn(draw)
    text = choose.pick(_BEFORE) + choose.pick(rule.no_match) + choose.pick(("", ".", ", thanks", "?"))
    return NearMiss(text=text, family="no_match")
