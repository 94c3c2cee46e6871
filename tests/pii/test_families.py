"""The families of cases: exact spans, the law of surrogates, every chunking."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.pii.operators import apply
from harness.pii.stream import Redactor
from harness.pii.surrogate import SurrogateVault, is_surrogate

LINES = (Path(__file__).parents[2] / "fixtures" / "pii" / "families.jsonl").read_text(encoding="utf-8").splitlines()
CASES = [json.loads(line) for line in LINES]
REDACTOR = Redactor()


def test_there_are_enough_of_each_kind() -> None:
    """400 cases, 40 families, a third of them with nothing to find."""
    assert len(CASES) >= 400
    assert len({case["family"] for case in CASES}) >= 40
    assert sum(not case["spans"] for case in CASES) * 3 >= len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_spans_are_exact(case: dict[str, Any]) -> None:
    """Places and types, nothing more and nothing less."""
    text = case["text"]
    assert [{"start": s.start, "end": s.end, "type": s.type} for s in REDACTOR.detect(text)] == case["spans"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_surrogates_are_found_again(case: dict[str, Any]) -> None:
    """The text with surrogates gives the same redacted text; no value of a fixture is a surrogate by itself."""
    text = case["text"]
    spans = REDACTOR.detect(text)
    assert not any(is_surrogate(span.type, text[span.start : span.end]) for span in spans)
    fake = apply(text, spans, SurrogateVault(b"f" * 32, "k").surrogate)
    assert REDACTOR.redact(fake).text == REDACTOR.redact(text).text


def test_families_at_scale(figure: Callable[[str, object], None]) -> None:
    """Cases strung together and cut at random: one output, always a prefix of it, and the same again."""
    _chunkings(400, figure, "fast")


@pytest.mark.prove
def test_families_at_full_scale(figure: Callable[[str, object], None]) -> None:
    """The same, 100,000 times."""
    _chunkings(100_000, figure, "full")


def _chunkings(count: int, figure: Callable[[str, object], None], name: str) -> None:
    rng = random.Random(7)
    held: Counter[int] = Counter()
    for _ in range(count):
        text = rng.choice(("", " ", ". ", ", ", "\n")).join(
            case["text"] for case in rng.choices(CASES, k=rng.randint(1, 4))
        )
        whole = REDACTOR.redact(text)
        stream, out, at, most = REDACTOR.stream(), "", 0, rng.choice((1, 4, 16, 60))
        while at < len(text):
            size = rng.randint(1, most)
            out += stream.feed(text[at : at + size])
            at += size
            held[stream.held] += 1
            assert whole.text.startswith(out)
        assert out + stream.finish() == whole.text
        assert stream.spans == whole.spans
        assert REDACTOR.redact(whole.text).text == whole.text
    ordered = sorted(held.elements())
    mean, p95 = sum(ordered) / len(ordered), ordered[len(ordered) * 95 // 100]
    figure(f"chunkings ({name})", count)
    figure(f"held characters of PII-dense text ({name}) mean / p95 / max", f"{mean:.1f} / {p95} / {ordered[-1]}")
