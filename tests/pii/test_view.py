"""A chain in its surroundings."""

from __future__ import annotations

from harness.pii.view import View


def test_characters_beside_a_place() -> None:
    """Before: in the chain, then in the tail; after: in the chain, then in the look-ahead; nothing at the ends."""
    view = View("ab", "cd", "ef")
    assert [view.char_before(0), view.char_before(1)] == ["b", "c"]
    assert [view.char_after(1), view.char_after(2), view.char_after(2, 1), view.char_after(1, 2)] == [
        "d",
        "e",
        "f",
        "f",
    ]
    assert (View("", "x", "").char_before(0), View("", "x", "").char_after(1)) == ("", "")


def test_scripts_without_blanks() -> None:
    """A number between ideographs stands as if between blanks."""
    view = View("電話は", "628", "です")
    assert (view.char_before(0), view.char_after(3)) == (" ", " ")


def test_words_before() -> None:
    """Lower case, without digits, punctuation and placeholders."""
    view = View("My [PHONE_REDACTED] Card, No. 7: ", "x4Y 9", "")
    assert view.words_before(0) == "my card no"
    assert view.words_before(4) == "my card no x y"
    assert view.word_set(4) == {"my", "card", "no", "x", "y"}
    assert View("Caf\u00e9 ", "1", "").words_before(0) == "caf\u00e9"


def test_words_since_the_last_value() -> None:
    """A cue before a value has had it; without a value they are all the words before."""
    view = View("routing [ROUTING_REDACTED] and then ", "1", "")
    assert view.words_since(0) == "and then"
    assert view.words_since(0) == "and then"
    assert View("routing and ", "1", "").words_since(0) == "routing and"
    assert View("x REDACTED] b [PIN_REDACTED]", "1", "").words_since(0) == ""


def test_the_word_after() -> None:
    """A whole word only; the look-ahead counts."""
    assert View("", "12 lbs ", "").word_after(2) == "lbs"
    assert View("", "12", " kilo, x").word_after(2) == "kilo"
    assert View("", "12", "").word_after(2) == ""


def test_lead() -> None:
    """Rows of letters and digits with their places; those of the tail are negative."""
    assert View("my PIN ", "is 44", "").lead() == [(-7, "my"), (-4, "pin"), (0, "is"), (3, "44")]
