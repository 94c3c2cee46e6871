"""Tokens, stems and sentences."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.text.tokens import sentences, stem, tokenize


@given(st.text(max_size=200))
def test_offsets_point_at_the_spelling(text: str) -> None:
    """Every token is where it says it is, and tokens never overlap."""
    end = 0
    for token in tokenize(text):
        assert text[token.start : token.end] == token.text
        assert token.start >= end
        end = token.end


@given(st.text(alphabet="ab .!?\nMr1", max_size=120))
def test_sentences_lie_in_order_and_lose_no_letter(text: str) -> None:
    """Sentences do not overlap, are not blank, and hold every letter and digit."""
    spans = sentences(text)
    assert all(text[start:end].strip() == text[start:end] != "" for start, end in spans)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))
    kept = "".join(text[start:end] for start, end in spans)
    assert [c for c in kept if c.isalnum()] == [c for c in text if c.isalnum()]


@pytest.mark.parametrize(
    "forms",
    [
        "charge charged charging charges",
        "cancel cancelled cancellation cancels",
        "reply replied replies",
        "activate activated activation",
        "pay paid paying pays",
        "stop stopped stopping",
        "fee fees",
        "agree agreed agrees",
    ],
)
def test_the_forms_of_a_word_share_a_stem(forms: str) -> None:
    """Tense and number do not change the stem."""
    assert len({stem(form) for form in forms.split()}) == 1


@pytest.mark.parametrize("word", ["bus", "nation", "state", "class", "is", "b12"])
def test_short_words_keep_a_body(word: str) -> None:
    """A suffix is never taken from a word that would vanish."""
    assert len(stem(word)) >= min(3, len(word))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("INC-48213 it's full-price", ["INC-48213", "it's", "full", "price"]),
        ("[PHONE_REDACTED], $45.00", ["[PHONE_REDACTED]", "45.00"]),
        ("Dana’s 10:30", ["Dana’s", "10:30"]),
    ],
)
def test_what_a_token_is(text: str, expected: list[str]) -> None:
    """Identifiers, placeholders and figures are one token; hyphens part words."""
    assert [token.text for token in tokenize(text)] == expected


def test_the_norm_drops_apostrophes_and_the_possessive() -> None:
    """Dana's is dana, don't is dont; stop words know it."""
    dana, dont = tokenize("Dana's don't")
    assert (dana.norm, dont.norm, dana.is_stop, dont.is_stop) == ("dana", "dont", False, True)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Mr. Okoro paid. He left!", 2),
        ("It ends at 5 p.m. today.", 1),
        ("It ends at 5 p.m. Then we go.", 2),
        ("Line one\nline two", 2),
        ("A. B. Okoro came", 1),
        ("...", 0),
    ],
)
def test_where_sentences_end(text: str, count: int) -> None:
    """Abbreviations and initials end no sentence; a new line does."""
    assert len(sentences(text)) == count
