"""Makes the word table of the grounding checks from the files of WordNet 3: ``python tests/bench/wordnet_table.py DICT``.

DICT is the folder with ``data.noun`` and its kin (Debian: package wordnet-base, /usr/share/wordnet).

1. A line is: stem, parts of speech (most frequent first), rarity, meanings, kinds above, contraries; a tab between, a
   space inside; ``-`` is none. Meanings and kinds are numbers of WordNet's synsets, base 36.
2. A word is kept when WordNet has counted it in text; of its senses the first :data:`SENSES` of each part of speech.
3. Only meanings and kinds that two words of the table share are kept: the others say nothing.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

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


def synsets(folder: Path) -> tuple[dict[str, list[str]], dict[str, list[str]], dict[str, list[tuple[str, str]]]]:
    """Words, kinds above, and contraries (word, contrary) of each synset; a synset is its letter and offset."""
    words, above, contrary_at = {}, {}, {}
    for name, letter in PARTS.items():
        for line in (folder / f"data.{name}").read_text().splitlines():
            if line.startswith(" "):
                continue
            parts = line.split(" | ")[0].split()
            count = int(parts[3], 16)
            here = letter + parts[0]
            words[here] = [parts[4 + 2 * i].split("(")[0].lower() for i in range(count)]
            at = 4 + 2 * count
            pointers = [parts[at + 1 + 4 * i : at + 5 + 4 * i] for i in range(int(parts[at]))]
            above[here] = [p[2].replace("s", "a") + p[1] for p in pointers if p[0] in ("@", "&")]
            contrary_at[here] = [(p[3], p[2].replace("s", "a") + p[1]) for p in pointers if p[0] == "!"]
    contraries = {
        here: [(words[here][_place(at[:2])], words[there][_place(at[2:])]) for at, there in found]
        for here, found in contrary_at.items()
    }
    return words, above, contraries


def _place(digits: str) -> int:
    """A word's index in its synset, from two hexadecimal digits that count from 1."""
    return int("0" + digits, 16) - 1


def table(folder: Path) -> Iterator[str]:
    tagged = counts(folder)
    _, above, contraries = synsets(folder)
    parts: dict[str, Counter[str]] = defaultdict(Counter)
    meanings: dict[str, dict[str, None]] = defaultdict(dict)
    kinds: dict[str, dict[str, None]] = defaultdict(dict)
    against: dict[str, set[str]] = defaultdict(set)
    for lemma, letter, offsets in senses(folder):
        weight = sum(tagged.get((lemma, letter, str(n + 1)), 0) for n in range(len(offsets)))
        if not weight or not lemma.isalpha() or len(lemma) < 3:
            continue
        root = stem(lemma)
        parts[root][letter] += weight
        for number, offset in enumerate(offsets[:SENSES]):
            if number and (lemma, letter, str(number + 1)) not in tagged:
                break
            here = letter + offset
            meanings[root][here] = None
            kinds[root].update(dict.fromkeys(above[here]))
            against[root].update(stem(there) for mine, there in contraries[here] if mine == lemma and there.isalpha())
    shared = Counter(item for found in meanings.values() for item in found)
    shared_kinds = Counter(item for found in kinds.values() for item in found)
    numbers = {item: base36(at) for at, item in enumerate(sorted({*shared, *shared_kinds}))}
    for root in sorted(parts):
        total = sum(parts[root].values())
        fields = (
            "".join(letter for letter, _ in parts[root].most_common()),
            str(total.bit_length()),
            " ".join(numbers[m] for m in meanings[root] if shared[m] > 1 or shared_kinds[m]) or "-",
            " ".join(numbers[k] for k in kinds[root] if 1 < shared_kinds[k] <= 60 or shared[k]) or "-",
            " ".join(sorted(against[root] & parts.keys())) or "-",
        )
        yield "\t".join((root, *fields))


def main() -> int:
    sys.stdout.write(NOTICE + "\n".join(table(Path(sys.argv[1]))) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
