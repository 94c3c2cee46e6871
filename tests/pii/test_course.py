"""What words begin and what comes of it, without rules."""

from __future__ import annotations

import pytest

from harness.pii.course import Course
from harness.pii.gate import HOT, low
from harness.pii.rules import builtin_rules

CUES = builtin_rules().cue_low


def course(text: str) -> Course:
    """Of all words of ``text``."""
    return Course(low(text).split(), HOT, CUES)


@pytest.mark.parametrize(
    ("text", "ended", "is_open"),
    [
        ("plain words", False, False), ("one moment", True, False), ("that one", False, True), ("at the", False, True),
        ("at the station", True, False), ("one of the two", True, True), ("four uh five", False, True),
        ("at k l", False, True), ("august 14 will", True, False),
    ],
)  # fmt: skip
def test_course(text: str, ended: bool, is_open: bool) -> None:
    """A chain ends where no word of it goes on."""
    made = course(text)
    assert (made.ended, made.open) == (ended, is_open)


@pytest.mark.parametrize(
    ("text", "place"), [("call on one", 8), ("call on", 7), ("call on ", 8), ("so 12 of them at  home one", 14)]
)
def test_place(text: str, place: int) -> None:
    """What is open begins at its first hot word; where nothing is, what is not read yet."""
    assert course(text).place(low(text)) == place


@pytest.mark.parametrize(
    "text",
    [
        "one moment please", "it costs $27.80 now", "at the station they wait", "from August 4 on they pay 312 each",
        "the code we gave costs 312 here", "two of them came",
    ],
)  # fmt: skip
def test_nothing(text: str) -> None:
    """Numbers of few digits that no cue tells of are no values."""
    assert course(text).is_nothing(text, low(text))


@pytest.mark.parametrize(
    ("text", "lead"),
    [
        ("code is 4417 here", ""), ("is 4417 here", "the code "), ("five five five ok then now", ""), ("481516 then", ""),
        ("kim at kestrel dot io then", ""), ("at kestrel.io they say", ""), ("kim@kestrel.io 1 then", ""),
        ("to GB33 then", ""), ("on 84.17.60.2 then", ""), ("at :1:2 then", ""), ("p_1 then", ""),
        ("one a b c e f g h k l n o p q r then", ""), ("password horse-stable-7x then", ""),
        ("CVV2 is 381 then", ""), ("okay it is at pin 481 then", ""),
    ],
)  # fmt: skip
def test_maybe_something(text: str, lead: str) -> None:
    """Where a value may be, the answer is no."""
    assert not course(text).is_nothing(text, low(text), lead)


def test_a_cue_reaches_over_fillers_only() -> None:
    """Two words that are no fillers part a value from its cue."""
    text = "the code was sent and they paid 481 then"
    assert course(text).is_nothing(text, low(text))
