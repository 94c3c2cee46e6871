"""Summaries with one edited fact."""

import random
from collections import Counter
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.grounding.edits import edits, parse_edits, sentences_of

TEXT = """\
# a comment
== van
Ann: The {van} costs 20 euros a day: cheap.
Bo: I take it.
+ Ann {lets~rents out|sells} a {van|car}{| with a bed}. {Bo|Ann} {takes~accepts|refuses} it.
"""


def test_each_wrong_word_has_a_faithful_twin() -> None:
    """One summary as written, then one false and one faithful for each wrong choice; the same seed gives the same."""
    (van,) = parse_edits(TEXT, "van.txt")
    found = list(edits(van, random.Random(1)))
    assert found == list(edits(van, random.Random(1)))
    assert found[0]["summary"] == "Ann lets a van. Bo takes it."
    assert found[0]["context"] == "Ann: The {van} costs 20 euros a day: cheap.\nBo: I take it."
    assert Counter(case["label"] for case in found) == {"grounded": 6, "hallucinated": 5}
    assert {case["conversation"] for case in found} == {"van"}
    wrong = [case["summary"] for case in found if case["label"] == "hallucinated"]
    for word, summary in zip(("sells", "car", "with a bed", "Ann", "refuses"), wrong, strict=True):
        assert word in summary
    assert {case["summary"] for case in found if case["label"] == "grounded"} <= {
        f"Ann {lets} a van. Bo {takes} it." for lets in ("lets", "rents out") for takes in ("takes", "accepts")
    }


def test_sentences_stand_alone() -> None:
    """Each sentence of a summary makes cases of its own, of the same conversation."""
    (van,) = parse_edits(TEXT, "van.txt")
    first, second = sentences_of(van)
    assert (first.name, second.summary) == ("van-s1", "{Bo|Ann} {takes~accepts|refuses} it.")
    assert {case["conversation"] for case in edits(first, random.Random(1))} == {"van"}


@pytest.mark.parametrize("text", ["A: no name before it", "== x\nneither turn nor summary", "== x\n+ no choice"])
def test_a_line_that_is_nothing_is_refused(text: str) -> None:
    """By its number."""
    with pytest.raises(ConfigError, match="line"):
        parse_edits(text, "x.txt")


def test_the_fixtures_read(root: Path) -> None:
    """Every file of edited summaries has conversations, each with twenty wrong words or more."""
    for path in sorted((root / "fixtures/grounding/edits").glob("*.txt")):
        found = parse_edits(path.read_text(encoding="utf-8"), path.name)
        assert found
        for edited in found:
            wrong = [case for case in edits(edited, random.Random(1)) if case["label"] == "hallucinated"]
            assert len(wrong) >= 15, edited.name
