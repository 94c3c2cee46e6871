"""Laws of the check, each over many generated conversations (1,000 with ``make prove``)."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from harness.grounding import Checker

ITEMS = ["kettle", "lamp", "saddle", "blender", "tent", "wardrobe", "drill"]
PLACES = ["hotel", "garage", "workshop", "gym", "pharmacy"]
NAMES = ["Oduya", "Kestrin", "Malviya", "Torvane", "Brennagh"]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
CHATTER = [
    "It rains here.",
    "My dog barks a lot, sorry about that.",
    "I like tea.",
    "One moment please.",
    "Could you hold the line?",
    "Great, thank you so much!",
    "No problem at all.",
]
SPEAKERS = st.sampled_from(["Customer", "Agent"])


@st.composite
def talks(draw: st.DrawFn) -> dict[str, str]:
    """A call about two things at two prices, on one day, with a request of the customer and a promise of the agent."""
    first, second = draw(st.lists(st.sampled_from(ITEMS), min_size=2, max_size=2, unique=True))
    low, high = draw(st.lists(st.integers(21, 900), min_size=2, max_size=2, unique=True))
    day = draw(st.sampled_from(DAYS))
    place, name = draw(st.sampled_from(PLACES)), draw(st.sampled_from(NAMES))
    opening = draw(st.lists(st.sampled_from(CHATTER), max_size=3))
    turns = [f"{'Agent' if at % 2 else 'Customer'}: {line}" for at, line in enumerate(opening)]
    turns += [
        f"Customer: I bought the {first} for {low} dollars and the {second} for {high} dollars.",
        f"Agent: I see both, {name}. Your delivery to the {place} arrives on {day}.",
        "Customer: I lost the receipt.",
        "Agent: I sent a copy to your inbox.",
    ]
    return {
        "context": "\n".join(turns),
        "first": first,
        "second": second,
        "low": str(low),
        "high": str(high),
        "day": day,
        "place": place,
        "name": name,
    }


def verdict(context: str, claim: str) -> str:
    """The verdict on one claim."""
    return Checker().check(context, claim).verdict


@given(talks(), st.lists(st.tuples(SPEAKERS, st.sampled_from(CHATTER)), max_size=6), st.integers(0, 2**32))
def test_irrelevant_turns_ground_nothing(talk: dict[str, str], chatter: list[tuple[str, str]], seed: int) -> None:
    """A number, a date or a name that nobody said stays ungrounded, wherever chatter is put."""
    lines = talk["context"].splitlines()
    rng = random.Random(seed)
    for speaker, text in chatter:
        lines.insert(rng.randrange(len(lines) + 1), f"{speaker}: {text}")
    other_day = next(day for day in DAYS if day != talk["day"])
    other_name = next(name for name in NAMES if name != talk["name"])
    for claim in (
        f"The {talk['first']} cost {int(talk['low']) + int(talk['high']) + 1000} dollars.",
        f"The delivery to the {talk['place']} arrives on {other_day}.",
        f"The delivery is for {other_name}.",
    ):
        assert verdict("\n".join(lines), claim) == "ungrounded", claim


@given(talks())
def test_what_a_speaker_said_is_grounded(talk: dict[str, str]) -> None:
    """A sentence word for word, alone or put in the mouth of who said it."""
    for line in talk["context"].splitlines()[-4:]:
        speaker, _, said = line.partition(": ")
        assert verdict(talk["context"], said) == "grounded", said
        assert verdict(talk["context"], f'The {speaker.lower()} said: "{said}"') == "grounded", said


@given(talks())
def test_swapping_two_numbers_ungrounds(talk: dict[str, str]) -> None:
    """Each price with its own thing stands; with the other's it does not."""
    claim = "The customer bought the {first} for {low} dollars and the {second} for {high} dollars."
    swapped = "The customer bought the {first} for {high} dollars and the {second} for {low} dollars."
    assert verdict(talk["context"], claim.format(**talk)) == "grounded"
    assert verdict(talk["context"], swapped.format(**talk)) == "ungrounded"


@given(talks())
def test_swapping_the_speakers_ungrounds(talk: dict[str, str]) -> None:
    """Who lost and who sent it."""
    for right, wrong in (
        ("The customer lost the receipt.", "The agent lost the receipt."),
        ("The agent sent a copy to the inbox.", "The customer sent a copy to the inbox."),
    ):
        assert verdict(talk["context"], right) == "grounded"
        assert verdict(talk["context"], wrong) == "ungrounded"


@given(talks())
def test_turning_the_polarity_ungrounds(talk: dict[str, str]) -> None:
    """What was affirmed is not denied."""
    right = "The customer bought the {first} for {low} dollars."
    wrong = "The customer never bought the {first} for {low} dollars."
    assert verdict(talk["context"], right.format(**talk)) == "grounded"
    assert verdict(talk["context"], wrong.format(**talk)) == "ungrounded"
    assert (
        verdict(talk["context"], "The delivery to the {place} does not arrive on {day}.".format(**talk)) == "ungrounded"
    )
