"""Statistics against published or closed-form values, and their laws."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.metrics.stats import Interval, auroc, cluster_bootstrap, f_beta, quantile, wilson


@pytest.mark.parametrize(
    "hits,n,low,high",
    [(81, 263, 0.255275, 0.366159), (15, 148, 0.062386, 0.160520), (0, 20, 0.0, 0.161125), (1, 29, 0.006113, 0.171756)],
)
def test_wilson_matches_newcombe(hits: int, n: int, low: float, high: float) -> None:
    """The worked examples of Newcombe, Statistics in Medicine 17 (1998), table I, method 3."""
    found = wilson(hits, n)
    assert found is not None
    assert found == pytest.approx((low, high), abs=1e-4)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share(case: tuple[int, int]) -> None:
    """The interval lies in 0..1, holds the share, and is mirrored for the complement."""
    hits, n = case
    found, mirrored = wilson(hits, n), wilson(n - hits, n)
    assert found is not None and mirrored is not None
    assert 0 <= found.low <= hits / n <= found.high <= 1
    assert found.low == pytest.approx(1 - mirrored.high, abs=1e-12)


def test_wilson_of_nothing() -> None:
    """No trials, no interval."""
    assert wilson(0, 0) is None


@pytest.mark.parametrize("hits,n", [(-1, 3), (4, 3)])
def test_wilson_refuses(hits: int, n: int) -> None:
    """More hits than trials is a fault of the caller."""
    with pytest.raises(ConfigError, match="hits"):
        wilson(hits, n)


def test_f_beta() -> None:
    """F1 is the harmonic mean; F2 leans to recall; of nothing there is none."""
    assert f_beta(6, 2, 4, 1) == pytest.approx(2 * 0.75 * 0.6 / 1.35)
    assert f_beta(6, 2, 4, 2) == pytest.approx(5 * 0.75 * 0.6 / (4 * 0.75 + 0.6))
    assert f_beta(0, 0, 0, 1) is None


def test_quantile() -> None:
    """Linear between the order statistics."""
    assert quantile([1, 2, 3, 4], 0.5) == 2.5
    assert quantile([1, 2, 3, 4], 1.0) == 4
    assert quantile([5], 0.3) == 5


def _mean(sample: Sequence[float]) -> tuple[float]:
    return (sum(sample) / len(sample),)


def test_bootstrap_is_reproducible() -> None:
    """The same seed gives the same interval, and it holds the estimate."""
    values = [float(i % 7) for i in range(60)]
    first = cluster_bootstrap(values, _mean, random.Random(1))
    assert first == cluster_bootstrap(values, _mean, random.Random(1))
    assert first[0] is not None
    assert first[0].low < _mean(values)[0] < first[0].high


def test_bootstrap_is_about_right() -> None:
    """For a mean of many it comes near the normal interval."""
    values = [0.0, 1.0] * 200
    (found,) = cluster_bootstrap(values, _mean, random.Random(3))
    assert found is not None
    assert found == pytest.approx((0.5 - 0.049, 0.5 + 0.049), abs=0.012)


def test_bootstrap_says_nothing() -> None:
    """Of one cluster, of clusters that agree, or where the figure is mostly undefined, there is no interval."""
    assert cluster_bootstrap([1.0], _mean, random.Random(0)) == [None]
    assert cluster_bootstrap([1.0, 1.0], _mean, random.Random(0)) == [None]
    assert cluster_bootstrap([1.0, 2.0], lambda _: (None,), random.Random(0)) == [None]


def test_bootstrap_bounds_its_time() -> None:
    """Many clusters lower the replicates to 200."""
    calls = itertools.count()
    cluster_bootstrap(range(10_000), lambda s: (float(next(calls) + s[0]),), random.Random(0))
    assert next(calls) == 201


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12), st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_auroc_is_the_share_of_pairs(positives: list[int], negatives: list[int]) -> None:
    """Equal to counting all pairs, ties half."""
    won = sum((p > n) + (p == n) / 2 for p in positives for n in negatives)
    assert auroc(positives, negatives) == pytest.approx(won / (len(positives) * len(negatives)))


def test_auroc_needs_both_kinds() -> None:
    """With one kind only there is nothing to rank."""
    assert auroc([], [1.0]) is None
    assert auroc([1.0], []) is None


def test_interval_names() -> None:
    """An interval is a pair with names."""
    assert Interval(0.1, 0.2).high == 0.2


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_against_statsmodels(case: tuple[int, int]) -> None:
    """The interval is that of statsmodels, to 1e-9."""
    proportion = pytest.importorskip("statsmodels.stats.proportion", reason="statsmodels is in the extra `oracle`")
    assert wilson(*case) == pytest.approx(proportion.proportion_confint(*case, method="wilson"), abs=1e-9)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30), st.lists(st.integers(0, 9), min_size=1, max_size=30))
def test_auroc_against_scipy(positives: list[int], negatives: list[int]) -> None:
    """The area is scipy's U over the product of the sizes, to 1e-9."""
    stats = pytest.importorskip("scipy.stats", reason="scipy is in the extra `oracle`")
    u = stats.mannwhitneyu(positives, negatives).statistic
    assert auroc(positives, negatives) == pytest.approx(u / len(positives) / len(negatives), abs=1e-9)


def test_bootstrap_against_scipy() -> None:
    """The interval of a mean is that of scipy's percentile bootstrap, to its Monte Carlo error."""
    stats = pytest.importorskip("scipy.stats", reason="scipy is in the extra `oracle`")
    numpy = pytest.importorskip("numpy", reason="numpy comes with the extra `oracle`")
    rng = random.Random(4)
    values = [rng.gauss(5, 2) for _ in range(80)]
    theirs = stats.bootstrap(
        (values,), numpy.mean, method="percentile", n_resamples=9999, rng=numpy.random.default_rng(2)
    ).confidence_interval
    (ours,) = cluster_bootstrap(values, _mean, random.Random(5), replicates=9999)
    assert ours is not None
    # The standard error of a 2.5 % point of n draws is sqrt(.025 x .975 / n) over the density there; six of them.
    error = 6 * math.sqrt(0.025 * 0.975 / 9999) / 0.0584 * float(numpy.std(values)) / math.sqrt(len(values))
    assert ours == pytest.approx((theirs.low, theirs.high), abs=error)
