"""What became of a matter: done, agreed to, refused or left open, after the sentence that speaks of it.

1. A sentence has at most one state; what leaves open beats what refuses, that what completes, that what agrees.
   A question has none. The patterns are ``data/en/course.toml``: ``_`` parts words, ``*`` stands for two letters or more.
2. The course of a matter is the first state said after a sentence (its own included), and the last one within
   :data:`REACH` sentences.
3. A claim tells of an end, too: that something is open ("yet", "still"), was refused (it denies), or was done.
4. This is for service calls; friends settle plans without words.
"""

from __future__ import annotations

import re
from functools import lru_cache

from harness.grounding.checks.base import Question
from harness.grounding.claims import Sentence
from harness.grounding.evidence import Evidence, Unit
from harness.grounding.lexicon import cue, cue_stems
from harness.text.lexicon import load

__all__ = ["REACH", "course_figures", "course_of", "end_of", "state_of", "told_end"]

ONE = 1000
REACH = 6
_MAX_WORDS = 60
_ENDING = 6
_STATES = ("open", "refused", "done", "agreed")


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    raw = load("harness.grounding", "course")
    return tuple((state, _compiled(raw[state].split())) for state in _STATES)


def _compiled(phrases: list[str]) -> re.Pattern[str]:
    spelled = (re.escape(phrase).replace(r"\*", "[a-z]{2,}") for phrase in phrases)
    return re.compile(f"_(?:{'|'.join(spelled)})_")


def state_of(sentence: Sentence) -> str:
    """``open``, ``refused``, ``done``, ``agreed`` or ''; see rule 1."""
    if sentence.question:
        return ""
    return _state("_".join(token.norm for token in sentence.tokens[:_MAX_WORDS]))


@lru_cache(maxsize=1 << 12)
def _state(joined: str) -> str:
    return next((state for state, pattern in _patterns() if pattern.search(f"_{joined}_")), "")


def course_of(evidence: Evidence, unit: Unit) -> tuple[str, str]:
    """First and last state; see rule 2."""
    states = [state_of(other.sentence) for other in evidence.units[unit.number : unit.number + 1 + REACH]]
    states = [state for state in states if state]
    return (states[0], states[-1]) if states else ("", "")


def end_of(evidence: Evidence) -> str:
    """The last state of the conversation, or of its last units (:data:`_ENDING`); bare assent decides if nothing else does."""
    states = [state for state in (state_of(unit.sentence) for unit in evidence.units[-_ENDING:]) if state]
    settled = [state for state in states if state != "agreed"]
    return (settled or states or [""])[-1]


def told_end(claim: Sentence) -> str:
    """``open``, ``refused``, ``done`` or ''; see rule 3."""
    norms, stems = claim.norms, {token.stem for token in claim.tokens}
    if norms & cue("told_open"):
        return "open"
    if any(claim.negated) or stems & cue_stems("told_refused"):
        return "refused"
    return "done" if norms & (cue("done") | cue("told_done")) else ""


def course_figures(question: Question) -> dict[str, int]:
    """What the claim tells beside what became of the matter."""
    told = told_end(question.claim)
    if not told or not question.is_call:
        return {}
    unit = question.best
    end = end_of(question.evidence)
    first, last = course_of(question.evidence, unit) if unit else ("", "")
    states = {"first": first, "last": last, "end": end, "nothing": "" if unit else "said"}
    return {f"{name}:{state}:{told}": ONE for name, state in states.items() if state}
