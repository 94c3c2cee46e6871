"""A composed summary is two or three of the conversation's own sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.scenario.extractive import extract
from harness.scenario.markup import Marked, parse_markup

TALK = [
    "Hello, how can I help you today?",
    "My router shows a red light since Monday.",
    "Which router model is it?",
    "It is the Brightbox 4 router. The red light blinks all day.",
    "Thanks.",
    "A technician will replace the router on 12 May between 9 and 11.",
    "Okay.",
]


def test_it_takes_what_matters_in_order() -> None:
    """Statements with the conversation's words and figures, no greetings, no questions, twice the same."""
    found = [sentence.text for sentence in extract([Marked(turn) for turn in TALK])]
    assert found == [
        "It is the Brightbox 4 router.",
        "A technician will replace the router on 12 May between 9 and 11.",
    ]
    assert found == [sentence.text for sentence in extract([Marked(turn) for turn in TALK])]


def test_a_long_talk_gives_three() -> None:
    """From twelve sentences on three are taken, the same sentence once."""
    assert len(extract([Marked(turn) for turn in TALK * 2])) == 3
    assert len({sentence.text for sentence in extract([Marked(turn) for turn in TALK * 2])}) == 3


@pytest.mark.parametrize("turns", [["Hi"], ["ok?", "?"], ["the"]])
def test_poor_talk_still_gives_something(turns: list[str]) -> None:
    """Where nothing is informative the first sentences have to do."""
    assert extract([Marked(turn) for turn in turns])


def test_spans_come_along_and_are_not_split() -> None:
    """A boundary inside a span is none, and the value is covered where it now stands."""
    turn = parse_markup("Sure. Send it to {{ADDRESS|12 Elm St. Dover}} with the router invoice")
    (_, sentence) = extract([turn])
    (span,) = sentence.spans
    assert sentence.text[span.start : span.end] == "12 Elm St. Dover"
    assert sentence.text.endswith("invoice.")


@given(st.lists(st.text(), min_size=1, max_size=6))
def test_every_sentence_is_verbatim(turns: list[str]) -> None:
    """Each is found in a turn as it is, but for a full stop at its end."""
    for sentence in extract([Marked(turn) for turn in turns]):
        assert any(sentence.text in turn or sentence.text[:-1] in turn for turn in turns)
