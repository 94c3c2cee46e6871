"""Synonyms, contraries and cues."""

from harness.grounding.lexicon import OPPOSITES, concepts_of, cue, cue_stems, opposites_of, phrases_in
from harness.text.tokens import stem, tokenize


def test_synonyms_share_a_concept() -> None:
    """Reimburse and refund meet; kettle stands alone."""
    assert concepts_of(stem("reimbursed")) & concepts_of(stem("refund"))
    assert concepts_of("kettl") == {"kettl"}


def test_a_phrase_has_the_concept_of_its_synonym() -> None:
    """Switched it off is disabled; a small word may stand inside."""
    assert phrases_in(tokenize("switched it off"), 0) & concepts_of(stem("disabled"))
    assert not phrases_in(tokenize("switched on"), 0) & concepts_of(stem("disabled"))
    assert phrases_in(tokenize("banana split"), 0) == frozenset()


def test_contraries_exclude_each_other_both_ways() -> None:
    """If one word excludes another, the other excludes it with the same reason."""
    for root, oppositions in OPPOSITES.items():
        for reason, contraries in oppositions:
            for other in contraries:
                assert any(root in back and reason == name for name, back in opposites_of(other)), (root, other)


def test_cues_are_words_as_written() -> None:
    """Cues carry no apostrophe; their stems are stems."""
    assert all("'" not in word for word in cue("negators"))
    assert stem("offered") in cue_stems("reporting")
    assert opposites_of("kettl") == ()
