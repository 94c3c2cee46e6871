"""Values of a sentence and when two of them agree."""

import pytest

from harness.grounding.mentions import Mention, agree, find_mentions, rivals
from harness.text.tokens import tokenize


def one(text: str) -> Mention:
    """The only mention of a text."""
    (mention,) = find_mentions(text, tokenize(text))
    return mention


@pytest.mark.parametrize(
    ("claim", "evidence", "expected"),
    [
        ("$45", "forty-five dollars", True),
        ("45 dollars", "45 euros", False),
        ("38 dollars", "just 38", True),
        ("May 12", "12/05/2026", True),
        ("May 12", "the 12th", True),
        ("the 12th", "May 12", True),
        ("May 12", "June 12", False),
        ("3 pm", "between 3 and", True),
        ("3 and", "3 pm", True),
        ("3:30 pm", "3 and", False),
        ("3 dollars", "3 pm", False),
        ("Monday", "3 pm", False),
        ("ID7712", "ID-7712", True),
        ("4417", "5100-2233-4417", True),
        ("4418", "5100-2233-4417", False),
        ("[PHONE_REDACTED]", "415-299-0188", True),
        ("[PHONE_REDACTED]", "[PHONE_REDACTED]", True),
        ("[PHONE_REDACTED]", "[EMAIL_REDACTED]", False),
        ("[PHONE_REDACTED]", "on Monday", False),
        ("415-299-0188", "[PHONE_REDACTED]", True),
        ("415-299-0188", "[EMAIL_REDACTED]", False),
    ],
)
def test_agreement(claim: str, evidence: str, expected: bool) -> None:
    """What supports what."""
    assert agree(one(claim), one(evidence)) is expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("5 euros", "6 euros", True),
        ("5 euros", "5 euros", False),
        ("5 euros", "6 days", False),
        ("5 euros", "6 and", False),
        ("6 and", "5 euros", False),
        ("Monday", "tomorrow", True),
        ("Monday", "next week", False),
        ("3 pm", "4 pm", True),
        ("5 days", "a week", False),
        ("[PHONE_REDACTED]", "[EMAIL_REDACTED]", False),
        ("AB12", "AB13", True),
    ],
)
def test_rivals(left: str, right: str, expected: bool) -> None:
    """Only values of one sort compete."""
    assert rivals(one(left), one(right)) is expected


def test_a_date_beats_a_number() -> None:
    """May 12 is one date, not a date and a number; a date of no token is none."""
    assert [mention.kind for mention in find_mentions("May 12 and 3 pm", tokenize("May 12 and 3 pm"))] == [
        "date",
        "time",
    ]
    assert find_mentions("May 12", []) == ()
