"""Summaries with one edited fact: a conversation, a faithful summary, and what may stand in place of its words.

1. ``== name`` begins a conversation; its lines ``Speaker: text`` follow; ``+ text`` is its summary.
2. ``{said~as well|wrong|wrong}`` is a place of the summary: first what it says, ``~`` parts other words for the same,
   ``|`` parts words that make it false. Any of them may be empty.
3. Each wrong choice gives one hallucinated summary, with other words for the same in up to two other places, and one
   faithful summary with other words in two to four places: so neither length nor strange words tell the label.
4. The same text and seed give the same cases.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.errors import ConfigError

__all__ = ["Edited", "edits", "parse_edits", "sentences_of"]

_SENTENCE = re.compile(r"(?<=\.) (?=[A-Z{])")
_PLACE = re.compile(r"\{([^{}]*)\}")


@dataclass(slots=True)
class Edited:
    """A conversation as lines ``Speaker: text`` and its summary, choices still in it."""

    name: str
    turns: list[str] = field(default_factory=list)
    summary: str = ""


def parse_edits(text: str, name: str) -> list[Edited]:
    """The conversations of a file.

    Raises:
        ConfigError: a line that is none of rule 1, by its number.
    """
    found: list[Edited] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("== "):
            found.append(Edited(line[3:].strip()))
        elif found and line.startswith("+ ") and "|" in line:
            found[-1].summary = line[2:].strip()
        elif found and ": " in line:
            found[-1].turns.append(line.strip())
        elif line.strip() and not line.startswith("#"):
            raise ConfigError(name, f"line {number}", "a turn, or a summary with a choice")
    return found


def edits(edited: Edited, rng: random.Random) -> Iterator[dict[str, Any]]:
    """Labelled cases; see rule 3."""
    places = [match.group(1).split("|") for match in _PLACE.finditer(edited.summary)]
    same = [place[0].split("~") for place in places]
    free = [at for at, words in enumerate(same) if len(words) > 1]
    wrongs = [(at, word) for at, place in enumerate(places) for word in place[1:]]
    yield _case(edited, "0", {}, "grounded")
    for number, (at, word) in enumerate(wrongs, 1):
        others = _reworded(same, [other for other in free if other != at], rng.randint(0, 2), rng)
        yield _case(edited, f"{number}b", {**others, at: word}, "hallucinated")
        yield _case(edited, f"{number}a", _reworded(same, free, rng.randint(2, 4), rng), "grounded")


def sentences_of(edited: Edited) -> Iterator[Edited]:
    """The same conversation with each sentence of its summary alone."""
    for number, sentence in enumerate(_SENTENCE.split(edited.summary), 1):
        yield Edited(f"{edited.name}-s{number}", edited.turns, sentence)


def _reworded(same: list[list[str]], free: list[int], count: int, rng: random.Random) -> dict[int, str]:
    return {at: rng.choice(same[at][1:]) for at in sorted(rng.sample(free, min(count, len(free))))}


def _case(edited: Edited, mark: str, chosen: Mapping[int, str], label: str) -> dict[str, Any]:
    pieces = _PLACE.split(edited.summary)
    for at in range(1, len(pieces), 2):
        pieces[at] = chosen.get(at // 2, pieces[at].split("|")[0].split("~")[0])
    return {
        "id": f"{edited.name}-{mark}",
        "conversation": edited.name.rpartition("-s")[0] or edited.name,
        "context": "\n".join(edited.turns),
        "summary": "".join(pieces),
        "label": label,
        "reason": "paraphrase" if label == "grounded" else "unsupported_claim",
    }
