"""What redaction costs beside three plain regular expressions, and how well it finds, beside other redactors.

1. The baseline is three common regular expressions (telephone, e-mail, card), written anew here and marked as such.
2. Texts: fixtures/pii by default; ``BENCH_TEXTS=FILE.jsonl`` measures any ``{"text","spans"[,"ignore"]}`` file instead.
3. A span counts as found when its type is equal and IoU >= 0.5; leak = share of gold letters and digits not covered.
4. Other redactors run each in an environment of its own under .bench-venv/<name>, one child process per measurement,
   import left out of the count; one that is not installed there is skipped, with the way to install it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from harness.pii import Redactor

ROOT = Path(__file__).resolve().parents[2]
RIVALS = ("presidio-analyzer", "scrubadub", "datafog")
THREE = (
    re.compile(r"\b\d{3}[-.]?\d{3}[-.]?\d{4}\b"),
    re.compile(r"\b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Z|a-z]{2,}\b"),
    re.compile(r"\b\d{4}[-\s]?\d{4}[-\s]?\d{4}[-\s]?\d{4}\b"),
)
MARKS = ("[PHONE_REDACTED]", "[EMAIL_REDACTED]", "[CC_REDACTED]")
TARGETS = {"clean": (1.0, 5.0), "natural": (3.0, 8.0), "dense": (6.0, 10.0)}
PASSES = 8
"""Times every text is gone through in one measurement: one pass takes two milliseconds, too few for the clock."""
SMALL = 4
"""Code points of a streamed piece."""


def three_regexes(text: str) -> str:
    for pattern, mark in zip(THREE, MARKS, strict=True):
        text = pattern.sub(mark, text)
    return text


def cases() -> list[dict[str, Any]]:
    named = os.environ.get("BENCH_TEXTS")
    files = [Path(named)] if named else sorted((ROOT / "fixtures" / "pii").glob("*.jsonl"))
    return [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines() if line]


def spoken_texts() -> list[str]:
    """What is said in the scenarios: natural text, with little to find in it."""
    found: list[str] = []
    for path in sorted((ROOT / "fixtures" / "scenarios").glob("*.yaml")):
        found += re.findall(r'text: "([^"{}]{20,})"', path.read_text(encoding="utf-8"))
    return found


def sets() -> dict[str, list[str]]:
    every = cases()
    natural = spoken_texts()
    return {
        "clean": [text for text in natural if not re.search("[0-9@]", text)][:600],
        "natural": natural[:600],
        "dense": [case["text"] for case in every if case.get("spans")][:300],
    }


def _each(act: Callable[[str], object], texts: Sequence[str]) -> Callable[[], None]:
    def call() -> None:
        for _ in range(PASSES):
            for text in texts:
                act(text)

    return call


def _streamed(redactor: Redactor) -> Callable[[str], object]:
    def act(text: str) -> None:
        stream = redactor.stream()
        for at in range(0, len(text), SMALL):
            stream.feed(text[at : at + SMALL])
        stream.finish()

    return act


def held_mean(redactor: Redactor, texts: Sequence[str]) -> float:
    counts: list[int] = []
    for text in texts:
        stream = redactor.stream()
        for at in range(0, len(text), SMALL):
            stream.feed(text[at : at + SMALL])
            counts.append(stream.held)
    return sum(counts) / max(1, len(counts))


def scores(found: Sequence[Sequence[tuple[int, int, str]]], every: Sequence[dict[str, Any]]) -> dict[str, float]:
    """F1 over all types of the gold, and the leak."""
    hit = wrong = missed = gold_chars = open_chars = 0
    for spans, case in zip(found, every, strict=True):
        left = list(spans)
        gold = case.get("spans", [])
        covered = {n for start, end, _ in spans for n in range(start, end)}
        for span in gold:
            match = next((s for s in left if s[2] == span["type"] and _iou(s, span) >= 0.5), None)
            if match:
                left.remove(match)
            hit, missed = hit + bool(match), missed + (not match)
            chars = [n for n in range(span["start"], span["end"]) if case["text"][n].isalnum()]
            gold_chars += len(chars)
            open_chars += sum(n not in covered for n in chars)
        wrong += len(left)
    return {"f1": 2 * hit / max(1, 2 * hit + wrong + missed), "leak": open_chars / max(1, gold_chars)}


def _iou(span: tuple[int, int, str], gold: dict[str, Any]) -> float:
    inside = min(span[1], gold["end"]) - max(span[0], gold["start"])
    return float(inside / (max(span[1], gold["end"]) - min(span[0], gold["start"])))


def rival(name: str, texts: Sequence[str]) -> dict[str, Any] | None:
    """CPU seconds and spans of another redactor; None if it is not installed."""
    python = ROOT / ".bench-venv" / name / "bin" / "python"
    if not python.exists():
        print(
            f"bench: {name} skipped: make .bench-venv/{name} with `python3 -m venv` and install it there",
            file=sys.stderr,
        )
        return None
    script = Path(__file__).with_name("redact_rivals.py")
    done = subprocess.run(
        [python, "-I", script, name], input=json.dumps(list(texts)), capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        print(f"bench: {name} skipped: {last[0][:160]}", file=sys.stderr)
        return None
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def rows() -> list[dict[str, Any]]:
    redactor, every = Redactor(), cases()
    made: list[dict[str, Any]] = []
    for name, texts in sets().items():
        size = sum(map(len, texts))
        both = {"per": size * PASSES, "unit": "ns/char", "against": {"three-regexes": _each(three_regexes, texts)}}
        batch, streamed = TARGETS[name]
        made.append({"name": f"redact-{name}", "ours": _each(redactor.redact, texts), "target": batch, **both})
        act = _each(_streamed(redactor), texts)
        made.append({"name": f"redact-{name}-in-fours", "ours": act, "target": streamed, **both})
    dense = sets()["dense"]
    made.append({"name": "redact-held-mean", "unit": "characters", "value": lambda: held_mean(redactor, dense)})
    ours = [[(s.start, s.end, s.type) for s in redactor.detect(case["text"])] for case in every]
    made += [
        {"name": f"redact-{what}", "unit": "share", "value": lambda what=what: scores(ours, every)[what]}
        for what in ("f1", "leak")
    ]
    return made + [row for name in RIVALS for row in _rival_rows(name, every)]


def _rival_rows(name: str, every: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    if not os.environ.get("ONLY", "").startswith("redact"):
        return []
    texts = [case["text"] for case in every]
    first = rival(name, texts)
    if first is None:
        return []
    size = sum(map(len, texts))
    found = scores([[(s, e, t) for s, e, t in spans] for spans in first["spans"]], every)

    def cost() -> float:
        again = rival(name, texts)
        return float((again or first)["cpu_s"] / size * 1e9)

    return [
        {"name": f"redact-by-{name}", "unit": "ns/char", "value": cost},
        {"name": f"redact-by-{name}-f1", "unit": "share", "value": lambda: found["f1"]},
        {"name": f"redact-by-{name}-leak", "unit": "share", "value": lambda: found["leak"]},
    ]
