"""Latency: nanoseconds in, milliseconds out, and no percentile from too few samples."""

from __future__ import annotations

import json

import pytest

from harness.errors import ConfigError
from harness.metrics.latency import END_TO_END, LatencyBook


def filled(n: int, stage: str = "message", step_ns: int = 1_000_000) -> LatencyBook:
    book = LatencyBook()
    for i in range(1, n + 1):
        book.record(stage, i * step_ns)
    return book


@pytest.mark.parametrize(
    "n,present",
    [
        (1, {"p50_ms"}),
        (10, {"p50_ms", "p90_ms"}),
        (19, {"p50_ms", "p90_ms"}),
        (20, {"p50_ms", "p90_ms", "p95_ms"}),
        (999, {"p50_ms", "p90_ms", "p95_ms"}),
        (1000, {"p50_ms", "p90_ms", "p95_ms", "p99_ms"}),
        (10_000, {"p50_ms", "p90_ms", "p95_ms", "p99_ms", "p99_9_ms"}),
    ],
)
def test_percentiles_need_samples(n: int, present: set[str]) -> None:
    """What has too few samples is n/a and says how many are needed."""
    figures = filled(n, step_ns=1000).summary()["message"]
    assert {name for name, value in figures.items() if name.startswith("p") and value != "n/a"} == present
    missing = {name for name, value in figures.items() if value == "n/a"}
    assert set(figures.get("why", {})) == missing


def test_values() -> None:
    """Percentiles are right to three digits, the maximum exactly."""
    figures = filled(1000).summary()["message"]
    assert figures["n"] == 1000
    assert figures["p50_ms"] == pytest.approx(500, rel=0.002)
    assert figures["p99_ms"] == pytest.approx(990, rel=0.002)
    assert figures["max_ms"] == 1000


def test_whole_way_comes_last() -> None:
    """Stages in alphabetical order, the end-to-end one after them."""
    book = filled(1)
    book.record("validate", 5)
    book.record("decode", 5)
    assert list(book.summary()) == ["decode", "validate", "message"]


def test_extremes() -> None:
    """0 ns and more than an hour are kept; a percentile never exceeds the maximum."""
    book = LatencyBook()
    book.record("message", 0)
    assert book.summary()["message"]["p50_ms"] == 0
    book.record("message", 7_200_000_000_000)
    assert book.summary()["message"]["max_ms"] == 7_200_000


def test_negative_is_refused() -> None:
    """Two times of different clocks are a fault."""
    with pytest.raises(ConfigError, match="one Clock"):
        LatencyBook().record("message", -1)


def test_slo_rate() -> None:
    """The share within the objective, None without a measurement."""
    book = filled(1000)
    assert book.slo_rate(500) == pytest.approx(0.5, abs=0.001)
    assert book.slo_rate(5000) == 1
    assert book.slo_rate(stage="ground") is None


def test_slo_figures() -> None:
    """With n, objective and interval; n/a with the reason when nothing was timed."""
    figures = filled(10).slo_figures()
    assert figures["latency_slo_rate"] == 1
    assert figures["latency_slo_n"] == 10
    assert figures["latency_slo_interval"][1] == 1
    empty = LatencyBook().slo_figures()
    assert empty["latency_slo_rate"] == "n/a"
    assert "latency_slo_rate" in empty["why"]


def test_sessions_are_told_apart() -> None:
    """What a session records counts for the whole; by itself it has n, mean and maximum, and an empty one is left out."""
    book = LatencyBook()
    book.session("a").record("ground", 1_000_000)
    book.session("a").record("ground", 3_000_000)
    book.session("b").record(END_TO_END, 5_000_000)
    book.session("c")
    assert book.summary()["ground"]["n"] == 2
    assert book.by_session() == {
        "a": {"ground": {"n": 2, "mean_ms": 2.0, "max_ms": 3.0}},
        "b": {END_TO_END: {"n": 1, "mean_ms": 5.0, "max_ms": 5.0}},
    }


def test_merged_books_are_one_book() -> None:
    """Two books that travelled as JSON give the figures of one that had it all."""
    whole, parts = LatencyBook(), [LatencyBook(), LatencyBook()]
    for i in range(1, 1501):
        for book in (whole, parts[i % 2]):
            book.session(f"s{i % 3}").record("message", i * 1000, conversation=f"c{i % 5}")
            book.session("s1").peak("queue", i)
    merged = LatencyBook()
    for part in parts:
        merged.merge(json.loads(json.dumps(part.packed())))
    assert merged.summary() == whole.summary()
    assert merged.by_session() == whole.by_session()
    assert merged.by_conversation() == whole.by_conversation()
    assert merged.peaks() == whole.peaks() == {"queue": 1500}
    assert merged.slo_figures(1.0) == whole.slo_figures(1.0)
