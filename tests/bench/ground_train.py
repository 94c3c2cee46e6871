"""Writes grounding cases, one JSON a line, from ``fixtures/grounding/conversations``.

1. Without arguments: the cases that the shipped model is fitted on (``make fit``): each claim against both versions of
   its conversation, and exchanges of values, names and roles of the faithful ones; then the edited summaries of
   ``fixtures/grounding/edits``.
2. ``--cases``: what ``fixtures/grounding/cases.jsonl`` holds: the cases of ``handwritten.jsonl``, then each claim
   against one version of its conversation, the first and the second by turns.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.grounding.corrupt import exchanges
from harness.grounding.edits import edits, parse_edits
from harness.grounding.pairs import cases, parse

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "grounding" / "conversations"
SEED = 7


def training() -> Iterator[dict[str, Any]]:
    """Every training case, in the same order always."""
    rng = random.Random(SEED)
    for path in sorted(FOLDER.glob("*.txt")):
        for pair in parse(path.read_text(encoding="utf-8"), path.name):
            written = list(cases(pair))
            yield from written
            for case in written:
                if case["label"] == "grounded":
                    yield from exchanges(case, rng)
    for path in sorted((FOLDER.parent / "edits").glob("*.txt")):
        for edited in parse_edits(path.read_text(encoding="utf-8"), path.name):
            yield from edits(edited, random.Random(f"{SEED} {edited.name}"))  # whatever else is written


def shown() -> Iterator[dict[str, Any]]:
    """Every case of the fixtures."""
    for line in (FOLDER.parent / "handwritten.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        yield {"id": case["id"], "line": case["line"], "conversation": case["id"].rpartition("-")[0], **case}
    for path in sorted(FOLDER.glob("*.txt")):
        for number, pair in enumerate(parse(path.read_text(encoding="utf-8"), path.name)):
            yield from ({"id": case["id"], "line": path.stem, **case} for case in cases(pair, (number % 2,)))


def main() -> int:
    for case in shown() if "--cases" in sys.argv[1:] else training():
        sys.stdout.write(json.dumps(case) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
