"""What is known of common words: what they may mean, their kinds, their contraries, what they speak of.

1. The lists are ``data/en/vocabulary.toml``; words are compared by stem.
2. What a word speaks of (its field) is the heading of its kind, else that of a word that may mean the same, else it is
   guessed from its ending; else it is ``unknown``.
3. Words of one family ("arrive", "arrival") share what is left when the endings that derive words are taken off.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from harness.grounding.lexicon import concepts_of
from harness.text.lexicon import load
from harness.text.tokens import stem

__all__ = ["Word", "family", "word"]

_ENDINGS = (
    ("manner", ("ly",)),
    ("idea", ("tion", "sion", "ment", "ness", "ity", "ism", "ance", "ence", "ship", "hood", "acy")),
    ("quality", ("ous", "ful", "able", "ible", "ive", "ical", "ish", "less", "ary", "al", "ic", "ant", "ent", "y")),
    ("deed", ("ize", "ise", "ify", "ing", "ed")),
    ("person", ("ist", "ian", "er", "or")),
)
_DERIVING = tuple(
    "abiliti ibiliti fulness ousness ational anci enci anc enc abl ibl ness ship ical ial ant ent iti iv ous ful ist ism"
    " iz if al er or ic at i".split()
)
"""Endings of stems, longest first where one ends in the other."""
_SHORTEST = 4
NOUNS = frozenset(("person", "thing", "place", "time", "idea"))


@dataclass(frozen=True, slots=True)
class Word:
    """What is known of one word.

    Args:
        field: what it speaks of, a heading of the lists or ``manner`` or ``unknown``.
        listed: it is in one of our lists.
        meanings: the groups of words that may mean the same.
        kinds: the kinds it belongs to, by the stem of their name.
        contraries: stems that exclude it.
        family: see rule 3.
    """

    field: str
    listed: bool
    meanings: frozenset[str]
    kinds: frozenset[str]
    contraries: frozenset[str]
    family: str


@dataclass(frozen=True, slots=True)
class _Lists:
    fields: Mapping[str, str]
    meanings: Mapping[str, frozenset[str]]
    kinds: Mapping[str, frozenset[str]]
    contraries: Mapping[str, frozenset[str]]


@lru_cache(maxsize=1)
def _lists() -> _Lists:
    raw = load("harness.grounding", "vocabulary")
    groups = [[stem(member) for member in line.split()] for line in _lines(raw["meanings"])]
    meanings: dict[str, set[str]] = {}
    for number, group in enumerate(groups):
        for member in group:
            meanings.setdefault(member, set()).add(str(number))
    kinds, fields = _kinds(raw["kinds"])
    _spread(fields, groups)
    contraries: dict[str, set[str]] = {}
    for line in _lines(raw["contraries"]["words"]):
        left, right = (frozenset(map(stem, pole.split())) for pole in line.split("|"))
        for here, there in ((left, right), (right, left)):
            for member in here - there:
                contraries.setdefault(member, set()).update(there - here)
    return _Lists(fields, _frozen(meanings), _frozen(kinds), _frozen(contraries))


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _frozen(table: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    return {key: frozenset(found) for key, found in table.items()}


def _kinds(raw: Mapping[str, str]) -> tuple[dict[str, set[str]], dict[str, str]]:
    kinds: dict[str, set[str]] = {}
    fields: dict[str, str] = {}
    for field, text in raw.items():
        for line in _lines(text):
            name, _, members = line.partition(":")
            for member in map(stem, members.split()):
                kinds.setdefault(member, set()).add(stem(name.strip()))
                fields.setdefault(member, field)
            fields.setdefault(stem(name.strip()), field)
    return kinds, fields


def _spread(fields: dict[str, str], groups: list[list[str]]) -> None:
    """A word without a field takes the one most of its groups have."""
    votes: dict[str, Counter[str]] = {}
    for group in groups:
        known = [fields[member] for member in group if member in fields]
        for member in group:
            if member not in fields:
                votes.setdefault(member, Counter()).update(known)
    for member, counter in votes.items():
        if counter:
            fields[member] = min(counter, key=lambda name: (-counter[name], name))


@lru_cache(maxsize=1 << 14)
def word(norm: str) -> Word:
    """What is known of a word as written, lower case without apostrophes."""
    root, lists = stem(norm), _lists()
    field = lists.fields.get(root) or next((name for name, ends in _ENDINGS if norm.endswith(ends)), "unknown")
    known = [lists.meanings.get(root, frozenset()), lists.kinds.get(root, frozenset())]
    contraries = lists.contraries.get(root, frozenset())
    listed = any(known) or bool(contraries) or len(concepts_of(root)) > 1
    return Word(field, listed, known[0], known[1], contraries, family(root))


@lru_cache(maxsize=1 << 14)
def family(root: str) -> str:
    """See rule 3; a short stem is its own family."""
    for ending in _DERIVING:
        if root.endswith(ending) and len(root) - len(ending) >= _SHORTEST:
            return root[: -len(ending)]
    return root
