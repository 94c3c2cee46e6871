"""The names of one conversation, and its values beside them."""

from __future__ import annotations

from harness.pii.book import NameBook


def test_a_name_is_known_by_its_words() -> None:
    """In lower case; particles, titles' endings and ordinary words are none; a spelled one is read as a word."""
    book = NameBook()
    book.learn("Ilse van der Berg")
    book.learn("R-e-n-n-e-r")
    assert book
    assert [word for word in ("ilse", "van", "der", "berg", "renner") if book.knows(word)] == ["ilse", "berg", "renner"]
    assert book.pieces == {b"ilse", b"berg", b"renner"}
    assert not NameBook()


def test_one_word_alone() -> None:
    """Only with a capital, unless the name was heard without; never an ordinary word."""
    book = NameBook()
    book.learn("Tobias Grant")
    assert book.alone("Tobias's")
    assert not book.alone("tobias")
    assert not book.alone("Grant")
    assert not book.alone("Renner")
    book.learn("tobias")
    assert book.alone("tobias")


def test_copies_and_joins() -> None:
    """A copy learns by itself; what another book knows is learned with its values."""
    book = NameBook()
    book.learn("tobias")
    other = book.copy()
    other.learn("Renner")
    other.values.learn("PIN", "4417")
    assert not book.knows("renner")
    assert book.heard != other.heard
    book.join(other)
    assert book.heard == other.heard
    assert book.values.heard == {("4417", "PIN")}


def test_it_is_bounded() -> None:
    """At most 512 words; a known one may still be heard in small letters."""
    book = NameBook()
    for number in range(600):
        book.learn("Na" + "".join(chr(97 + int(digit)) for digit in f"{number:03d}"))
    assert len(book.pieces) == 512
    book.learn("naaaa")
    assert book.alone("naaaa")
    other = NameBook()
    other.learn("Zoraida")
    book.join(other)
    assert not book.knows("zoraida")
