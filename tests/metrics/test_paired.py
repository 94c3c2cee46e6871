"""Paired tests against published and closed-form values, and against scipy and statsmodels where they are installed."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.metrics.paired import (
    conversations_for_ok,
    conversations_needed,
    holm,
    mcnemar,
    minimum_detectable_change,
    net_upper,
    paired_ratio,
    sign_test,
)

COUNTS = st.integers(0, 60)


@pytest.mark.parametrize(
    "worse,better,one,two",
    [(5, 0, 1 / 32, 1 / 16), (0, 0, 1.0, 1.0), (8, 2, 56 / 1024, 112 / 1024), (2, 8, 1013 / 1024, 112 / 1024)],
)
def test_known_values(worse: int, better: int, one: float, two: float) -> None:
    """The tails of a fair coin, counted by hand."""
    assert sign_test(worse, better) == pytest.approx(one, abs=1e-12)
    assert mcnemar(worse, better) == pytest.approx(two, abs=1e-12)


def test_many_discordant_pairs() -> None:
    """Thousands of pairs neither overflow nor lose digits: against the sum by logarithms."""
    n, k = 4000, 1900
    logs = [math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) - n * math.log(2) for i in range(k + 1)]
    assert sign_test(n - k, k) == pytest.approx(math.fsum(map(math.exp, logs)), rel=1e-9)


def test_negative_counts_are_refused() -> None:
    """A count below 0 is a fault of the caller."""
    with pytest.raises(ConfigError, match="worse, better"):
        sign_test(-1, 2)


@given(COUNTS, COUNTS)
def test_against_scipy_and_statsmodels(worse: int, better: int) -> None:
    """Both tests are those of scipy's binomtest and of statsmodels' exact McNemar, to 1e-9."""
    stats = pytest.importorskip("scipy.stats", reason="scipy is in the extra `oracle`")
    tables = pytest.importorskip("statsmodels.stats.contingency_tables", reason="statsmodels is in the extra `oracle`")
    if worse + better:
        assert sign_test(worse, better) == pytest.approx(
            stats.binomtest(worse, worse + better, 0.5, alternative="greater").pvalue, abs=1e-9
        )
        assert mcnemar(worse, better) == pytest.approx(
            tables.mcnemar([[9, worse], [better, 9]], exact=True).pvalue, abs=1e-9
        )


def test_holm_by_hand() -> None:
    """Holm's steps, by hand: 3 x .01, 2 x .02 and .04, the last raised to the one before it."""
    assert holm([0.01, 0.04, 0.02]) == pytest.approx([0.03, 0.04, 0.04])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_against_statsmodels(p_values: list[float]) -> None:
    """The adjusted values are those of statsmodels, to 1e-9."""
    multitest = pytest.importorskip("statsmodels.stats.multitest", reason="statsmodels is in the extra `oracle`")
    assert holm(p_values) == pytest.approx(list(multitest.multipletests(p_values, method="holm")[1]), abs=1e-9)


def test_connor() -> None:
    """Connor's formula by hand: 3 points net, 10 % changed either way, 5 % one-sided, power 80 %."""
    assert conversations_needed(0.03, 0.1) == 685
    assert conversations_needed(1.0, 0.0) == 5
    assert conversations_needed(0.5, 0.1) >= 5


@pytest.mark.parametrize("change", [0.0, -0.1, 1.1])
def test_connor_refuses(change: float) -> None:
    """A change outside (0, 1] is a fault of the caller."""
    with pytest.raises(ConfigError, match="change"):
        conversations_needed(change, 0.1)


@given(st.integers(10, 5000), st.floats(0, 1))
def test_minimum_detectable_change_solves_connor(n: int, discordant: float) -> None:
    """At the minimum detectable change the formula asks for no more than what is there, and just below it for more."""
    change = minimum_detectable_change(n, discordant)
    assert conversations_needed(change, discordant) <= n
    assert change == 1.0 or conversations_needed(change * 0.98, discordant) >= n


def test_too_few_for_anything() -> None:
    """Four conversations can show nothing at 5 %, were all of them worse."""
    assert minimum_detectable_change(4, 0.0) == 1.0
    assert sign_test(4, 0) > 0.05


def test_power_of_connor_by_simulation() -> None:
    """At the number Connor asks for the exact test finds the change about four times in five."""
    rng, n = random.Random(5), conversations_needed(0.06, 0.12)
    found = 0
    for _ in range(400):
        drawn = [rng.random() for _ in range(n)]
        worse, better = sum(d < 0.09 for d in drawn), sum(d > 0.97 for d in drawn)
        found += sign_test(worse, better) <= 0.05
    assert 0.70 <= found / 400 <= 0.88


def test_upper_bound() -> None:
    """Nobody worse is bounded near the rule of three; the bound lies above the share and falls with n."""
    assert net_upper(0, 0, 1000) == pytest.approx(math.sqrt(2) * 1.6448536 / 1002, rel=1e-6)
    assert net_upper(30, 10, 1000) > 0.02
    assert net_upper(0, 0, 0) == 1.0
    assert net_upper(3, 0, 100) > net_upper(30, 0, 1000)


def test_upper_bound_holds_its_promise() -> None:
    """The true net share is above the bound in about one sample of twenty."""
    rng, above = random.Random(7), 0
    for _ in range(600):
        drawn = [rng.random() for _ in range(150)]
        worse, better = sum(d < 0.05 for d in drawn), sum(d > 0.97 for d in drawn)
        above += net_upper(worse, better, 150) < 0.02
    assert above / 600 < 0.08


@pytest.mark.parametrize("worse,better,n", [(0, 0, 30), (1, 1, 40), (0, 2, 10), (1, 0, 60)])
def test_how_many_decide(worse: int, better: int, n: int) -> None:
    """At the number named the bound is within the tolerance, the shares being as they were; one less is not enough."""
    size = conversations_for_ok(worse, better, n, 0.02)
    assert (size is not None and size > n) or net_upper(worse, better, n) <= 0.02
    assert size is not None
    assert net_upper(round(worse * size / n), round(better * size / n), size) <= 0.02


def test_no_number_decides() -> None:
    """Where the share itself is over the tolerance no number makes it fine; of nothing, as many as would without a change."""
    assert conversations_for_ok(5, 0, 100, 0.02) is None
    assert conversations_for_ok(2, 1, 50, 0.02 + 1e-9, most=100) is None
    assert conversations_for_ok(0, 0, 0, 0.02) == conversations_for_ok(0, 0, 1, 0.02)


def test_ratio_of_a_constant() -> None:
    """Every conversation a quarter slower: the ratio is 1.25, its interval a point."""
    found = paired_ratio([(float(i), 1.25 * i) for i in range(1, 40)], random.Random(0), replicates=200)
    assert found is not None
    assert (found.ratio, found.interval.low, found.interval.high) == pytest.approx((1.25, 1.25, 1.25))
    assert found.p == pytest.approx(1 / 401)
    assert found.spread == pytest.approx(0, abs=1e-12)


def test_ratio_is_reproducible(pairs: list[tuple[float, float]]) -> None:
    """The same seed gives the same interval."""
    assert paired_ratio(pairs, random.Random(3)) == paired_ratio(pairs, random.Random(3))


@pytest.fixture
def pairs() -> list[tuple[float, float]]:
    """Sixty conversations of two runs."""
    rng = random.Random(11)
    return [(base := rng.lognormvariate(3, 1), base * rng.lognormvariate(0.05, 0.3)) for _ in range(60)]


def test_ratio_against_scipy(pairs: list[tuple[float, float]]) -> None:
    """The interval is that of scipy's percentile bootstrap, to its Monte Carlo error."""
    stats = pytest.importorskip("scipy.stats", reason="scipy is in the extra `oracle`")
    numpy = pytest.importorskip("numpy", reason="numpy is in the extra `oracle`")
    logs = numpy.log([b / a for a, b in pairs])
    theirs = stats.bootstrap(
        (logs,), numpy.mean, method="percentile", n_resamples=9999, rng=numpy.random.default_rng(1)
    ).confidence_interval
    ours = paired_ratio(pairs, random.Random(1), replicates=9999)
    assert ours is not None
    error = 6 * float(numpy.std(logs)) / math.sqrt(60) / math.sqrt(9999) * 2.7
    assert math.log(ours.interval.low) == pytest.approx(theirs.low, abs=error)
    assert math.log(ours.interval.high) == pytest.approx(theirs.high, abs=error)
    assert ours.spread == pytest.approx(float(numpy.std(logs, ddof=1)), rel=1e-9)


def test_ratio_needs_two() -> None:
    """Of one conversation there is no interval; a duration of 0 is a fault of the caller."""
    assert paired_ratio([(1.0, 2.0)], random.Random(0)) is None
    with pytest.raises(ConfigError, match="pairs"):
        paired_ratio([(0.0, 1.0), (1.0, 1.0)], random.Random(0))
