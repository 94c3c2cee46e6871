"""How long an agent waits for the first words of a summary.

From the arrival of the last utterance before it to the moment its first words had passed the pipeline: the service's own time
and ours. A summary that comes whole counts when it is whole.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.metrics.latency import LatencyBook
from harness.pipeline.outcome import Outcome

__all__ = ["FIRST_TEXT", "FirstText"]

FIRST_TEXT = "first_summary_text"
"""Stage of the measurements."""


class FirstText:
    """Watches one session's outcomes.

    Args:
        book: where the durations go.
    """

    def __init__(self, book: LatencyBook) -> None:
        self._book = book
        self._said_ns: dict[str, int] = {}
        self._begun: set[tuple[str, str]] = set()

    def take(self, outcome: Outcome, latency_ns: int, now_ns: int) -> None:
        """One outcome, at ``now_ns``, ``latency_ns`` after its message came."""
        if outcome.event == "utterance":
            self._said_ns[outcome.conversation] = now_ns - latency_ns
            return
        payload = outcome.payload if isinstance(outcome.payload, Mapping) else {}
        text = payload.get("text") if outcome.provisional else payload.get("summary") if outcome.deliverable else None
        said_ns = self._said_ns.get(outcome.conversation)
        key = (outcome.conversation, str(payload.get("summary_id", outcome.seq)))
        if text and said_ns is not None and key not in self._begun:
            self._begun.add(key)
            self._book.record(FIRST_TEXT, max(0, now_ns - said_ns))
