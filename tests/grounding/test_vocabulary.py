"""What is known of common words."""

from harness.grounding.vocabulary import family, word
from harness.text.tokens import stem


def test_words_may_mean_the_same() -> None:
    """A word shares a group with another of its meaning, in any form, and with no other."""
    assert word("emphasised").meanings & word("stressing").meanings
    assert not word("emphasised").meanings & word("butter").meanings


def test_kinds_and_fields() -> None:
    """A kind's members share it; the heading is their field, and that of a word that may mean the same."""
    assert word("carrot").kinds == word("potatoes").kinds == {stem("vegetable")}
    assert (word("carrot").field, word("vegetables").field) == ("thing", "thing")
    assert word("underscored").field == "speech"


def test_unlisted_words_are_guessed_by_their_ending() -> None:
    """An ending says what kind of word it is; without one nothing is known."""
    assert [word(norm).field for norm in ("zorbly", "zorbness", "zorbous", "zorbist", "zorbified", "zorb")] == [
        "manner",
        "idea",
        "quality",
        "person",
        "deed",
        "unknown",
    ]
    assert not word("zorb").listed
    assert word("reimbursed").listed


def test_contraries_go_both_ways() -> None:
    """What excludes a word is excluded by it."""
    assert stem("noisy") in word("quiet").contraries
    assert stem("quiet") in word("noisy").contraries
    assert not word("zorb").contraries


def test_families() -> None:
    """Words derived from one another share their family; short words stay what they are."""
    assert family(stem("arrival")) == family(stem("arrive"))
    assert family(stem("assistance")) == family(stem("assist"))
    assert family("tea") == "tea"
