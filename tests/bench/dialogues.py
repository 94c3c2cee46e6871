"""Plain transcripts through the whole loop: composed, served, recorded, replayed; what stayed of the labelled values.

    python tests/bench/dialogues.py FILE.jsonl

FILE holds ``{"id","turns":[{"speaker","text","spans"}]}`` lines. The recorder never sees the spans. Printed as JSON: parity,
how many labelled values appear nowhere in recordings and report, the shapes of those that do, and whether every
character outside the replaced values is what it was.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.pipeline.policy import PipelinePolicy
from harness.recording.entry import WsMessage
from harness.recording.reader import find_recordings, read_recording
from harness.scenario.files import compose_dialogues
from harness.session.corpus import policies_of, replay_corpus, report_replay
from harness.session.demo import record_corpus
from harness.session.parts import Tools

SEED = 7


def measure(source: Path, work: Path, *, type_: str = "PHONE") -> dict[str, Any]:
    """The figures for the transcripts in ``source``; recordings and report are left in ``work``."""
    with source.open("rb") as file:
        composed = compose_dialogues(file, source, work / "composed", SEED)
    parity = asyncio.run(_loop(composed, work))
    values = list(_labelled(source, type_))
    written = "\n".join(_texts(work))
    kept = [value for value in values if value in written]
    return {
        "sessions": len(composed),
        "messages": parity["messages"],
        "differing": parity["differing"],
        "problems": len(parity["problems"]),
        "substituted_spans": parity["substituted_spans"],
        "labelled": len(values),
        "gone": len(values) - len(kept),
        "share_gone": round(1 - len(kept) / len(values), 4) if values else None,
        "missed_shapes": dict(Counter(re.sub(r"[0-9]", "9", value) for value in kept)),
        "changed_outside_spans": _changed(composed, work / "recordings"),
    }


async def _loop(composed: list[Path], work: Path) -> dict[str, Any]:
    tools, policy = Tools.default(), PipelinePolicy()
    runs = await record_corpus(composed, work / "recordings", tools=tools, policy=policy, speed=None, seed=SEED)
    failed = [str(run.error) for run in runs if run.error]
    results = await replay_corpus(find_recordings([work / "recordings"]), tools=tools, policy=policy)
    policies = policies_of(tools, policy)
    report = report_replay("dialogues", results, work / "report", policies=policies, book=None, virtual_time=True)
    parity: dict[str, Any] = report["parity"]
    return {**parity, "problems": [*parity["problems"], *failed]}


def _labelled(source: Path, type_: str) -> Iterator[str]:
    for line in source.read_text(encoding="utf-8").splitlines():
        for turn in json.loads(line)["turns"]:
            for span in turn.get("spans", ()):
                if span["type"] == type_:
                    yield turn["text"][span["start"] : span["end"]]


def _texts(work: Path) -> Iterator[str]:
    """Everything that was written, JSON escapes undone, so that no writing of a value is overlooked."""
    for folder in ("recordings", "report"):
        for path in sorted((work / folder).iterdir()):
            raw = path.read_text(encoding="utf-8")
            yield raw
            yield re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), raw)


def _changed(composed: list[Path], recordings: Path) -> int:
    """Messages in which a character outside the labelled replacements is another than in the original."""
    return sum(
        not _same_outside(before, after)
        for path in composed
        for before, after in zip(_inbound(path), _inbound(recordings / path.name), strict=True)
    )


def _inbound(path: Path) -> list[WsMessage]:
    entries = read_recording(path).entries
    return [entry for entry in entries if isinstance(entry, WsMessage) and entry.dir == "in"]


def _same_outside(before: WsMessage, after: WsMessage) -> bool:
    assert before.text is not None
    assert after.text is not None
    old, new = json.loads(before.text), json.loads(after.text)
    by_path: dict[str, list[tuple[int, int]]] = {}
    for label in after.pii:
        by_path.setdefault(label.path, []).append((label.start, label.end))
    return all(
        re.fullmatch(_pattern(new[key], sorted(by_path.get(f"/{key}", []))), old[key], re.DOTALL) is not None
        if isinstance(new[key], str)
        else new[key] == old[key]
        for key in old
    )


def _pattern(text: str, places: list[tuple[int, int]]) -> str:
    parts, at = [], 0
    for start, end in places:
        parts += [re.escape(text[at:start]), ".+?"]
        at = end
    return "".join([*parts, re.escape(text[at:])])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        sys.stdout.write(json.dumps(measure(Path(sys.argv[1]), Path(scratch)), indent=1) + "\n")
