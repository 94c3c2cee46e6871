"""What a dictionary says of a word: its parts of speech, its meanings, the kinds above them, its contraries.

1. The table is ``data/en/wordnet.tsv``, made by ``tests/bench/wordnet_table.py``; its head holds the licence.
2. Words are looked up by stem; one that is not in the table has no relations.
3. Lines that begin with ``=`` give the kinds above a kind.
4. A line is read when its word is first asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

__all__ = ["UNKNOWN", "Word", "above", "word"]


@dataclass(frozen=True, slots=True)
class Word:
    """One entry.

    Args:
        parts: parts of speech, most frequent first: n v a r.
        field: what its first sense is about: two digits, WordNet's lexicographer file; '' when unknown.
        common: 0 (not in the table), then the bit length of how often it was counted in text, up to about 15.
        meanings: its meanings.
        kinds: the meanings above them.
        contraries: stems that exclude it.
        kin: stems derived from it, or it from them ("arrive", "arrival").
    """

    parts: str = ""
    field: str = ""
    common: int = 0
    meanings: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    contraries: frozenset[str] = frozenset()
    kin: frozenset[str] = frozenset()


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
    parts, field, common, *sets = line.split("\t")
    meanings, kinds, contraries, kin = (frozenset(names.split()) - {"-"} for names in sets)
    return Word(parts, field, int(common), meanings, kinds, contraries, kin)


@lru_cache(maxsize=1 << 14)
def above(kind: str) -> frozenset[str]:
    """A kind and all kinds above it."""
    parents = _lines().get(f"={kind}", "").split()
    return frozenset((kind,)).union(*(above(parent) for parent in parents))
