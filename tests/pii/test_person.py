"""Names of people, word by word."""

from __future__ import annotations

import pytest

from harness.pii.book import NameBook
from harness.pii.people_rules import PeopleRules
from harness.pii.person import cued_rules, may_be_bare, name_end
from harness.pii.rules import builtin_rules
from harness.pii.stream import Redactor
from harness.pii.words import Words

RULES = PeopleRules(builtin_rules())


def found(text: str, cue: str = "", book: NameBook | None = None) -> str:
    before = cue.split()
    words = Words(text, range(len(text)), 0, final=True, most=72)
    rules = cued_rules(RULES.names, RULES.ends, before)
    end, rule = name_end(words, rules, before, book or NameBook(), RULES.bare)
    assert rule is None or rule.type == "PERSON"
    return text[: max(end, 0)]


@pytest.mark.parametrize(
    "text, value",
    [
        ("Roxanne is here", "Roxanne"),
        ("Roxanne's order", "Roxanne"),
        ("ROXANNE said", "ROXANNE"),
        ("Grace Kowalski said", "Grace Kowalski"),
        ("Przemek Kowalski said", "Przemek Kowalski"),
        ("Tom I. Hargreave wrote", "Tom I. Hargreave"),
        ("Maria de la Cruz, then", "Maria de la Cruz"),
        ("julie novak called", "julie novak"),
        ("deborah called", "deborah"),
        ("Grace called", ""),
        ("Kowalski called", ""),
        ("Ask Kowalski", ""),
        ("ANA", ""),
        ("USS Kowalski", ""),
        ("Charles Schwab opened", ""),
        ("Maria & Sons", ""),
        ("Maria Ltd", ""),
        ("Maria Springs", ""),
        ("Kelly Drive", ""),
        ("Maria Kowalski Street", ""),
        ("maria@kestrel.io", ""),
        ("Denny's", ""),
        ("hazel eyes", ""),
        ("the kitchen", ""),
    ],
)
def test_names_that_nothing_announces(text: str, value: str) -> None:
    """By the lists; not companies, streets, places, brands."""
    assert found(text) == value


@pytest.mark.parametrize("before", ["saint", "st .", "rue", "los", "0", "]", "de"])
def test_what_stands_before(before: str) -> None:
    """A saint, a street, a number or a particle: the name is something else's."""
    assert found("Roxanne is here", before) == ""


@pytest.mark.parametrize(
    "cue, text, value",
    [
        ("my name is", "tobias renner and", "tobias renner"),
        ("my name is", "on the list", ""),
        ("mr .", "renner called", "renner"),
        ("dr", "renner called", ""),
        ("this is", "Anouk speaking", "Anouk"),
        ("this is", "billing speaking", ""),
        ("thanks ,", "Maria", "Maria"),
        ("my name is", "kim at kestrel dot io", ""),
        ("name is renner , that's", "r e n n e r now", "r e n n e r"),
        ("my name is", "J. R. Odell", "J. R. Odell"),
        ("my name is", "Halden Insurance", ""),
        ("my name is", "van the man", ""),
        ("my name is", "Odell's", "Odell"),
        ("my name is", "kim underscore lee at kestrel dot io", ""),
        ("my name is", "kim at home", "kim"),
        ("my name is", "Ann Lee Jr, yes", "Ann Lee Jr"),
        ("my name is", "Ilse van der Berg", "Ilse van der Berg"),
        ("thanks ,", "maria", "maria"),
        ("thanks ,", "hope", ""),
        ("mr", "x", ""),
        ("name is renner , that's", "R-e-n-n-e-r", "R-e-n-n-e-r"),
        ("name is renner , that's", "r e", ""),
        ("it's", "r e n n e r", ""),
    ],
)
def test_names_after_a_cue(cue: str, text: str, value: str) -> None:
    """As much as the rule's trust allows."""
    assert found(text, cue) == value


def test_fillers_between_cue_and_name() -> None:
    """A few, and punctuation; nothing else."""
    assert cued_rules(RULES.names, RULES.ends, ["my", "name", "is", ",", "uh"])
    assert not cued_rules(RULES.names, RULES.ends, ["my", "name", "is", "the"])
    assert not cued_rules(RULES.names, RULES.ends, [])


def test_known_names() -> None:
    """What the conversation has heard, alone or in a row; an ordinary word only in one."""
    book = NameBook()
    book.learn("Tobias Grantley")
    assert found("Grantley paid", book=book) == "Grantley"
    assert found("grantley paid", book=book) == ""
    book.learn("Hope Grantley")
    assert found("Hope paid", book=book) == ""
    assert found("Hope Grantley paid", book=book) == "Hope Grantley"
    assert found("Zavarko paid") == "Zavarko"


def test_the_quick_test() -> None:
    """Words that no name begins with."""
    assert may_be_bare("Roxanne")
    assert may_be_bare("Przemek")
    assert not may_be_bare("Ask")
    assert not may_be_bare("kitchen")


def test_glued_to_a_value() -> None:
    """A name with a value stuck to its full stop is none, neither before the value is redacted nor after it."""
    once = Redactor().redact("Thanks, Maria.84.17.60.201 answered").text
    assert once == "Thanks, Maria.[IP_REDACTED] answered"
    assert Redactor().redact(once).text == once
