"""What was said, indexed as it is said.

1. Adding a turn never changes an answer given before; a check sees only what was added before it.
2. A unit is one sentence of one turn; its neighbours are the units said just before and after it.
3. Every list that a check walks is capped (:data:`MAX_POSTINGS`), newest kept, so that time is bounded.
4. A value said again in other words after a correction ("sorry, I mean ...") is superseded.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from harness.grounding.claims import Sentence, read_all
from harness.grounding.lexicon import cue
from harness.grounding.mentions import Mention, agree, rivals
from harness.grounding.wordnet import above, word
from harness.text.tokens import Token

__all__ = ["Evidence", "Unit", "Window", "role_of"]

T = TypeVar("T")
MAX_POSTINGS = 48
_CORRECTION_REACH = 4


@dataclass(frozen=True, slots=True)
class Unit:
    """One sentence of one turn: who said it and where it stands."""

    number: int
    turn: int
    speaker: str
    role: str
    sentence: Sentence
    concepts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Window:
    """A unit that speaks of a claim: ``score`` is the weight of the claim's words in it, of ``total``."""

    unit: Unit
    score: int
    total: int

    @property
    def share(self) -> int:
        """Per mille of the claim's words that the unit holds."""
        return self.score * 1000 // self.total if self.total else 0


def role_of(speaker: str) -> str:
    """``customer``, ``agent`` or the name as said, lower case; of several words the last is the role ("sales agent")."""
    name = speaker.strip().lower()
    last = name.rpartition(" ")[2]
    if last in cue("customer_roles"):
        return "customer"
    return "agent" if last in cue("agent_roles") else name


class Evidence:
    """The index of one conversation."""

    def __init__(self, today: dt.date | None = None) -> None:
        self.today = today
        self.units: list[Unit] = []
        self.roles: dict[str, int] = {}
        self.vocabulary: set[str] = set()
        self.meanings: set[str] = set()
        self.kinds: set[str] = set()
        self.general: set[str] = set()
        self.names: dict[str, list[int]] = {}
        self._verbatim: dict[tuple[str, ...], int] = {}
        self.superseded: set[tuple[int, int]] = set()
        self._turns = 0
        self._sells = False
        self._by_concept: dict[str, list[int]] = {}
        self._values: dict[str, list[tuple[int, int]]] = {}
        self._kinds: dict[str, list[tuple[int, int]]] = {}

    def add(self, speaker: str, text: str) -> None:
        """Index one turn."""
        role = role_of(speaker)
        self.roles[role] = self.roles.get(role, 0) + 1
        self._sells = self._sells or not cue("seller_roles").isdisjoint(speaker.lower().split())
        self.vocabulary.update(speaker.lower().split())
        for sentence in read_all(text, self.today):
            self._add_unit(speaker, role, sentence)
        self._turns += 1

    @property
    def is_call(self) -> bool:
        """A customer or an agent speaks, and nobody sells: a service call, not a chat, a meeting or a sales talk."""
        return not self._sells and not self.roles.keys().isdisjoint(("agent", "customer"))

    def _add_unit(self, speaker: str, role: str, sentence: Sentence) -> None:
        number = len(self.units)
        concepts = frozenset().union(*sentence.concepts)
        unit = Unit(number, self._turns, speaker, role, sentence, concepts)
        self.units.append(unit)
        for at, token in enumerate(sentence.tokens):
            self._learn(token)
            if at and token.text[0].isupper() and not token.is_stop and token.text[1:2].islower():
                _push(self.names.setdefault(token.stem, []), number)
        for concept in sorted(concepts):
            _push(self._by_concept.setdefault(concept, []), number)
        for index, mention in enumerate(sentence.mentions):
            for value in (*mention.values, *mention.loose):
                _push(self._values.setdefault(value, []), (number, index))
            _push(self._kinds.setdefault(mention.kind, []), (number, index))
        self._verbatim.setdefault(_spelling(sentence), number)
        self._supersede(unit)

    def _learn(self, token: Token) -> None:
        if token.stem not in self.vocabulary and not token.is_stop:
            entry = word(token.stem)
            self.meanings |= entry.meanings
            self.kinds |= entry.kinds
            self.general.update(*map(above, entry.kinds))
        self.vocabulary.update((token.norm, token.stem))

    def _supersede(self, unit: Unit) -> None:
        """Mark the values that ``unit`` corrects: those of the same kind said shortly before its cue."""
        if not unit.sentence.mentions:
            return
        replaced = _replaced(unit.sentence)
        if not _corrects(unit.sentence) and not replaced:
            return
        for number in range(max(0, unit.number - _CORRECTION_REACH), unit.number):
            for index, old in enumerate(self.units[number].sentence.mentions):
                if replaced:
                    gone = any(agree(old, former) for former in replaced)
                else:
                    gone = any(
                        _takes_back(self.units[number].sentence, old, unit.sentence, new)
                        for new in unit.sentence.mentions
                    )
                if gone:
                    self.superseded.add((number, index))

    def verbatim(self, claim: Sentence) -> Unit | None:
        """The first unit that says the claim word for word and was not taken back."""
        number = self._verbatim.get(_spelling(claim))
        if number is None or any(place[0] == number for place in self.superseded):
            return None
        return self.units[number]

    def has(self, concepts: Iterable[str]) -> bool:
        """Whether any of ``concepts`` was said."""
        return any(concept in self._by_concept for concept in concepts)

    def knows(self, norm: str) -> bool:
        """Whether the word was said or names a speaker."""
        return norm in self.vocabulary

    def saying(self, concepts: Iterable[str]) -> list[int]:
        """Numbers of the units that hold one of ``concepts``, in order."""
        return sorted({number for concept in concepts for number in self._by_concept.get(concept, ())})

    def mentions_of(self, claim: Mention) -> list[tuple[int, int]]:
        """Places (unit, index) of the values that may agree with ``claim``; the caller tests each."""
        found = {place for value in (*claim.values, *claim.loose) for place in self._values.get(value, ())}
        if claim.kind in ("placeholder", "ident", "time") or not claim.unit:
            for kind in ("ident", "quantity", "placeholder", "time"):
                found.update(self._kinds.get(kind, ()))
        return sorted(found)

    def mentions_like(self, claim: Mention) -> list[tuple[int, int]]:
        """Places of the values of the same kind."""
        return self._kinds.get(claim.kind, [])

    def mentions_of_kind(self, kind: str) -> list[tuple[int, int]]:
        """Places of the values of a kind."""
        return self._kinds.get(kind, [])

    def mention(self, place: tuple[int, int]) -> Mention:
        """The value at a place."""
        return self.units[place[0]].sentence.mentions[place[1]]

    def windows(self, words: Iterable[tuple[frozenset[str], int]], limit: int = 6) -> list[Window]:
        """The units that hold most of ``words`` (concepts and weight each), best first, earliest first among equals."""
        scores: dict[int, int] = {}
        total = 0
        for concepts, weight in words:
            total += weight
            for number in self.saying(concepts):
                scores[number] = scores.get(number, 0) + weight
        best = sorted(scores, key=lambda number: (-scores[number], number))[:limit]
        return [Window(self.units[number], scores[number], total) for number in best]


def _push(postings: list[T], item: T) -> None:
    postings.append(item)
    if len(postings) > 2 * MAX_POSTINGS:
        del postings[MAX_POSTINGS : len(postings) - MAX_POSTINGS + 1]


def _spelling(sentence: Sentence) -> tuple[str, ...]:
    return (*(token.norm for token in sentence.tokens), "?" if sentence.question else ".")


def _takes_back(said: Sentence, old: Mention, sentence: Sentence, new: Mention) -> bool:
    """The new value is of the old one's sort, and a bare count is of the same thing ("ten lines", "second floor")."""
    if not rivals(old, new) or old.unit != new.unit:
        return False
    if old.kind != "quantity" or old.unit:
        return True
    left, right = _head(said, old), _head(sentence, new)
    return not left or not right or not left.isdisjoint(right)


def _head(sentence: Sentence, mention: Mention) -> frozenset[str]:
    """Concepts of the word of content right behind a value."""
    behind = [sentence.concepts[at] for at in sentence.content if mention.last < at <= mention.last + 2]
    return behind[0] if behind else frozenset()


def _replaced(sentence: Sentence) -> list[Mention]:
    """The values behind "instead of"."""
    norms = [token.norm for token in sentence.tokens]
    return [
        mention
        for mention in sentence.mentions
        if not sentence.question and "instead" in norms[max(0, mention.first - 4) : mention.first]
    ]


def _corrects(sentence: Sentence) -> bool:
    norms = [token.norm for token in sentence.tokens]
    if cue("corrections") & set(norms):
        return True
    joined = "_".join(norms)
    return any(phrase in joined for phrase in cue("correction_phrases"))
