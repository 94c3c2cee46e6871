"""Agreement of annotators against worked examples, and against statsmodels, krippendorff where they are installed."""

from __future__ import annotations

from collections.abc import Hashable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.metrics.accuracy import Mention, Piece, Place
from harness.metrics.agreement import cohen_kappa, krippendorff_alpha, span_f1

LABELS = st.sampled_from("abc")


def test_kappa_by_hand() -> None:
    """Twenty yes/yes, five yes/no, ten no/yes, fifteen no/no: observed .7, expected .5, kappa .4."""
    first = ["y"] * 25 + ["n"] * 25
    second = ["y"] * 20 + ["n"] * 5 + ["y"] * 10 + ["n"] * 15
    assert cohen_kappa(first, second) == pytest.approx(0.4, abs=1e-12)


def test_kappa_is_not_defined() -> None:
    """Without items, or where chance would always agree, there is none; lists of two lengths are refused."""
    assert cohen_kappa([], []) is None
    assert cohen_kappa(["y", "y"], ["y", "y"]) is None
    assert cohen_kappa(["y", "n"], ["n", "y"]) == -1
    with pytest.raises(ConfigError, match="second"):
        cohen_kappa(["y"], [])


@given(st.lists(st.tuples(LABELS, LABELS), min_size=2, max_size=40))
def test_kappa_against_statsmodels(pairs: list[tuple[str, str]]) -> None:
    """Kappa is that of statsmodels, to 1e-9."""
    rater = pytest.importorskip("statsmodels.stats.inter_rater", reason="statsmodels is in the extra `oracle`")
    ours = cohen_kappa([a for a, _ in pairs], [b for _, b in pairs])
    if ours is not None:
        table = [[sum(pair == (a, b) for pair in pairs) for b in "abc"] for a in "abc"]
        assert ours == pytest.approx(rater.cohens_kappa(table, return_results=False), abs=1e-9)


def items(*rows: str) -> list[dict[str, Hashable]]:
    """One row per annotator, ``.`` for an item left out."""
    return [{str(i): row[j] for i, row in enumerate(rows) if row[j] != "."} for j in range(len(rows[0]))]


def test_alpha_of_krippendorff_himself() -> None:
    """The worked example of Krippendorff (2011), part C: four observers, twelve units, missing data, nominal: .743."""
    data = items("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
    assert krippendorff_alpha(data) == pytest.approx(0.743, abs=5e-4)


def test_alpha_by_hand() -> None:
    """Two observers, ten binary units, of which four differ: .095 (Krippendorff 2011, part A)."""
    assert krippendorff_alpha(items("0100000000", "1110010010")) == pytest.approx(0.095238, abs=1e-6)


def test_alpha_is_not_defined() -> None:
    """Of items with one label each, or with one label only, there is none."""
    assert krippendorff_alpha([]) is None
    assert krippendorff_alpha(items("a.", ".b")) is None
    assert krippendorff_alpha(items("aa", "aa")) is None
    assert krippendorff_alpha(items("ab", "ab")) == 1


@given(st.lists(st.lists(st.sampled_from("abc."), min_size=3, max_size=3), min_size=2, max_size=30))
def test_alpha_against_krippendorff(rows: list[list[str]]) -> None:
    """Alpha, with items missing, is that of the package krippendorff, to 1e-9."""
    theirs = pytest.importorskip("krippendorff", reason="krippendorff is in the extra `oracle`")
    numpy = pytest.importorskip("numpy", reason="numpy is in the extra `oracle`")
    ours = krippendorff_alpha([{str(i): label for i, label in enumerate(row) if label != "."} for row in rows])
    if ours is not None:
        data = [[numpy.nan if row[i] == "." else float("abc".index(row[i])) for row in rows] for i in range(3)]
        assert ours == pytest.approx(theirs.alpha(reliability_data=data, level_of_measurement="nominal"), abs=1e-9)


def span(start: int, end: int, type_: str = "PHONE") -> Mention:
    return Mention(type_, (Piece(Place("r/c", 1, "/text"), start, end),))


def test_span_f1() -> None:
    """Equal spans, spans that overlap by half, other types; the same either way round."""
    one, two = [span(0, 10), span(20, 30), span(40, 44, "DOB")], [span(0, 10), span(22, 30), span(40, 44, "SSN")]
    assert span_f1(one, two, exact=True) == pytest.approx(1 / 3)
    assert span_f1(one, two) == pytest.approx(2 / 3)
    assert span_f1(two, one) == span_f1(one, two)
    assert span_f1([], []) is None
    assert span_f1(one, []) == 0
