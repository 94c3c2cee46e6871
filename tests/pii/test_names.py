"""What makes a word a name."""

from __future__ import annotations

import pytest

from harness.pii import names


@pytest.mark.parametrize("word, low", [("Maria", "maria"), ("Maria's", "maria"), ("O’Hara’s", "o'hara"), ("Jr.", "jr")])
def test_lower_name(word: str, low: str) -> None:
    """In small letters, without the owner's mark."""
    assert names.lower_name(word) == low


def test_reserved_names() -> None:
    """Every pair of a beginning and an ending, spelled too; no word of the lists is one."""
    assert len(names.RESERVED) == 28 * 32
    assert names.is_reserved("Zavarko")
    assert names.is_reserved("z-a-v-a-r-k-o")
    assert not names.is_reserved("maria")
    assert names.RESERVED.isdisjoint(names.GIVEN | names.FAMILY)


def test_given_names() -> None:
    """With and without accents; a weak one is given by a cue alone, and its parts decide on one with a hyphen."""
    assert names.is_given("tania")
    assert names.is_given("tânia")
    assert names.is_strong("tânia")
    assert names.is_strong("mary-jane")
    assert not names.is_strong("mary-kitchen")
    assert names.is_given("georgia")
    assert not names.is_strong("georgia")
    assert not names.is_strong("grace")
    assert not names.is_given("kitchen")
    assert names.is_given("zavarko")


def test_small_letters() -> None:
    """A given name that is no word: by itself in small letters too."""
    assert names.is_low_given("deborah")
    assert not names.is_low_given("hazel")
    assert not names.is_low_given("will")


def test_surnames() -> None:
    """Those of the list that are no words, accents apart."""
    assert names.is_family("kowalski")
    assert names.is_family("núñez")
    assert not names.is_family("baker")
    assert not names.is_family("kitchen")
    assert min(map(len, names.FAMILY)) > 2


def test_words_that_are_none() -> None:
    """Ordinary words, what begins a sentence, companies and things."""
    assert names.is_word("invoice")
    assert names.is_never("invoice")
    assert names.is_never("downing")
    assert not names.is_word("downing")
    assert not names.is_never("maureen")
    assert names.is_ambiguous("hope")
    assert names.is_opener("ask")
    assert names.is_brand("charles schwab")
    assert names.is_thing("university")
    assert not names.is_thing("maria")
