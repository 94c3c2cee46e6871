"""The word lists that ship in the package."""

from harness.text.lexicon import load, words


def test_a_lexicon_is_read_once() -> None:
    """The same table object is handed out each time."""
    assert load("harness.text", "words") is load("harness.text", "words")
    assert load("harness.text", "words")["irregular"]["paid"] == "pay"


def test_a_list_is_split_at_white_space() -> None:
    """Lines and blanks both part words."""
    assert words("a b\n c") == {"a", "b", "c"}
