"""What a dictionary says of a word: its parts of speech, its meanings, the kinds above them, its contraries.

1. The table is ``data/en/wordnet.tsv``, made by ``tests/bench/wordnet_table.py``; its head holds the licence.
2. Words are looked up by stem; one that is not in the table has no relations.
3. A line is read when its word is first asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

__all__ = ["UNKNOWN", "Word", "word"]


@dataclass(frozen=True, slots=True)
class Word:
    """One entry.

    Args:
        parts: parts of speech, most frequent first: n v a r.
        common: 0 (not in the table), then the bit length of how often it was counted in text, up to about 15.
        meanings: its meanings.
        kinds: the meanings above them.
        contraries: stems that exclude it.
    """

    parts: str = ""
    common: int = 0
    meanings: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    contraries: frozenset[str] = frozenset()


UNKNOWN = Word()
"""A word the table does not know."""


@lru_cache(maxsize=1)
def _lines() -> dict[str, str]:
    path = files("harness.grounding") / "data" / "en" / "wordnet.tsv"
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line[0] != "#":
            root, _, rest = line.partition("\t")
            found[root] = rest
    return found


@lru_cache(maxsize=1 << 14)
def word(root: str) -> Word:
    """The entry of a stem."""
    line = _lines().get(root)
    if line is None:
        return UNKNOWN
    parts, common, *sets = line.split("\t")
    meanings, kinds, contraries = (frozenset(field.split()) - {"-"} for field in sets)
    return Word(parts, int(common), meanings, kinds, contraries)
