"""Any text in any pieces: one output, always a prefix of it, and the same again."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.fuzz.problems import chunk_problems, twice_problems
from harness.pii.stream import Redactor
from harness.pipeline.payload import leaves
from harness.recording.entry import WsMessage
from harness.recording.reader import find_recordings, read_recording
from harness.strategies.chunks import chunking
from harness.strategies.labelled import Choose, Seeded
from harness.strategies.soup import soup
from harness.strategies.texts import pii_text

REDACTOR = Redactor()


def fixtures_of(root: Path) -> list[str]:
    """The labelled texts."""
    files = sorted((root / "fixtures" / "pii").glob("*.jsonl"))
    return [json.loads(line)["text"] for path in files for line in path.read_text(encoding="utf-8").splitlines()]


def recorded(root: Path) -> list[str]:
    """Every string that the committed recordings hold; a broken message as it is."""
    found: list[str] = []
    for path in find_recordings([root / "recordings"]):
        for entry in read_recording(path).entries:
            if isinstance(entry, WsMessage) and entry.text:
                try:
                    found += [text for _, text in leaves(json.loads(entry.text))]
                except ValueError:
                    found.append(entry.text)
    return found


def texts(choose: Choose, root: Path) -> Iterator[tuple[str, str]]:
    """(source, text) without end, from all sources in turn."""
    labelled, heard = fixtures_of(root), recorded(root)
    assert len(labelled) > 400
    assert len(heard) > 50
    while True:
        yield "labelled", choose.pick(("", " ", "\n")).join(choose.pick(labelled) for _ in range(choose.number(1, 4)))
        yield "invented", pii_text(choose).text
        yield "soup", soup(choose)
        yield "recorded", choose.pick(heard)


def run(root: Path, count: int, seed: int) -> dict[str, int]:
    """Try ``count`` chunkings; returns how many of each source there were."""
    choose = Seeded(random.Random(seed))
    seen: dict[str, int] = {}
    for source, text in texts(choose, root):
        assert chunk_problems(REDACTOR, chunking(choose, text)) == []
        assert twice_problems(REDACTOR, text) == []
        seen[source] = seen.get(source, 0) + 1
        if sum(seen.values()) == count:
            break
    return seen


def test_chunkings(root: Path) -> None:
    """A thousand of them."""
    assert sum(run(root, 1000, seed=11).values()) == 1000


@pytest.mark.prove
def test_all_chunkings(root: Path, figure: Callable[[str, object], None]) -> None:
    """A hundred thousand, without one violation of invariance, monotone prefix or idempotence."""
    seen = run(root, 100_000, seed=12)
    figure("chunkings of labelled, invented, recorded texts and soup without a violation", sum(seen.values()))
    assert sum(seen.values()) == 100_000
    assert set(seen) == {"labelled", "invented", "soup", "recorded"}
