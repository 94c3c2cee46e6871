"""Tokens are counted once, and never go past the maximum."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.dialects.mediation_models import SummaryLengthMatrix
from harness.pipeline.budget import BudgetStage, Utf8Estimator, cut, length_reasons
from harness.pipeline.outcome import Budget
from harness.text.span import RedactedText

TOKENS = Utf8Estimator().tokens
WORDS = st.sampled_from(["ab", "[PHONE_REDACTED]", "[CC_REDACTED].", " ", "  ", "word", "x" * 30, "話す", "é", "\n"])
TEXTS = st.lists(WORDS, max_size=14).map(lambda words: RedactedText("".join(words)))


def stage(maximum: int = 20, threshold: int = 15, retain: int = 4) -> BudgetStage:
    return BudgetStage(maximum, threshold, retain)


def text(tokens: int) -> RedactedText:
    """Words of one token each."""
    return RedactedText("abc " * tokens)


def test_a_token_is_four_bytes_begun() -> None:
    """Of UTF-8; what cannot be written as UTF-8 counts too."""
    assert [TOKENS(t) for t in ("", "a", "abcd", "abcde", "éé", "話す", "\ud800")] == [0, 1, 1, 2, 1, 2, 1]


def test_pieces_and_their_whole_count_once() -> None:
    """The completed summary adds what its deltas had not."""
    one = stage(100, 90)
    assert one.delta("s", text(3)) == (text(3), Budget(tokens=3, kept=3, total=3))
    assert one.delta("s", text(2))[1].total == 5
    assert one.completed("s", text(6)) == (text(6), Budget(tokens=6, kept=6, total=6))
    assert one.completed("t", text(4))[1].total == 10


def test_the_same_summary_again_counts_only_what_it_grew() -> None:
    """A second sending is not a way past the maximum."""
    one = stage()
    one.completed("s", text(10))
    assert one.completed("s", text(10))[1].total == 10
    kept, budget = one.completed("s", text(40))
    assert (TOKENS(kept), budget.total, budget.truncated) == (20, 20, True)
    assert one.delta("s", text(5))[1].total == 20


def test_a_summary_is_cut_at_the_last_word_that_fits() -> None:
    """Both counts are told."""
    one = stage(5)
    assert one.completed("s", RedactedText("The customer called twice.")) == (
        "The customer called",
        Budget(tokens=7, kept=5, total=5, truncated=True),
    )


def test_after_a_cut_nothing_more_of_a_streamed_summary_goes_on() -> None:
    """Even a piece that would fit, until the summary is completed; another summary is not meant."""
    one = stage(6)
    assert one.delta("s", RedactedText("one two three "))[0] == "one two three "
    kept, budget = one.delta("s", RedactedText("extraordinarily four five"))
    assert (kept, budget.truncated) == ("", True)
    assert one.delta("s", RedactedText("six"))[0] == ""
    assert one.delta("s", RedactedText(""))[0] == ""
    assert one.delta("t", RedactedText("six"))[0] == "six"


def test_a_summary_cut_to_nothing_stays_shut() -> None:
    """Its first piece did not fit; an empty one does not open it again."""
    one = stage(2)
    for piece, kept in (("x" * 40, ""), ("", ""), ("a", "")):
        assert one.delta("s", RedactedText(piece))[0] == kept


def test_the_update_is_asked_for_once_per_crossing() -> None:
    """And the count goes on from what is retained, once the service has answered."""
    one = stage(20, 10, 4)
    one.completed("a", text(9))
    assert not one.must_update()
    one.completed("b", text(1))
    assert one.must_update()
    one.completed("c", text(5))
    assert not one.must_update()
    one.updated()
    assert (one.total, one.update_pending) == (4, False)
    assert not one.must_update()
    one.completed("d", text(6))
    assert one.must_update()


def test_an_update_nobody_asked_for_changes_nothing() -> None:
    """Nor does one raise a count that is lower than what it retains."""
    one = stage(20, 10, 15)
    one.completed("a", text(9))
    one.updated()
    assert one.total == 9
    one.completed("b", text(2))
    assert one.must_update()
    one.updated()
    assert one.total == 11


def test_a_maximum_lowered_below_the_count_lets_nothing_in() -> None:
    """The service's limits may come late."""
    one = stage(20, 15)
    one.completed("a", text(10))
    one.maximum = 5
    assert one.completed("b", text(3))[0] == ""
    assert one.total == 10


OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["delta", "completed"]), st.sampled_from("st"), TEXTS) | st.just(("updated", "", "")),
    max_size=20,
)


@given(OPERATIONS, st.integers(1, 40), st.integers(1, 40), st.integers(0, 20))
def test_the_total_never_passes_the_maximum(
    operations: list[tuple[str, str, str]], maximum: int, threshold: int, retain: int
) -> None:
    """Whatever comes; what is kept begins the text, and asking for an update alternates with getting it."""
    one = stage(maximum, threshold, retain)
    asked = False
    for name, summary_id, raw in operations:
        if name == "updated":
            one.updated()
            asked = False
            continue
        before = one.total
        kept, budget = getattr(one, name)(summary_id, RedactedText(raw))
        assert raw.startswith(kept)
        assert before <= budget.total == one.total <= maximum
        assert (budget.tokens, budget.kept) == (TOKENS(raw), TOKENS(kept))
        assert budget.truncated is (kept != raw)
        if one.must_update():
            assert not asked
            assert one.total >= threshold
            asked = True


@given(TEXTS, st.integers(0, 40), st.sampled_from(["", "ab", "some words "]))
def test_a_cut_ends_a_word_and_splits_no_placeholder(words: RedactedText, tokens: int, before: str) -> None:
    """It fits, and nothing longer that ends a word would."""
    kept = cut(words, tokens, Utf8Estimator(), before)
    assert words.startswith(kept)
    assert kept == kept.rstrip()
    assert not kept or TOKENS(before + kept) <= tokens
    rest = words[len(kept) :]
    assert kept.count("[") == kept.count("]")
    joint = kept[-1:] + rest[:1]
    assert not kept or not rest or rest[0].isspace() or rest[0] == "[" or max(joint) >= "\u2e80"


def test_scripts_without_blanks_are_cut_between_characters() -> None:
    """Nothing would be left of them otherwise."""
    assert cut(RedactedText("電話番号を変更した"), 3, Utf8Estimator()) == "電話番号"


def test_a_placeholder_is_kept_whole_or_not_at_all() -> None:
    """Also when it is glued to a word."""
    assert cut(RedactedText("Call(me)[PHONE_REDACTED] now"), 4, Utf8Estimator()) == "Call(me)"
    assert cut(RedactedText("Call [PHONE_REDACTED] now"), 6, Utf8Estimator()) == "Call [PHONE_REDACTED]"


@pytest.mark.parametrize(
    "tokens, context, expected",
    [
        (100, 0, []),
        (99, 0, ["below_min_tokens"]),
        (601, 0, ["above_max_tokens"]),
        (150, 300, []),
        (151, 300, ["compression_ratio"]),
        (700, 300, ["above_max_tokens", "compression_ratio"]),
    ],
)
def test_where_a_summary_leaves_its_matrix(tokens: int, context: int, expected: list[str]) -> None:
    """Bounds are inclusive; without a context there is no ratio."""
    matrix = SummaryLengthMatrix(min_tokens=100, max_tokens=600, target_compression_ratio=0.5)
    assert length_reasons(matrix, tokens, context) == expected
