"""How long an agent waits for a summary's first words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.metrics.latency import LatencyBook
from harness.pipeline.outcome import Outcome
from harness.session.first_text import FIRST_TEXT, FirstText

MS = 1_000_000


@pytest.fixture
def watch(make_outcome: Callable[..., Outcome]) -> Callable[..., dict[str, Any]]:
    """Takes (event, time, payload, changes) of outcomes, each 2 ms after its message, and returns the figures."""

    def run(*steps: tuple[str, int, dict[str, Any], dict[str, Any]]) -> dict[str, Any]:
        book = LatencyBook()
        first = FirstText(book)
        for event, at_ms, payload, changes in steps:
            outcome = make_outcome(event=event, payload=payload, **{"deliverable": False, **changes})
            first.take(outcome, 2 * MS, at_ms * MS)
        return book.summary().get(FIRST_TEXT, {"n": 0})

    return run


SAID: tuple[str, int, dict[str, Any], dict[str, Any]] = ("utterance", 10, {"text": "hello"}, {})


def test_first_delta(watch: Callable[..., dict[str, Any]]) -> None:
    """From the arrival of the last utterance to the first delta with words; each summary once."""
    provisional = {"provisional": True}
    found = watch(
        SAID,
        ("heartbeat", 11, {}, {}),
        ("summary.delta", 20, {"summary_id": "s", "text": ""}, provisional),
        ("summary.delta", 30, {"summary_id": "s", "text": "The"}, provisional),
        ("summary.delta", 40, {"summary_id": "s", "text": " end"}, provisional),
        ("summary.completed", 50, {"summary_id": "s", "summary": "The end"}, {"deliverable": True}),
    )
    assert (found["n"], found["max_ms"]) == (1, 22.0)


def test_summary_at_once(watch: Callable[..., dict[str, Any]]) -> None:
    """A summary that comes whole counts when it is whole; one before any utterance does not."""
    whole = ("summary.completed", 60, {"summary_id": "s", "summary": "The end"}, {"deliverable": True})
    assert watch(SAID, whole)["max_ms"] == 52.0
    assert watch(whole)["n"] == 0


def test_no_payload(watch: Callable[..., dict[str, Any]]) -> None:
    """A message that could not be decoded is no summary."""
    assert watch(SAID, ("malformed", 20, None, {"deliverable": True}))["n"] == 0
