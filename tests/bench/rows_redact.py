"""What redaction costs beside three plain regular expressions, and how well it finds, beside other redactors.

1. The baseline is three common regular expressions (telephone, e-mail, card), written anew here and marked as such.
2. Texts: fixtures/pii by default; ``BENCH_TEXTS=FILE.jsonl`` measures any ``{"text","spans"[,"ignore"]}`` file instead.
3. A span counts as found when its type is equal and IoU >= 0.5; leak = share of gold letters and digits not covered. What
   is found within ``ignore`` ({"start","end"} each) counts neither way.
4. Other redactors run by turns with ours, each in an environment of its own under .bench-venv/<name> (they do not
   agree on what they depend on), one child process per measurement, import left out of the count. A row whose redactor
   is not installed there says so, with the way to install it; the names are those of the extra ``bench``.
5. The accuracy of another redactor is over all types of the gold, also those it does not know.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from harness.pii import Redactor

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = {
    "presidio-analyzer": "presidio-analyzer",
    "presidio-spacy": "presidio-analyzer",
    "scrubadub": "scrubadub",
    "datafog": "datafog",
}
"""Other redactors -> the environment they run in."""
THREE = (
    re.compile(r"\b\d{3}[-.]?\d{3}[-.]?\d{4}\b"),
    re.compile(r"\b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Z|a-z]{2,}\b"),
    re.compile(r"\b\d{4}[-\s]?\d{4}[-\s]?\d{4}[-\s]?\d{4}\b"),
)
KINDS = ("PHONE", "EMAIL", "CREDIT_CARD")
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
        free = case.get("ignore", [])
        wrong += sum(all(end <= part["start"] or part["end"] <= start for part in free) for start, end, _ in left)
    return {"f1": 2 * hit / max(1, 2 * hit + wrong + missed), "leak": open_chars / max(1, gold_chars)}


def _iou(span: tuple[int, int, str], gold: dict[str, Any]) -> float:
    inside = min(span[1], gold["end"]) - max(span[0], gold["start"])
    return float(inside / (max(span[1], gold["end"]) - min(span[0], gold["start"])))


def lacking(name: str) -> str:
    """What is missing to measure another redactor, '' for nothing."""
    folder = f".bench-venv/{ENVIRONMENTS[name]}"
    try:
        rival(name, ("",))
    except OSError:
        return f"python3 -m venv {folder} && {folder}/bin/python -m pip install {ENVIRONMENTS[name]}"
    except ValueError as error:
        model = f"; the model: {folder}/bin/python -m spacy download en_core_web_sm" if "spacy" in name else ""
        return f"{error}{model}"
    return ""


def rival(name: str, texts: Sequence[str]) -> dict[str, Any]:
    """CPU seconds and spans of another redactor.

    Raises:
        OSError: it is not installed.
        ValueError: it does not run; the reason.
    """
    python = ROOT / ".bench-venv" / ENVIRONMENTS[name] / "bin" / "python"
    script = Path(__file__).with_name("redact_rivals.py")
    done = subprocess.run(
        [python, "-I", script, name], input=json.dumps(list(texts)), capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise ValueError(f"{name}: {last[0][:160]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def regex_spans(text: str) -> list[tuple[int, int, str]]:
    """What the three expressions find."""
    return [(*m.span(), kind) for one, kind in zip(THREE, KINDS, strict=True) for m in one.finditer(text)]


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
    three = [regex_spans(case["text"]) for case in every]
    made += [
        {
            "name": f"redact-{by}{what}",
            "unit": "share",
            "value": lambda found=found, what=what: scores(found, every)[what],
        }
        for by, found in (("", ours), ("by-three-regexes-", three))
        for what in ("f1", "leak")
    ]
    return made + [row for name in ENVIRONMENTS for row in _rival_rows(name, redactor, every)]


def _rival_rows(name: str, redactor: Redactor, every: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Cost by turns with ours, and accuracy, on the same texts."""
    texts = [case["text"] for case in every]

    @cache
    def accuracy() -> dict[str, float]:
        return scores([[(s, e, t) for s, e, t in spans] for spans in rival(name, texts)["spans"]], every)

    def cost() -> float:
        return float(rival(name, texts)["cpu_s"]) * PASSES

    missing = cache(lambda: lacking(name))
    speed = {
        "name": f"redact-against-{name}",
        "unit": "ns/char",
        "per": sum(map(len, texts)) * PASSES,
        "ours": _each(redactor.redact, texts),
        "against": {name: cost},
        "missing": missing,
    }
    shares = [
        {"name": f"redact-by-{name}-{what}", "unit": "share", "value": lambda what=what: accuracy()[what]}
        for what in ("f1", "leak")
    ]
    return [speed, *({**row, "missing": missing} for row in shares)]
