"""Our statistics beside those of others: how far apart they are at most, over many drawn cases."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from harness.metrics.agreement import cohen_kappa, krippendorff_alpha
from harness.metrics.paired import mcnemar, sign_test
from harness.metrics.stats import auroc, wilson

Figure = Callable[[str, object], None]
CASES = 2_000


def told(figure: Figure, name: str, distances: list[float]) -> None:
    figure(f"{name}: largest difference in {len(distances):,} cases", f"{max(distances):.1e}")
    assert max(distances) <= 1e-9


@pytest.mark.prove
def test_wilson(figure: Figure) -> None:
    """Wilson's interval and statsmodels'."""
    theirs = pytest.importorskip("statsmodels.stats.proportion", reason="statsmodels is in the extra `oracle`")
    rng, found = random.Random(1), []
    for _ in range(CASES):
        n = rng.randint(1, 10_000)
        hits = rng.randint(0, n)
        ours, other = wilson(hits, n), theirs.proportion_confint(hits, n, method="wilson")
        assert ours is not None
        found += [abs(a - b) for a, b in zip(ours, other, strict=True)]
    told(figure, "Wilson against statsmodels", found)


@pytest.mark.prove
def test_paired(figure: Figure) -> None:
    """The sign test and McNemar's, beside scipy and statsmodels."""
    stats = pytest.importorskip("scipy.stats", reason="scipy is in the extra `oracle`")
    tables = pytest.importorskip("statsmodels.stats.contingency_tables", reason="statsmodels is in the extra `oracle`")
    rng, signs, pairs = random.Random(2), [], []
    for _ in range(CASES):
        worse, better = rng.randint(0, 300), rng.randint(1, 300)
        other = stats.binomtest(worse, worse + better, 0.5, alternative="greater").pvalue
        signs.append(abs(sign_test(worse, better) - other))
        pairs.append(abs(mcnemar(worse, better) - tables.mcnemar([[9, worse], [better, 9]], exact=True).pvalue))
    told(figure, "sign test against scipy", signs)
    told(figure, "McNemar against statsmodels", pairs)


@pytest.mark.prove
def test_agreement(figure: Figure) -> None:
    """Cohen's kappa and Krippendorff's alpha, beside statsmodels and krippendorff."""
    rater = pytest.importorskip("statsmodels.stats.inter_rater", reason="statsmodels is in the extra `oracle`")
    krippendorff = pytest.importorskip("krippendorff", reason="krippendorff is in the extra `oracle`")
    rng, kappas, alphas = random.Random(3), [], []
    for _ in range(CASES):
        rows = [[rng.choice("aabc.") for _ in range(rng.randint(5, 40))] for _ in range(1)] * 2
        rows = [rows[0], [label if rng.random() < 0.7 else rng.choice("abc.") for label in rows[0]]]
        both = [(a, b) for a, b in zip(*rows, strict=True) if "." not in (a, b)]
        kappa = cohen_kappa([a for a, _ in both], [b for _, b in both]) if both else None
        if kappa is not None:
            table = [[sum(pair == (a, b) for pair in both) for b in "abc"] for a in "abc"]
            kappas.append(abs(kappa - rater.cohens_kappa(table, return_results=False)))
        units: list[dict[str, Any]] = [
            {str(i): row[j] for i, row in enumerate(rows) if row[j] != "."} for j in range(len(rows[0]))
        ]
        alpha = krippendorff_alpha(units)
        if alpha is not None:
            data = [[float("nan") if label == "." else "abc".index(label) for label in row] for row in rows]
            alphas.append(abs(alpha - krippendorff.alpha(reliability_data=data, level_of_measurement="nominal")))
    told(figure, "kappa against statsmodels", kappas)
    told(figure, "alpha against krippendorff", alphas)


@pytest.mark.prove
def test_areas(figure: Figure) -> None:
    """The area under the curve and scipy's U."""
    stats = pytest.importorskip("scipy.stats", reason="scipy is in the extra `oracle`")
    rng, found = random.Random(4), []
    for _ in range(CASES // 4):
        one, two = ([rng.randint(0, 9) for _ in range(rng.randint(1, 30))] for _ in range(2))
        ours = auroc(one, two)
        assert ours is not None
        found.append(abs(ours - stats.mannwhitneyu(one, two).statistic / len(one) / len(two)))
    told(figure, "AUROC against scipy", found)
