"""What may pass by without a look, and when the layers must look."""

from __future__ import annotations

import pytest

from harness.pii.book import NameBook
from harness.pii.calm import Calm
from harness.pii.heard import ValueBook
from harness.pii.people import PeopleRules, PeopleStream
from harness.pii.rules import builtin_rules, load_rules

RULES = builtin_rules()
PEOPLE = PeopleRules(RULES)


def calm(book: NameBook | None = None) -> Calm:
    """With names and addresses."""
    return Calm(RULES, PeopleStream(PEOPLE, book), book.values if book is not None else ValueBook())


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("could you check whe", "check whe"), ("could you check", "you check"), ("so call 628", "call 628"),
        ("please check it again 628-271", "again 628-271"), ("they wait for one moment pl", "moment pl"),
        ("they wait at the station no", "station no"), ("we know that this is", "this is"),
        ("please do tell kim: ok", "ok"), ("that's all, I'm sorry ab", "sorry ab"), ("they took one", "took one"),
    ],
)  # fmt: skip
def test_held(text: str, held: str) -> None:
    """All but the last two words is let go, or what has begun, with the word before it."""
    one = calm()
    assert one.take(text, "") == len(text) - len(held)
    assert (one.held, one.passed) == (held, text[: len(text) - len(held)])


@pytest.mark.parametrize(
    "text",
    [
        "call 628-271-4432 now pl", "my name is Kim an", "the pin is 4417 or so", "one two " * 38, "call 628-271-4432 now  ",
    ],
)  # fmt: skip
def test_looks(text: str) -> None:
    """The layers look when a value may have ended, or when too much is held."""
    one = calm()
    assert one.take(text, "") == -1
    assert one.held == text


def test_what_stands_before_counts() -> None:
    """A cue that was let go still tells of what comes."""
    assert calm().take("is 44 or so", "the date of birth ") == -1


def test_other_rules_are_always_asked() -> None:
    """What comes to nothing is only known of the rules of the package."""
    one = Calm(load_rules([]), None, ValueBook())
    assert one.take("we wait one moment pl", "") == -1
    assert one.take("ease", "") == -1
    assert Calm(load_rules([]), None, ValueBook()).take("we just wait a moment", "") == 13


def test_known_names_are_no_calm() -> None:
    """A name of the conversation wakes the layers."""
    book = NameBook()
    book.learn("Zorblatt")
    assert calm(book).take("then zorblatt came ba", "") == -1
    assert calm().take("then zorblatt came ba", "") > 0


@pytest.mark.parametrize(
    ("text", "is_over"),
    [("so they left", True), ("so they left 2", False), (": then", False), ("my name is", False), ("ok: then", True)],
)
def test_end(text: str, is_over: bool) -> None:
    """At the end all is let go, or nothing."""
    one = calm()
    one.held = text
    assert one.end() is is_over
    assert one.held == ("" if is_over else text)


def test_known_values_are_no_calm() -> None:
    """A few digits pass by, unless the conversation has heard them."""
    book = NameBook()
    assert calm(book).take("it was 4417 or so pl", "") > 0
    book.values.learn("PIN", "4417")
    assert calm(book).take("it was 4417 or so pl", "") == -1
