"""The lanes of a search: what is generated, how it is judged, what a failure is called.

1. The rules under test are always the merged ones. Lanes of the user's rules come first: they are what is asked about.
2. A leak of a built-in type is named by type and form; a leak of the user's rule by the rule.
3. A family of near misses is left out where a rule's own examples claim it (``near.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from harness.fuzz import own
from harness.fuzz.problems import Finding, Problem, chunk_problems, near_problems, text_problems, twice_problems
from harness.fuzz.search import Lane
from harness.pii.rules import Rule
from harness.pii.stream import Redactor
from harness.strategies.drawn import Drawn, chunkings, near_misses, pii_texts, soups
from harness.strategies.labelled import NearMiss, PiiText
from harness.strategies.near import FAMILIES

__all__ = ["builtin_lanes", "unclaimed", "user_lanes"]

_GLUE = (" ", ", ", "\n", ". ", "", "/", " and ")


def _of_text(problem: Problem, case: PiiText) -> Finding:
    told = PiiText(text=case.text, spans=case.spans)
    return Finding(problem=problem, text=case.text, spans=case.spans, example=repr(told))


def _of_near(problem: Problem, case: NearMiss) -> Finding:
    return Finding(problem=problem, text=case.text, spans=(), example=repr(case))


def _of_string(problem: Problem, case: str) -> Finding:
    return Finding(problem=problem, text=case, spans=(), example=repr(case))


def _of_pieces(problem: Problem, case: list[str]) -> Finding:
    return Finding(problem=problem, text="".join(case), spans=(), example=repr(case), pieces=tuple(case))


def _forms(case: PiiText) -> list[str]:
    return [name for group, name in case.labels if group == "form"]


def _text_lane(name: str, redactor: Redactor, cases: SearchStrategy[PiiText], *, named: Rule | None = None) -> Lane:
    def check(case: PiiText) -> list[Problem]:
        return text_problems(redactor, case, [named.id] if named else _forms(case))

    return Lane(
        name=name,
        kinds=frozenset({"leak", "over"}),
        cases=cases,
        check=check,
        describe=_of_text,
        labels=lambda case: case.labels,
    )


def _near_lane(name: str, redactor: Redactor, cases: SearchStrategy[NearMiss], rule: Rule | None = None) -> Lane:
    def check(case: NearMiss) -> list[Problem]:
        found = near_problems(redactor, case)
        return [problem for problem in found if rule is None or problem.rule == rule.id]

    return Lane(
        name=name,
        kinds=frozenset({"over"}),
        cases=cases,
        check=check,
        describe=_of_near,
        labels=lambda case: [("near miss", case.family)],
    )


def _law_lanes(name: str, redactor: Redactor, texts: SearchStrategy[str]) -> list[Lane]:
    def pieces(case: list[str]) -> list[Problem]:
        return chunk_problems(redactor, case)

    def twice(case: str) -> list[Problem]:
        return twice_problems(redactor, case)

    return [
        Lane(
            name=f"{name} in pieces",
            kinds=frozenset({"chunk"}),
            cases=texts.flatmap(chunkings),
            check=pieces,
            describe=_of_pieces,
            labels=lambda case: [("pieces", _some(len(case)))],
        ),
        Lane(
            name=f"{name} twice",
            kinds=frozenset({"idempotence"}),
            cases=texts,
            check=twice,
            describe=_of_string,
            labels=lambda case: [("length", _some(len(case)))],
        ),
    ]


def _some(count: int) -> str:
    """A count by its order of magnitude."""
    return next((f"up to {most}" for most in (1, 4, 16, 64, 256, 1024) if count <= most), "more than 1024")


def builtin_lanes(redactor: Redactor, families: Sequence[str] = tuple(FAMILIES)) -> list[Lane]:
    """The lanes of the types of REDACTION.md."""
    texts = pii_texts().map(lambda case: case.text)
    return [
        _text_lane("built-in values", redactor, pii_texts()),
        _near_lane("near misses", redactor, near_misses(*families)),
        *_law_lanes("values", redactor, texts),
        *_law_lanes("soup", redactor, soups()),
    ]


def unclaimed(rules: Sequence[Rule]) -> tuple[str, ...]:
    """The families of near misses that no rule's examples claim (rule 3)."""
    examples = "\n".join(text for rule in rules for text in rule.match).lower()
    return tuple(name for name, (_, words) in FAMILIES.items() if not any(word.lower() in examples for word in words))


def user_lanes(redactor: Redactor, rules: Sequence[Rule]) -> list[Lane]:
    """The lanes of the user's rules."""
    lanes: list[Lane] = []
    every: list[SearchStrategy[PiiText]] = []
    for rule in rules:
        lanes.append(_near_lane(f"{rule.id} no_match", redactor, own.misses(rule), rule))
        lanes.append(_near_lane(f"{rule.id} near misses", redactor, near_misses(*unclaimed([rule])), rule))
        seeds = own.seeds_of(redactor, rule)
        if seeds:
            cases = own.matches(seeds, own.pattern_values(rule))
            every.append(cases)
            lanes.append(_text_lane(f"{rule.id} values", redactor, cases, named=rule))
    if every:
        lanes += _law_lanes("own values", redactor, _mixed(st.one_of(every)))
    return lanes


@st.composite
def _mixed(draw: DrawFn, cases: SearchStrategy[PiiText]) -> str:
    """Values of the user's rules beside each other and beside built-in ones."""
    choose = Drawn(draw)
    text = draw(cases).text
    for _ in range(choose.number(0, 2)):
        other = draw(cases) if choose.pick((True, False)) else draw(pii_texts())
        text += choose.pick(_GLUE) + other.text
    return text
