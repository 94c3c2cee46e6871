"""Latency per stage, in HdrHistograms: nanoseconds inside, milliseconds in reports.

1. A percentile needs samples: p90 from 10, p95 from 20, p99 from 1,000, p99.9 from 10,000; below it is n/a.
2. Values keep 3 significant digits, from 1 ns to 1 h; the maximum is exact.
3. Latency is not accuracy: the share of messages under the objective is ``latency_slo_rate``.
4. Of a single session only n, mean and maximum are kept: it has too few messages for more.
5. The whole way of a message is kept by conversation too, as exact values: comparisons pair conversations.
6. Books of several processes merge into one, histogram by histogram: no percentile is ever averaged.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import Any

from hdrh.histogram import HdrHistogram

from harness.errors import ConfigError
from harness.metrics.missing import Missing, settle
from harness.metrics.stats import quantile, wilson

__all__ = ["END_TO_END", "FROM_INTENDED", "PERCENTILES", "SCHEDULE_LAG", "SLO_MS", "LatencyBook", "SessionBook"]

END_TO_END = "message"
"""Stage name of the whole way, from a message's arrival to its outcome."""

SCHEDULE_LAG = "schedule_lag"
"""Stage name of how late the replayer itself was; where it is large, the harness was the bottleneck."""

FROM_INTENDED = "message_from_intended"
"""Stage name of the way from the time a message was meant to be sent to its outcome; where that time is known."""

SLO_MS = 500.0
"""The objective of the user's document."""

PERCENTILES = (("p50_ms", 50.0, 1), ("p90_ms", 90.0, 10), ("p95_ms", 95.0, 20), ("p99_ms", 99.0, 1_000))
"""Figure, percentile, samples it needs."""

_TAIL = ("p99_9_ms", 99.9, 10_000)
_LOWEST_NS, _HIGHEST_NS, _DIGITS = 1, 3_600_000_000_000, 3


class _Stage:
    """The samples of one stage."""

    __slots__ = ("histogram", "longest_ns", "n")

    def __init__(self) -> None:
        self.histogram: Any = HdrHistogram(_LOWEST_NS, _HIGHEST_NS, _DIGITS)
        self.longest_ns = 0
        self.n = 0

    def record(self, ns: int) -> None:
        self.histogram.record_value(min(max(ns, _LOWEST_NS), _HIGHEST_NS))
        self.longest_ns = max(self.longest_ns, ns)
        self.n += 1

    def packed(self) -> list[Any]:
        return [self.histogram.encode().decode("ascii"), self.longest_ns, self.n]

    def merge(self, packed: Sequence[Any]) -> None:
        histogram, longest_ns, n = packed
        self.histogram.add(HdrHistogram.decode(histogram))
        self.longest_ns = max(self.longest_ns, longest_ns)
        self.n += n

    def percentile_ms(self, percentile: float, needs: int) -> float | Missing:
        if self.n < needs:
            return Missing(f"{self.n} samples; {needs:,} are needed")
        return min(int(self.histogram.get_value_at_percentile(percentile)), self.longest_ns) / 1e6

    def under(self, ns: float) -> int:
        """Samples of at most ``ns``, to the histogram's 3 digits."""
        total = 0
        for step in self.histogram.get_recorded_iterator():
            if self.histogram.get_lowest_equivalent_value(step.value_iterated_to) > ns:
                break
            total += step.count_added_in_this_iter_step
        return total

    def figures(self) -> dict[str, Any]:
        table: dict[str, Any] = {"n": self.n}
        for name, percentile, needs in (*PERCENTILES, _TAIL):
            table[name] = self.percentile_ms(percentile, needs)
        table["max_ms"] = self.longest_ns / 1e6
        return settle(table)


def _exact(values: Sequence[int]) -> dict[str, Any]:
    n = len(values)
    table: dict[str, Any] = {"n": n, "max_ms": values[-1] / 1e6}
    for name, percentile, needs in PERCENTILES:
        if n >= needs:
            table[name] = round(quantile(values, percentile / 100) / 1e6, 6)
    return table


class LatencyBook:
    """Collects durations by stage, and how deep queues became."""

    def __init__(self) -> None:
        self._stages: dict[str, _Stage] = {}
        self._sessions: dict[str, SessionBook] = {}
        self._conversations: dict[str, array[int]] = {}
        self._peaks: dict[str, int] = {}

    def session(self, name: str) -> SessionBook:
        """The book of one session: what it records is recorded here too, and told apart by :meth:`by_session`."""
        return self._sessions.setdefault(name, SessionBook(self))

    def by_session(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Name of a session -> stage -> n, mean_ms, max_ms; sessions without a duration are not in it."""
        tables = {name: book.means() for name, book in sorted(self._sessions.items())}
        return {name: table for name, table in tables.items() if table}

    def record(self, stage: str, ns: int, *, conversation: str = "") -> None:
        """Add one duration.

        Args:
            stage: "decode", "ground" ...; :data:`END_TO_END` for the whole way.
            ns: nanoseconds, not negative.
            conversation: whose message it was; kept for :data:`END_TO_END` only.

        Raises:
            ConfigError: ``ns`` is negative: the times given do not come from one monotonic clock.
        """
        if ns < 0:
            raise ConfigError("ns", ns, "a duration of 0 or more", fix="take both times from one Clock")
        found = self._stages.get(stage)
        if found is None:
            found = self._stages[stage] = _Stage()
        found.record(ns)
        if conversation and stage == END_TO_END:
            self._conversations.setdefault(conversation, array("q")).append(ns)

    def by_conversation(self) -> Mapping[str, dict[str, Any]]:
        """Conversation -> n and exact quantiles of its messages in ms, by rule 1."""
        return {name: _exact(sorted(values)) for name, values in sorted(self._conversations.items())}

    def peak(self, name: str, value: int) -> None:
        """Keep the largest ``value`` of a depth."""
        self._peaks[name] = max(self._peaks.get(name, 0), value)

    def peaks(self) -> dict[str, int]:
        """Depth -> its largest value."""
        return dict(sorted(self._peaks.items()))

    def packed(self) -> dict[str, Any]:
        """All of it as plain JSON, for :meth:`merge` in another process."""
        return {
            "stages": {name: stage.packed() for name, stage in self._stages.items()},
            "sessions": {name: book.totals() for name, book in self._sessions.items()},
            "conversations": {name: list(values) for name, values in self._conversations.items()},
            "peaks": self._peaks,
        }

    def merge(self, packed: Mapping[str, Any]) -> None:
        """Add what another book packed, as if it had been recorded here."""
        for name, stage in packed["stages"].items():
            self._stages.setdefault(name, _Stage()).merge(stage)
        for name, totals in packed["sessions"].items():
            self.session(name).add_totals(totals)
        for name, values in packed["conversations"].items():
            self._conversations.setdefault(name, array("q")).extend(values)
        for name, value in packed["peaks"].items():
            self.peak(name, value)

    def summary(self) -> dict[str, dict[str, Any]]:
        """Stage -> n and percentiles in ms, by rule 1; the whole way last."""
        names = sorted(self._stages, key=lambda name: (name == END_TO_END, name))
        return {name: self._stages[name].figures() for name in names}

    def slo_rate(self, slo_ms: float = SLO_MS, *, stage: str = END_TO_END) -> float | None:
        """Share of ``stage`` within ``slo_ms``; None where nothing was measured."""
        found = self._stages.get(stage)
        return None if found is None else found.under(slo_ms * 1e6) / found.n

    def slo_figures(self, slo_ms: float = SLO_MS) -> dict[str, Any]:
        """``latency_slo_rate`` with its n, objective and interval, ready for a report."""
        found = self._stages.get(END_TO_END)
        if found is None:
            missing = Missing("no message was timed from end to end")
            return settle({"latency_slo_rate": missing, "latency_slo_ms": slo_ms, "latency_slo_n": 0})
        hits = found.under(slo_ms * 1e6)
        return settle(
            {
                "latency_slo_rate": hits / found.n,
                "latency_slo_ms": slo_ms,
                "latency_slo_n": found.n,
                "latency_slo_interval": tuple(wilson(hits, found.n) or ()),
            }
        )


class SessionBook(LatencyBook):
    """Collects the durations of one session for a :class:`LatencyBook`."""

    def __init__(self, whole: LatencyBook) -> None:
        super().__init__()
        self._whole = whole
        self._totals: dict[str, list[int]] = {}

    def record(self, stage: str, ns: int, *, conversation: str = "") -> None:
        """Add one duration, to the whole book too."""
        self._whole.record(stage, ns, conversation=conversation)
        total = self._totals.setdefault(stage, [0, 0, 0])
        total[0] += 1
        total[1] += ns
        total[2] = max(total[2], ns)

    def peak(self, name: str, value: int) -> None:
        """Keep the largest ``value`` of a depth, in the whole book."""
        self._whole.peak(name, value)

    def totals(self) -> dict[str, list[int]]:
        """Stage -> n, nanoseconds, the longest."""
        return self._totals

    def add_totals(self, totals: Mapping[str, Sequence[int]]) -> None:
        """Add :meth:`totals` of the same session elsewhere; the whole book has its own."""
        for stage, (n, ns, longest_ns) in totals.items():
            total = self._totals.setdefault(stage, [0, 0, 0])
            self._totals[stage] = [total[0] + n, total[1] + ns, max(total[2], longest_ns)]

    def means(self) -> dict[str, dict[str, Any]]:
        """Stage -> n, mean_ms, max_ms; the whole way last."""
        names = sorted(self._totals, key=lambda name: (name == END_TO_END, name))
        return {name: _means(*self._totals[name]) for name in names}


def _means(n: int, total_ns: int, longest_ns: int) -> dict[str, Any]:
    return {"n": n, "mean_ms": round(total_ns / n / 1e6, 6), "max_ms": longest_ns / 1e6}
