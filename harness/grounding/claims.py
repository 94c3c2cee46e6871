"""Cuts text into sentences and says of each word which clause it stands in, whether it is denied, and what it means.

1. Summary and conversation are read by the same code, so that equal text always reads equally.
2. A clause ends at a comma, semicolon, colon, dash or a joining word; a negation reaches to the end of its clause, "no"
   and "without" only to the next preposition ("no objection to clearing the stairs").
3. A sentence longer than :data:`MAX_TOKENS` words is cut; nothing is dropped.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from harness.grounding.lexicon import concepts_of, cue, cue_stems, phrases_in
from harness.grounding.mentions import Mention, find_mentions
from harness.text.tokens import Token, sentences, tokenize

__all__ = ["MAX_TOKENS", "Sentence", "read", "read_all"]

MAX_TOKENS = 120
_BREAK_SIGNS = frozenset(",;:()—–")
_NEGATION_REACH = 6


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, read.

    Args:
        text: its text; offsets of tokens and mentions count from its start.
        start: where it begins in the text it was cut from.
        tokens: its words.
        clause: number of the clause of each word.
        negated: whether each word is denied.
        content: indexes of the words that carry content.
        concepts: concepts of each word, those of phrases it begins included.
        mentions: its checkable values.
        question: it ends in a question mark.
        hypothetical: clauses that are conditional, possible or planned.
    """

    text: str
    start: int
    tokens: tuple[Token, ...]
    clause: tuple[int, ...]
    negated: tuple[bool, ...]
    content: tuple[int, ...]
    concepts: tuple[frozenset[str], ...]
    mentions: tuple[Mention, ...]
    question: bool
    hypothetical: frozenset[int]

    @property
    def norms(self) -> frozenset[str]:
        """Its words as written, lower case."""
        return frozenset(token.norm for token in self.tokens)

    @property
    def denies(self) -> bool:
        """It holds a negation or a word that implies one."""
        return any(self.negated) or any(token.stem in cue_stems("soft_negators") for token in self.tokens)


def read_all(text: str, today: dt.date | None = None) -> Iterator[Sentence]:
    """The sentences of ``text``, read."""
    for start, end in sentences(text):
        yield from _cut(text, start, end, today)


def _cut(text: str, start: int, end: int, today: dt.date | None) -> Iterator[Sentence]:
    if end - start <= MAX_TOKENS * 4:
        yield read(text[start:end], start, today)
        return
    tokens = tokenize(text[start:end])
    for at in range(0, len(tokens), MAX_TOKENS):
        piece = tokens[at : at + MAX_TOKENS]
        yield read(text[start + piece[0].start : start + piece[-1].end], start + piece[0].start, today)


def read(text: str, start: int = 0, today: dt.date | None = None) -> Sentence:
    """Read one sentence that begins at ``start`` of its parent."""
    tokens = tuple(tokenize(text))
    clause = _clauses(text, tokens)
    mentions = find_mentions(text, tokens, today)
    valued = {index for mention in mentions for index in range(mention.first, mention.last + 1) if not mention.weak}
    return Sentence(
        text=text,
        start=start,
        tokens=tokens,
        clause=clause,
        negated=_negated(tokens, clause),
        content=tuple(i for i, token in enumerate(tokens) if i not in valued and _has_content(token)),
        concepts=tuple(concepts_of(token.stem) | phrases_in(tokens, i) for i, token in enumerate(tokens)),
        mentions=mentions,
        question=text.rstrip("\"')]").endswith("?"),
        hypothetical=_hypothetical(tokens, clause, valued),
    )


def _has_content(token: Token) -> bool:
    return not token.is_stop and len(token.norm) > 1 and token.norm not in cue("negators")


def _clauses(text: str, tokens: tuple[Token, ...]) -> tuple[int, ...]:
    breaks = cue("breaks")
    found: list[int] = []
    number, before = 0, 0
    for token in tokens:
        gap = text[before : token.start]
        if found and (any(sign in gap for sign in _BREAK_SIGNS) or " - " in gap or token.norm in breaks):
            number += 1
        found.append(number)
        before = token.end
    return tuple(found)


def _negated(tokens: tuple[Token, ...], clause: tuple[int, ...]) -> tuple[bool, ...]:
    negators = cue("negators")
    found = []
    reach, scope, limited = 0, -1, False
    for index, token in enumerate(tokens):
        if clause[index] != scope:
            reach = 0
        if limited and token.norm in cue("negation_ends"):
            reach = 0
        found.append(reach > 0)
        reach -= 1
        following = tokens[index + 1].norm if index + 1 < len(tokens) else ""
        if token.norm in negators and following not in cue("negation_idioms"):
            reach, scope = _NEGATION_REACH, clause[index]
            limited = token.norm in cue("noun_negators")
    return tuple(found)


def _hypothetical(tokens: tuple[Token, ...], clause: tuple[int, ...], valued: set[int]) -> frozenset[int]:
    """Clauses that only might be; the clause that follows an "if" is its consequence."""
    cues = cue("hypothetical") | cue("planned")
    found = set()
    for index, token in enumerate(tokens):
        if token.norm in cues and index not in valued:  # "May 12" is no "may"
            found.add(clause[index])
            if token.norm in ("if", "unless", "otherwise"):
                found.update((clause[index] + 1, clause[index] - 1))
    return frozenset(found)
