"""Delays."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.wire.backoff import MAX_RETRY_AFTER_S, Backoff, retry_after_s

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


@given(st.integers(), st.integers(1, 60), st.floats(0, 1))
def test_ceiling(seed: int, failures: int, at_least: float) -> None:
    """A delay lies between its share of the ceiling and the ceiling, which doubles up to the cap."""
    backoff = Backoff(random.Random(seed), base_s=0.1, cap_s=10)
    for failure in range(failures):
        ceiling = min(10.0, 0.1 * 2**failure)
        assert at_least * ceiling <= backoff.next_s(at_least=at_least) <= ceiling
    assert backoff.failures == failures
    backoff.reset()
    assert backoff.failures == 0
    assert backoff.next_s() <= 0.1


@given(st.integers(), st.floats(0, 1e6))
def test_retry_after_wins(seed: int, asked_s: float) -> None:
    """What the service asks for is the least that is waited, up to five minutes, plus a little jitter."""
    least = min(asked_s, MAX_RETRY_AFTER_S)
    assert least <= Backoff(random.Random(seed), base_s=0.1).next_s(asked_s) <= least + 0.1


@given(st.integers())
def test_rate_bound(seed: int) -> None:
    """With half of each pause fixed and a base of 0.2 s, six dials take more than three seconds."""
    backoff = Backoff(random.Random(seed), base_s=0.2)
    assert sum(backoff.next_s(at_least=0.5) for _ in range(5)) > 3


def test_breath() -> None:
    """A breath is short and no failure."""
    backoff = Backoff(random.Random(1), base_s=0.1)
    assert 0 <= backoff.breath_s() <= 0.1
    assert backoff.failures == 0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("\u00b2", None),
        ("9999999999", None),
        ("0", 0.0),
        (" 120 ", 120.0),
        ("Sat, 14 Mar 2026 12:00:30 GMT", 30.0),
        ("Sat, 14 Mar 2026 13:00:30 +0100", 30.0),
        ("Sat, 14 Mar 2026 12:00:30 -0000", 30.0),
        ("Sat, 14 Mar 2026 11:00:00 GMT", 0.0),
        ("Sat, 99 Mar 2026 11:00:00 GMT", None),
        ("Sat, 14 Mar 99999999999999999999 11:00:00 GMT", None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    """Seconds and both spellings of a date are read; everything else says nothing."""
    assert retry_after_s(value, NOW) == seconds


@given(st.text())
def test_retry_after_never_fails(value: str) -> None:
    """Whatever a header holds, it is a number of seconds or nothing."""
    found = retry_after_s(value, NOW)
    assert found is None or 0 <= found < timedelta.max.total_seconds()
