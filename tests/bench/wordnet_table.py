"""Makes the word table of the grounding checks from the files of WordNet 3: ``python tests/bench/wordnet_table.py DICT``.

DICT is the folder with ``data.noun`` and its kin (Debian: package wordnet-base, /usr/share/wordnet).

1. A line is: stem, parts of speech (most frequent first), field (two digits: WordNet's lexicographer file of its first
   sense), rarity, meanings, kinds above, contraries, kin; a tab between, a space inside; ``-`` is none. Meanings and
   kinds are numbers of WordNet's synsets, base 36; kin are stems derived from the word or it from them.
2. A word is kept when WordNet has counted it in text, or when it shares a meaning with one that was; of
   its senses the first :data:`SENSES` of each part of speech.
3. Only meanings and kinds that two words of the table share are kept: the others say nothing.
4. A line ``=kind`` gives the kinds above a kind.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Set
from pathlib import Path
from typing import NamedTuple

from harness.text.tokens import stem

SENSES = 3
PARTS = {"noun": "n", "verb": "v", "adj": "a", "adv": "r"}
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
NOTICE = """\
# Word relations extracted from WordNet 3.0 by tests/bench/wordnet_table.py; the notice below belongs to the data.
# WordNet 3.0 Copyright 2006 by Princeton University. All rights reserved.
# This software and database is being provided to you, the LICENSEE, by Princeton University under the following
# license. By obtaining, using and/or copying this software and database, you agree that you have read, understood, and
# will comply with these terms and conditions: Permission to use, copy, modify and distribute this software and database
# and its documentation for any purpose and without fee or royalty is hereby granted, provided that you agree to comply
# with the following copyright notice and statements, including the disclaimer, and that the same appear on ALL copies
# of the software, database and documentation, including modifications that you make for internal use or for
# distribution. THIS SOFTWARE AND DATABASE IS PROVIDED "AS IS" AND PRINCETON UNIVERSITY MAKES NO REPRESENTATIONS OR
# WARRANTIES, EXPRESS OR IMPLIED. BY WAY OF EXAMPLE, BUT NOT LIMITATION, PRINCETON UNIVERSITY MAKES NO REPRESENTATIONS
# OR WARRANTIES OF MERCHANTABILITY OR FITNESS FOR ANY PARTICULAR PURPOSE OR THAT THE USE OF THE LICENSED SOFTWARE,
# DATABASE OR DOCUMENTATION WILL NOT INFRINGE ANY THIRD PARTY PATENTS, COPYRIGHTS, TRADEMARKS OR OTHER RIGHTS. The name
# of Princeton University or Princeton may not be used in advertising or publicity pertaining to distribution of the
# software and/or database. Title to copyright in this software, database and any associated documentation shall at all
# times remain with Princeton University and LICENSEE agrees to preserve same.
"""


def base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = DIGITS[rest] + digits
    return digits or "0"


def counts(folder: Path) -> dict[tuple[str, str, str], int]:
    """(lemma, part of speech, offset in the index's order) -> times tagged; keyed by (lemma, pos, sense number)."""
    found: dict[tuple[str, str, str], int] = {}
    letters = {"1": "n", "2": "v", "3": "a", "4": "r", "5": "a"}
    for line in (folder / "cntlist.rev").read_text().splitlines():
        key, number, count = line.split()
        lemma, rest = key.split("%")
        found[lemma, letters[rest[0]], number] = int(count)
    return found


def senses(folder: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Lemma, part of speech and synset offsets, most frequent first."""
    for name, letter in PARTS.items():
        for line in (folder / f"index.{name}").read_text().splitlines():
            if not line.startswith(" "):
                parts = line.split()
                yield parts[0], letter, parts[-int(parts[2]) :]


class Synset(NamedTuple):
    """Its words, field, kinds above, and pointers (own word or None for all, word there) to contraries and kin."""

    words: list[str]
    field: str
    above: list[str]
    contraries: list[tuple[str | None, str]]
    kin: list[tuple[str | None, str]]


def synsets(folder: Path) -> dict[str, Synset]:
    """Every synset by its letter and offset."""
    words: dict[str, list[str]] = {}
    pointers: dict[str, list[list[str]]] = {}
    field: dict[str, str] = {}
    for name, letter in PARTS.items():
        for line in (folder / f"data.{name}").read_text().splitlines():
            if line.startswith(" "):
                continue
            parts = line.split(" | ")[0].split()
            count = int(parts[3], 16)
            here = letter + parts[0]
            words[here] = [parts[4 + 2 * i].split("(")[0].lower() for i in range(count)]
            field[here] = parts[1]
            at = 4 + 2 * count
            pointers[here] = [parts[at + 1 + 4 * i : at + 5 + 4 * i] for i in range(int(parts[at]))]

    def linked(here: str, signs: str) -> list[tuple[str | None, str]]:
        return [
            (words[here][_place(p[3][:2])], words[there][_place(p[3][2:])])
            for p in pointers[here]
            if p[0] in signs and (there := p[2].replace("s", "a") + p[1]) in words and p[3] != "0000"
        ]

    def around(here: str) -> list[tuple[str | None, str]]:
        """Contraries of the adjective at the head of its cluster: all words of the synset oppose them."""
        heads = [p[2].replace("s", "a") + p[1] for p in pointers[here] if p[0] == "&"]
        return [(None, there) for head in heads for _, there in linked(head, "!")]

    return {
        here: Synset(
            found,
            field[here],
            [p[2].replace("s", "a") + p[1] for p in pointers[here] if p[0] in ("@", "&")],
            linked(here, "!") + (around(here) if here[0] == "a" else []),
            linked(here, "+\\"),
        )
        for here, found in words.items()
    }


def _place(digits: str) -> int:
    """A word's index in its synset, from two hexadecimal digits that count from 1."""
    return int(digits, 16) - 1


class Entry:
    """What is gathered of one stem."""

    def __init__(self) -> None:
        self.parts: Counter[str] = Counter()
        self.field = "-"
        self.top = -1
        self.meanings: dict[str, None] = {}
        self.kinds: dict[str, None] = {}
        self.against: set[str] = set()
        self.kin: set[str] = set()

    def add(self, lemma: str, letter: str, weight: int, here: str, synset: Synset) -> None:
        """One sense."""
        if weight > self.top:
            self.top, self.field = weight, synset.field
        self.meanings[here] = None
        self.kinds.update(dict.fromkeys(synset.above))
        self.against.update(stem(there) for mine, there in synset.contraries if mine in (None, lemma))
        self.kin.update(stem(there) for mine, there in synset.kin if mine == lemma)


def gather(folder: Path, known: Mapping[str, Synset]) -> dict[str, Entry]:
    """Rules 1 and 2."""
    tagged = counts(folder)
    all_senses = [item for item in senses(folder) if item[0].isalpha() and len(item[0]) >= 3]
    weigh = {
        (lemma, letter): sum(tagged.get((lemma, letter, str(n + 1)), 0) for n in range(len(offsets)))
        for lemma, letter, offsets in all_senses
    }
    counted = {lemma for (lemma, _), weight in weigh.items() if weight}
    found: dict[str, Entry] = defaultdict(Entry)
    for lemma, letter, offsets in all_senses:
        weight = weigh[lemma, letter]
        first = known[letter + offsets[0]]
        relatives = set(first.words)
        if not weight and (lemma in counted or relatives.isdisjoint(counted)):
            continue
        entry = found[stem(lemma)]
        entry.parts[letter] += weight or 1
        for number, offset in enumerate(offsets[: SENSES if weight else 1]):
            count = tagged.get((lemma, letter, str(number + 1)), 0)
            if number and not count:
                break
            entry.add(lemma, letter, count, letter + offset, known[letter + offset])
    return found


def table(folder: Path) -> Iterator[str]:
    known = synsets(folder)
    found = gather(folder, known)
    shared = Counter(item for entry in found.values() for item in entry.meanings)
    shared_kinds = Counter(item for entry in found.values() for item in entry.kinds)
    numbers = {item: base36(at) for at, item in enumerate(sorted({*shared, *shared_kinds}))}
    for root, entry in sorted(found.items()):
        fields = (
            "".join(letter for letter, _ in entry.parts.most_common()),
            entry.field,
            str(sum(entry.parts.values()).bit_length()),
            " ".join(numbers[m] for m in entry.meanings if shared[m] > 1 or shared_kinds[m]) or "-",
            " ".join(numbers[k] for k in entry.kinds if 1 < shared_kinds[k] <= 60 or shared[k]) or "-",
            " ".join(sorted(entry.against & found.keys())) or "-",
            " ".join(sorted((entry.kin - {root}) & found.keys())) or "-",
        )
        yield "\t".join((root, *fields))
    said = {item for entry in found.values() for item in entry.meanings} & numbers.keys()
    yield from sorted(
        f"={numbers[item]}\t{' '.join(numbers[above] for above in _named(item, known, said))}"
        for item in numbers
        if item[0] == "n" and (shared_kinds[item] or known[item].field == "03") and _named(item, known, said)
    )


def _named(item: str, known: Mapping[str, Synset], said: Set[str]) -> list[str]:
    """The kinds next above that a word of the table means."""
    found: dict[str, None] = {}
    for above in known[item].above:
        found.update(dict.fromkeys([above] if above in said else _named(above, known, said)))
    return list(found)


def main() -> int:
    sys.stdout.write(NOTICE + "\n".join(table(Path(sys.argv[1]))) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
