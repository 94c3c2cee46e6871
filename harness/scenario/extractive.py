"""A summary for a transcript that has none: two or three of its own sentences, verbatim and in their order.

1. Sentences are scored by how much of the conversation's vocabulary they carry per word, with a bonus for figures;
   questions and short phrases count little.
2. Nothing is drawn by chance: the same transcript gives the same summary, ties go to the earlier sentence.
3. A sentence keeps its spans. A missing full stop is added, nothing else is changed.
4. It is a stand-in so that every transcript can be played, not a good summary.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.scenario.markup import Marked

__all__ = ["extract"]

# A stop ends a sentence only before white space and what can begin another, so that 3.5, 10.0.0.7 and "p.m. on"
# stay whole.
_END = re.compile(r"[.!?]+[\"')\]]*(?=\s+[^a-z\s])|\n+")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_COMMON = frozenset(
    "a about all also am an and any are as at be been but by can could did do does for from had has have he her "
    "here him his how i if in is it its just like me my need no not now of ok okay on one or our out please she so "
    "some sure thank thanks that the their them then there they this to up us very want was we well were what when "
    "where which who will with would yes you your".split()
)
_FEW_WORDS, _MANY_WORDS = 4, 40
_LONG_TRANSCRIPT = 12


@dataclass(frozen=True, slots=True)
class _Candidate:
    position: int
    text: Marked
    words: tuple[str, ...]


def extract(turns: Sequence[Marked]) -> list[Marked]:
    """Two sentences of ``turns``, three of a long transcript, fewer where there are not so many."""
    found = [sentence for turn in turns for sentence in _sentences(turn)]
    candidates = [_Candidate(position, text, _words(text.text)) for position, text in enumerate(found)]
    weight = Counter(word for candidate in candidates for word in set(candidate.words))
    best = sorted(candidates, key=lambda candidate: (-_score(candidate, weight), candidate.position))
    wanted = 3 if len(candidates) >= _LONG_TRANSCRIPT else 2
    chosen: list[_Candidate] = []
    for candidate in best:
        if len(chosen) < wanted and all(candidate.text.text != other.text.text for other in chosen):
            chosen.append(candidate)
    return [_closed(candidate.text) for candidate in sorted(chosen, key=lambda candidate: candidate.position)]


def _sentences(turn: Marked) -> list[Marked]:
    """The sentences of a turn; a boundary inside a span is none."""
    inside = [(span.start, span.end) for span in turn.spans]
    ends = [
        match.end() for match in _END.finditer(turn.text) if not any(start < match.end() < end for start, end in inside)
    ]
    bounds = [0, *ends, len(turn.text)]
    pieces = [_trimmed(turn, start, end) for start, end in pairwise(bounds)]
    return [piece for piece in pieces if piece.text]


def _trimmed(turn: Marked, start: int, end: int) -> Marked:
    piece = turn.text[start:end]
    left = len(piece) - len(piece.lstrip())
    return turn.cut(start + left, start + max(left, len(piece.rstrip())))


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in _WORD.findall(text.casefold()) if word not in _COMMON)


def _score(candidate: _Candidate, weight: Counter[str]) -> float:
    """Mean weight of its words, times what its form is worth."""
    words = candidate.words
    if not words:
        return 0.0
    score = sum(weight[word] for word in words) / (len(words) + 2)
    score *= 1.0 + 0.5 * any(word.isdigit() for word in words)
    total = len(_WORD.findall(candidate.text.text))
    if candidate.text.text.endswith("?") or not _FEW_WORDS <= total <= _MANY_WORDS:
        score *= 0.1
    return score


def _closed(sentence: Marked) -> Marked:
    ended = sentence.text.endswith((".", "!", "?", "…"))
    return sentence if ended else Marked(f"{sentence.text}.", sentence.spans)
