"""The expressions of ``--failing``."""

from __future__ import annotations

import pytest

from harness.errors import ConfigError
from harness.session.shrink.failing import Fact, Word, parse

LEAK, NOT_JSON, SCHEMA = Fact("leak", "PHONE", 3), Fact("reason", "not_json", 5), Fact("reason", "schema:seq", 6)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("leak", True),
        ("leak:PHONE", True),
        ("leak:EMAIL", False),
        ("not_json", True),
        ("schema", True),
        ("schema:seq", True),
        ("sch", False),
        ("leak:EMAIL or leak and not_json", True),
        ("(leak:EMAIL or leak) and parity", False),
        ("leak:EMAIL and leak or not_json", True),
        ("verdict == rejected or labels or parity:wire or ungrounded:speaker_swap", False),
        ("rule:phone.nanp", False),
    ],
)
def test_what_holds(text: str, holds: bool) -> None:
    """Words, values, and, or and parentheses mean what the grammar says."""
    assert parse(text).holds({LEAK, NOT_JSON, SCHEMA}) is holds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "a word at its end"),
        ("leak and", "a word at its end"),
        ("leak leak", "and, or or the end at character 5 ('leak')"),
        ("leak or )", "a word at character 8"),
        ("(leak", "a closing parenthesis at its end"),
        ("verdict==lost", "verdict==accepted"),
        ("verdict", "verdict==accepted"),
        ("verdict:rejected", "verdict==accepted"),
        ("leak:", "a value behind the colon"),
        ("seq==4", "verdict==accepted"),
        ("parity:wave", "parity:wire"),
        ("rule", "rule:ID"),
        ("leak; rm", "and, or or the end at character 5"),
        ("__import__('os')", "and, or or the end"),
        ("(" * 40 + "leak", "at most 32 deep"),
    ],
)
def test_what_is_refused(text: str, expected: str) -> None:
    """What is no expression is refused with its place, what was expected, and the words there are."""
    with pytest.raises(ConfigError, match="words: leak") as caught:
        parse(text)
    assert expected in str(caught.value)


def test_words_are_written_as_they_are_read() -> None:
    """A word prints as the user writes it, and a fact as the word that means it."""
    text = "leak:PHONE or verdict==rejected or not_json or labels"
    assert [str(word) for word in parse(text).words] == ["leak:PHONE", "verdict==rejected", "not_json", "labels"]
    assert str(SCHEMA) == "schema:seq"
    assert str(LEAK) == "leak:PHONE"


def test_meant_are_the_facts_of_its_words() -> None:
    """An expression means the facts of its words, and no others."""
    found = parse("leak and not_json")
    assert found.meant({LEAK, NOT_JSON, SCHEMA}) == {LEAK, NOT_JSON}
    assert found.words == (Word("leak"), Word("reason", "not_json"))
    assert not found.of_parity
    assert parse("leak or parity:wire").of_parity
