"""The whole check: own cases, laws, bounds."""

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.clock import SystemClock
from harness.errors import ConfigError
from harness.grounding import Checker
from harness.grounding.checker import MAX_CLAIMS, MAX_CONTEXT, MAX_SUMMARY, turns_of

CASES: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "fixtures/grounding/cases.jsonl").read_text(encoding="utf-8").splitlines()
]
REASONS = {
    "unsupported_number",
    "number_binding_swap",
    "wrong_date",
    "unsupported_name",
    "entity_swap",
    "negation_flip",
    "outcome_flip",
    "antonym",
    "speaker_swap",
    "modality_shift",
    "superseded_value",
    "added_commitment",
    "causal_fabrication",
    "sentiment_fabrication",
    "unsupported_claim",
    "too_long",
    "supported",
    "nothing_to_check",
}
NAMES = ["Oduya", "Kestrin", "Malviya", "Torvane", "Brennagh", "Selkova"]
ITEMS = ["kettle", "lamp", "saddle", "blender", "tent"]
CALL = "Agent: The fee is 6 pounds.\nCustomer: My name is Oduya and I bought a lamp."


def test_own_cases() -> None:
    """Of each label three cases in four have the verdict of their label; every reason is a known one."""
    right: dict[str, list[bool]] = {"grounded": [], "hallucinated": []}
    for case in CASES:
        result = Checker().check(case["context"], case["summary"])
        right[case["label"]].append((result.verdict == "grounded") is (case["label"] == "grounded"))
        assert {claim.reason for claim in result.claims} <= REASONS
    assert all(sum(found) >= 0.75 * len(found) for found in right.values()), {k: sum(v) for k, v in right.items()}


def test_a_context_of_turns_is_read_like_lines() -> None:
    """Both forms of context give one result."""
    turns = [
        {"speaker": "Agent", "text": "The fee is 6 pounds."},
        {"speaker": "Customer", "text": "My name is Oduya and I bought a lamp."},
    ]
    summary = "The fee was £6. Oduya bought a kettle for 9 euros."
    assert Checker().check(turns, summary) == Checker().check(CALL, summary)


@pytest.mark.parametrize("turn", ["text", {"speaker": "A"}, {"speaker": 1, "text": "x"}])
def test_a_turn_of_another_shape_is_refused(turn: Any) -> None:
    """A typed error, without the text."""
    with pytest.raises(ConfigError, match="context"):
        Checker().check([turn], "x")


def test_lines_without_a_speaker_continue_the_turn() -> None:
    """A second line belongs to the speaker before; turns on one line are parted."""
    assert list(turns_of("Agent: one\ntwo\n\nCustomer: three")) == [
        ("Agent", "one"),
        ("Agent", "two"),
        ("Customer", "three"),
    ]
    assert [speaker for speaker, _ in turns_of("Ann: hi . Bo: hello")] == ["Ann", "Bo"]


def test_a_conversation_grows_and_forgets() -> None:
    """A check sees only what was added before it."""
    talk = Checker().conversation()
    before = talk.check("The refund is 20 dollars.")
    talk.add("Agent", "The refund is twenty dollars.")
    after = talk.check("The refund is 20 dollars.")
    talk.forget()
    assert [before.verdict, after.verdict, talk.check("The refund is 20 dollars.").verdict] == [
        "ungrounded",
        "grounded",
        "ungrounded",
    ]


def test_the_worst_sentence_decides() -> None:
    """One wrong number among right sentences makes the summary ungrounded."""
    result = Checker().check(CALL, "The fee was 6 pounds. Oduya bought a lamp. The fee was 7 pounds.")
    assert [claim.verdict for claim in result.claims] == ["grounded", "grounded", "ungrounded"]
    assert (result.verdict, result.score) == ("ungrounded", result.claims[2].score)
    assert result.claims[2].reason in {"unsupported_number", "number_binding_swap"}
    assert "fee" in result.claims[2].evidence


@pytest.mark.parametrize("summary", ["", "   ", "...", "Thank you.", "🙂🙂", "Yes, okay."])
def test_nothing_to_check(summary: str) -> None:
    """Small talk abstains and counts as grounded."""
    result = Checker().check(CALL, summary)
    assert (result.verdict, result.band) == ("grounded", "nothing_to_check")


def test_the_conversations_date_joins_weekday_and_date() -> None:
    """With the date known, "Monday" supports "March 16"."""
    context = "Agent: The parcel arrives on Monday."
    summary = "The parcel arrives on March 16."
    assert Checker().check(context, summary).verdict == "ungrounded"
    assert Checker().check(context, summary, today=dt.date(2026, 3, 14)).verdict == "grounded"


@given(st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from(ITEMS), st.integers(5, 900), st.booleans())
def test_renaming_a_person_keeps_the_verdict(old: str, new: str, item: str, price: int, true: bool) -> None:
    """The same shape of name in context and summary gives the same verdict, band and score."""
    context = f"Customer: My name is {old}, I bought a {item} for {price} euros.\nAgent: Thank you, I have refunded it."
    summary = f"{old} bought a {item} for {price if true else price + 1} euros."
    first = Checker().check(context, summary)
    second = Checker().check(context.replace(old, new), summary.replace(old, new))
    assert (first.verdict, first.band, first.score) == (second.verdict, second.band, second.score)
    assert (first.verdict == "grounded") is true


@given(
    st.integers(100, 900),
    st.lists(st.sampled_from(["It rains.", "My dog barks.", "I like tea.", "One moment please."]), max_size=8),
)
def test_irrelevant_turns_ground_no_number(price: int, chatter: list[str]) -> None:
    """An unsupported number, date or name stays so whatever else is said."""
    talk = Checker().conversation()
    talk.add("Customer", f"I paid {price} dollars on Monday to Oduya.")
    for line in chatter:
        talk.add("Agent", line)
    for wrong in (
        f"The customer paid {price + 7} dollars.",
        "The customer paid on Tuesday.",
        "The customer paid Malviya.",
    ):
        assert talk.check(wrong).verdict == "ungrounded"


@given(
    st.lists(
        st.builds(
            "{} {} the {} for {} euros on {}.".format,
            st.sampled_from(["I", "We", "You", "They"]),
            st.sampled_from(["bought", "did not get", "returned", "would like", "cancelled"]),
            st.sampled_from(ITEMS),
            st.integers(1, 9999),
            st.sampled_from(["Monday", "May 12", "July 1st", "Friday"]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_a_verbatim_sentence_is_grounded(lines: list[str]) -> None:
    """What a speaker said, word for word, stands."""
    context = [{"speaker": ("Customer", "Agent")[i % 2], "text": line} for i, line in enumerate(lines)]
    for line in lines:
        assert Checker().check(context, line).verdict == "grounded"


@given(st.text(max_size=300), st.text(max_size=200))
def test_any_text_gives_a_verdict(context: str, summary: str) -> None:
    """No input raises; scores lie in 0..1 and claims in the summary."""
    result = Checker().check(context, summary)
    assert 0 <= result.score <= 1
    assert all(0 <= claim.start < claim.end <= len(summary) for claim in result.claims)


def test_the_same_over_hash_seeds() -> None:
    """Two processes with other hash seeds print the same verdicts."""
    code = (
        "import json,sys\nfrom harness.grounding import Checker\n"
        "for line in open(sys.argv[1], encoding='utf-8'):\n"
        "    case = json.loads(line)\n    print(Checker().check(case['context'], case['summary']))\n"
    )
    path = str(Path(__file__).parents[2] / "fixtures/grounding/cases.jsonl")
    printed = {
        subprocess.run(
            [sys.executable, "-c", code, path],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "77")
    }
    assert len(printed) == 1


@pytest.mark.parametrize(
    ("context", "summary"),
    [
        ("Agent: the fee is 6 pounds. " * 12_000, "The fee is 6 pounds."),
        (CALL, "The fee is 7 pounds. " * 15_000),
        (CALL, "fee 7 " * 50_000),
        ("7" * 300_000, "9" * 300_000),
        ("Agent: " + "no, not a lamp " * 20_000, "a" * 300_000),
    ],
)
def test_long_input_takes_bounded_time(context: str, summary: str) -> None:
    """A third of a megabyte on either side ends in seconds, with a verdict."""
    clock = SystemClock()
    begun = clock.monotonic_ns()
    assert Checker().check(context, summary).verdict in {"grounded", "ungrounded"}
    assert clock.monotonic_ns() - begun < 60_000_000_000


def test_what_is_too_long_is_for_review() -> None:
    """Sentences past the cap are one claim that counts as ungrounded."""
    result = Checker().check(CALL, "The fee is 6 pounds. " * (MAX_CLAIMS + 3))
    assert len(result.claims) == MAX_CLAIMS + 1
    assert (result.claims[-1].band, result.claims[-1].reason, result.verdict) == ("review", "too_long", "ungrounded")
    result = Checker().check(CALL, "The fee is 6 pounds." + " " * MAX_SUMMARY + "The fee is 7 pounds.")
    assert [claim.reason for claim in result.claims] == ["supported", "too_long"]
    assert Checker().check(CALL, "The fee is 6 pounds." + " " * MAX_SUMMARY).verdict == "grounded"


def test_of_a_conversation_too_long_nothing_is_certain() -> None:
    """Past the limit a summary is for review, until the conversation is forgotten; one of no words has nothing to check."""
    talk = Checker().conversation()
    talk.add("Agent", "The fee is 6 pounds.")
    talk.add("Agent", "x" * MAX_CONTEXT)
    result = talk.check("The fee is 6 pounds.")
    assert [(claim.band, claim.reason) for claim in result.claims] == [("review", "too_long")]
    assert (result.verdict, talk.is_whole, talk.check(" ").band) == ("ungrounded", False, "nothing_to_check")
    talk.forget()
    talk.add("Agent", "The fee is 6 pounds.")
    assert talk.check("The fee is 6 pounds.").verdict == "grounded"


@pytest.mark.parametrize("sign", ["🙂", "שלום ", "مرحبا بك ", "\u202e", "👩‍👩‍👧 "])
def test_other_scripts_have_verdicts(sign: str) -> None:
    """Emoji and right-to-left text on either side, long or short, end in a verdict."""
    for long in (sign * 2, sign * 20_000):
        for context, summary in ((f"Agent: {long}", "The fee is 6 pounds."), (CALL, long), (f"Agent: {long}", long)):
            assert Checker().check(context, summary).verdict in {"grounded", "ungrounded"}


@pytest.mark.prove
def test_ten_megabytes_and_ten_thousand_turns() -> None:
    """Ten million code points on either side are too long; ten thousand turns are not."""
    line = "Customer: the bill was 48 dollars, too much, on May 3rd for order 12345.\n"
    whole = line * (10_000_000 // len(line))
    assert Checker().check(whole, "The bill was 48 dollars.").claims[0].reason == "too_long"
    assert Checker().check(CALL, whole).claims[-1].reason == "too_long"
    assert Checker().check(line * 10_000, "The bill was 48 dollars.").verdict == "grounded"


@pytest.mark.prove
def test_the_same_over_twenty_runs() -> None:
    """Twenty runs over every case give one list of results."""
    first = [Checker().check(case["context"], case["summary"]) for case in CASES]
    for _ in range(19):
        assert [Checker().check(case["context"], case["summary"]) for case in CASES] == first
