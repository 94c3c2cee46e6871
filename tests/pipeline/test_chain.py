"""The whole pipeline, told as conversations and held to its laws."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.dialects.mediation import make_subscription
from harness.pii import RedactionResult, Redactor, SpanStream
from harness.pii.rules import load_rules
from harness.pipeline.outcome import Effect, GapFound, Generate, JudgeAnswer, Outcome, Send
from harness.pipeline.policy import PipelinePolicy
from harness.text.span import RedactedText, Span

Outcomes = Callable[..., list[Outcome]]
Effects = Callable[..., list[Effect]]
Make = Callable[..., Any]

PHONE = "628-374-9920"
CARD = "4716 6477 1684 2682"
SAID = "My router stopped working and I need a technician."
SUMMARY = "The customer's router stopped working."
QUIET = PipelinePolicy(gateway_validation=False, generate="never")


class Blind(Redactor):
    """A detector that misses everything: what the second scan is for."""

    def detect(self, text: str, names: Any = None) -> list[Span]:
        return []

    def redact(self, text: str, *_: Any, **__: Any) -> RedactionResult:
        return RedactionResult(RedactedText(text), ())

    def span_stream(self, names: Any = None) -> SpanStream:
        return SpanStream(load_rules([]))


def messages_of(talk: Make) -> list[str | bytes]:
    """A conversation with something of everything; its only digits in texts belong to values."""
    one = talk()
    return [
        one.subscribed(),
        one.utterance(SAID),
        one.utterance(f"Call me on {PHONE}", is_final=False),
        *one.deltas("Pay with 4716 6477", " 1684 26", "82 or call 6", "28-374-9", "920 instead."),
        one.heartbeat(),
        one.completed(SUMMARY),
        b"\x00\x01",
        '{"type":"utterance",',
        json.dumps({"type": "quality.updated", "note": f"call {PHONE}"}),
        one.delta("later", 0, "s2"),
        one.typed("utterance", text=5),
        one.end(),
    ]


def digits_in(outcome: Outcome) -> str:
    texts = [outcome.payload.get(name) for name in ("text", "summary", "note")] if outcome.event != "malformed" else []
    return "".join(char for text in texts if isinstance(text, str) for char in text if char.isdigit())


def anonymous(outcomes: list[Outcome]) -> list[Outcome]:
    """Outcomes by seq, without their place on the wire."""
    same = [replace(outcome, number=0, judge_requests=()) for outcome in outcomes]
    return sorted(same, key=lambda outcome: (outcome.seq or 0, outcome.digest))


# --- laws -------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 14), max_size=40), st.sampled_from([0, 2, 64]), st.booleans())
def test_one_outcome_per_message_in_wire_order(
    talk: Make, pipeline_with: Make, order: list[int], window: int, impatient: bool
) -> None:
    """Whatever is missing, doubled or out of order; and half a value is shown by none of them."""
    messages = messages_of(talk)
    pipeline = pipeline_with(policy=PipelinePolicy(reorder_window=window))
    effects: list[Effect] = []
    for number, index in enumerate(order):
        effects += pipeline.feed(messages[index])
        if impatient and number % 7 == 6:
            effects += pipeline.give_up("i-1")
    effects += pipeline.finish()
    found = [effect for effect in effects if isinstance(effect, Outcome)]
    assert [outcome.number for outcome in found] == list(range(1, len(order) + 1))
    assert "".join(digits_in(outcome) for outcome in found) == ""
    assert all(outcome.pii_redacted for outcome in found)
    assert pipeline.finish() == []


@given(st.integers(0, 2**32))
def test_a_shuffle_inside_the_window_changes_no_outcome(talk: Make, outcomes: Outcomes, seed: int) -> None:
    """Only the places on the wire are others."""
    messages = [message for message in messages_of(talk) if isinstance(message, str) and '"seq"' in message]
    shuffled = random.Random(seed).sample(messages, len(messages))
    assert anonymous(outcomes(shuffled)) == anonymous(outcomes(messages))


@given(st.integers(0, 2**32), st.integers(1, 64))
def test_64_messages_late_is_in_time(talk: Make, outcomes: Outcomes, seed: int, late: int) -> None:
    """One message may come that many later; nothing is given up."""
    one = talk()
    messages = [one.heartbeat() for _ in range(100)]
    place = random.Random(seed).randrange(len(messages) - late)
    moved = messages[:place] + messages[place + 1 : place + 1 + late] + [messages[place]] + messages[place + 1 + late :]
    assert [outcome.verdict for outcome in outcomes(moved)] == ["accepted"] * 100


@given(st.lists(st.integers(0, 14), max_size=30))
def test_the_same_messages_give_the_same_outcomes(
    talk: Make, effects_of: Effects, pipeline_with: Make, order: list[int]
) -> None:
    """Field for field, whoever runs it and whatever the times."""
    messages = [messages_of(talk)[index] for index in order]
    first = effects_of(messages)
    pipeline = pipeline_with(redactor=Redactor())
    second = [effect for at, message in enumerate(messages) for effect in pipeline.feed(message, at * 10**9)]
    assert first == [*second, *pipeline.finish()]


@given(st.lists(st.integers(0, 120), max_size=10))
def test_any_cutting_of_a_summary_gives_the_same_text(talk: Make, outcomes: Outcomes, cuts: list[int]) -> None:
    """The redacted pieces together are the redacted whole, and the total is that of the whole."""
    text = f"She pays with {CARD}, or calls {PHONE}, or writes to ines.vanter@harrowgate-mail.com by noon."
    places = [0, *sorted(cuts), len(text)]
    one = talk()
    pieces = [text[a:b] for a, b in pairwise(places)]
    found = outcomes([*one.deltas(*pieces), one.completed(text)])
    whole = "She pays with [CC_REDACTED], or calls [PHONE_REDACTED], or writes to [EMAIL_REDACTED] by noon."
    assert "".join(outcome.payload["text"] for outcome in found[:-1]) == whole
    assert found[-1].payload["summary"] == whole
    assert found[-1].budget is not None
    assert found[-2].budget is not None
    assert found[-2].budget.total == found[-1].budget.total == found[-1].budget.tokens


# --- order ------------------------------------------------------------------------------------------------------


def test_outcomes_of_two_conversations_leave_in_wire_order(talk: Make, pipeline_with: Make) -> None:
    """What is held in one holds back what came later in the other."""
    one, two = talk("a"), talk("b")
    pipeline = pipeline_with()
    assert pipeline.feed(one.delta("Call 628-", 0)) == []
    assert pipeline.feed(two.heartbeat()) == []
    done = pipeline.feed(one.completed("Call 628-374-9920."))
    assert [(o.number, o.conversation) for o in done] == [(1, "a"), (2, "b"), (3, "a")]


def test_a_gap_is_told_when_the_edge_gives_up(talk: Make, pipeline_with: Make) -> None:
    """Messages behind it go on, and what comes for it later is rejected."""
    one = talk()
    first, second, third = one.heartbeat(), one.heartbeat(), one.heartbeat()
    pipeline = pipeline_with()
    pipeline.feed(first)
    assert pipeline.feed(third) == []
    assert (pipeline.waiting("i-1"), pipeline.resume_after("i-1")) == (1, 1)
    gap, outcome = pipeline.give_up("i-1")
    assert gap == GapFound(conversation="i-1", from_seq=2, to_seq=2, reason="timer")
    assert (outcome.number, outcome.seq) == (2, 3)
    assert (pipeline.waiting("i-1"), pipeline.resume_after("i-1")) == (0, 3)
    late, twice = pipeline.feed(second)[0], pipeline.feed(first)[0]
    assert [(o.verdict, o.stage, o.reasons) for o in (late, twice)] == [
        ("rejected", "decode", ("late_seq",)),
        ("rejected", "decode", ("duplicate_seq",)),
    ]


def test_a_conversation_not_heard_of_has_no_place(pipeline_with: Make) -> None:
    """Giving it up does nothing."""
    pipeline = pipeline_with()
    assert (pipeline.give_up("x"), pipeline.waiting("x"), pipeline.resume_after("x")) == ([], 0, 0)


def test_a_window_full_of_waiting_messages_gives_the_hole_up(talk: Make, effects_of: Effects) -> None:
    """And so does the end of the session, each with its own reason."""
    one = talk()
    messages = [one.heartbeat() for _ in range(70)]
    del messages[68], messages[1]
    gaps = [effect for effect in effects_of(messages) if isinstance(effect, GapFound)]
    assert [(gap.from_seq, gap.to_seq, gap.reason) for gap in gaps] == [(2, 2, "window"), (69, 69, "finish")]


def test_the_first_subscribed_says_where_the_order_begins(talk: Make, effects_of: Effects) -> None:
    """Even behind a message without a place; a later one is a message like others."""
    one = talk()
    one.seq = 16
    alone = json.dumps({"type": "heartbeat", "interaction_id": "i-1"})
    effects = effects_of([alone, one.subscribed(), one.heartbeat(), one.subscribed()])
    assert [type(effect) for effect in effects] == [Outcome] * 4


def test_a_message_with_wrong_fields_keeps_its_place(talk: Make, outcomes: Outcomes) -> None:
    """It is rejected there, and nothing behind it waits."""
    one = talk()
    found = outcomes([one.heartbeat(), one.typed("utterance", text=5), one.heartbeat()])
    assert [(o.event, o.verdict) for o in found] == [
        ("heartbeat", "accepted"),
        ("malformed", "rejected"),
        ("heartbeat", "accepted"),
    ]
    assert (found[1].seq, found[1].conversation, found[1].reasons) == (2, "i-1", ("schema:/utterance_id",))


# --- pieces -----------------------------------------------------------------------------------------------------


def test_a_repeated_piece_is_treated_like_its_original(talk: Make, outcomes: Outcomes) -> None:
    """Rejected, with the same redaction, even while the value is still open."""
    one = talk()
    pieces = one.deltas("Call 628-", "374-9920 now")
    found = outcomes([pieces[0], pieces[0], pieces[1], pieces[0], one.completed("Done.")])
    assert [(o.verdict, o.payload["text"]) for o in found[:-1]] == [
        ("accepted", "Call [PHONE_REDACTED]"),
        ("rejected", "Call [PHONE_REDACTED]"),
        ("accepted", " now"),
        ("rejected", "Call [PHONE_REDACTED]"),
    ]


def test_a_piece_that_differs_from_its_original_is_masked(talk: Make, outcomes: Outcomes) -> None:
    """And so is the repetition of one that still waits behind a hole."""
    one = talk()
    first, second, third = one.deltas("Call ", "628-", "374-9920 now")
    other = first.replace("Call ", "Dial 628-")
    found = outcomes([first, other, third, third, second, one.completed("Done.")])
    assert [o.payload["text"] for o in found[:-1]] == [
        "Call ",
        "[UNKNOWN_REDACTED]",
        " now",
        "[UNKNOWN_REDACTED]",
        "[PHONE_REDACTED]",
    ]
    assert [o.reasons for o in found if o.verdict == "rejected"] == [("duplicate_seq",)] * 2


def test_half_a_value_at_a_hole_is_masked(talk: Make, outcomes: Outcomes) -> None:
    """Before it, behind it, and in the piece that comes too late."""
    one = talk()
    pieces = one.deltas("The customer wants a call. On 628-", "374", "-9920 now")
    found = outcomes([pieces[0], pieces[2], *(one.heartbeat() for _ in range(64)), pieces[1], one.completed("Done.")])
    assert [o.payload["text"] for o in found if "text" in o.payload] == [
        "The customer wants a call. [UNKNOWN_REDACTED]",
        "[UNKNOWN_REDACTED]",
        "[UNKNOWN_REDACTED]",
    ]
    assert [o.verdict for o in found if "text" in o.payload] == ["accepted", "accepted", "rejected"]


def test_a_piece_with_wrong_fields_is_masked(talk: Make, outcomes: Outcomes) -> None:
    """It may hold half a value, and so may its neighbours."""
    one = talk()
    bad = one.delta("x", 0), one.typed("summary.delta", summary_id="s1", text="-374"), one.delta("-9920 now", 2)
    found = outcomes([bad[0].replace('"x"', '"Call 628"'), bad[1], bad[2]])
    assert "".join(digits_in(o) for o in found) == ""
    assert found[1].payload["text"] == "[UNKNOWN_REDACTED]"


@pytest.mark.parametrize("ended", [True, False])
def test_a_summary_broken_off_shows_no_half_value(talk: Make, outcomes: Outcomes, ended: bool) -> None:
    """Neither at the end of the conversation nor at that of the session."""
    one = talk()
    found = outcomes([*one.deltas("Call now. Or 628-", "374"), *([one.end()] if ended else [])])
    assert [o.payload["text"] for o in found[:2]] == ["Call now. [UNKNOWN_REDACTED]", ""]


# --- what leaves ------------------------------------------------------------------------------------------------


def test_a_detector_miss_flips_the_flag_and_quarantines(talk: Make, outcomes: Outcomes, pipeline_with: Make) -> None:
    """The second scan sees it, and what it sees does not leave."""
    one = talk()
    messages = [one.utterance(f"Call me on {PHONE}."), one.completed(f"The customer can be called on {PHONE}.")]
    found = outcomes(messages, pipeline_with(redactor=Blind()))
    assert [(o.pii_redacted, o.verdict, o.stage, o.reasons[0]) for o in found] == [
        (False, "quarantined", "audit", "leak")
    ] * 2
    assert all(o.governance == {"status": "non_compliant", "failing": "pii"} for o in found)
    assert found[1].payload["summary"] == "The customer can be called on [PHONE_REDACTED]."
    assert "628" not in repr(found) + json.dumps([o.payload for o in found])
    assert found[1].grounding is not None
    assert all("628" not in claim.evidence for claim in found[1].grounding.claims)


def test_a_miss_does_not_reach_the_gateway(talk: Make, effects_of: Effects, pipeline_with: Make) -> None:
    """Neither in what it is to summarize nor in what it is to validate."""
    one = talk()
    messages = [one.utterance(f"{SAID} Call {PHONE}."), one.completed(SUMMARY), one.end()]
    effects = effects_of(messages, pipeline_with(redactor=Blind()))
    asked = [request for effect in effects if isinstance(effect, Outcome) for request in effect.judge_requests]
    assert [turn["text"] for request in asked for turn in request.context] == [f"{SAID} Call [PHONE_REDACTED]."]


def test_names_of_unknown_messages_are_searched(outcomes: Outcomes) -> None:
    """A type and an interaction id may be anybody's text where the type is not known."""
    raw = json.dumps({"type": f"call {PHONE}", "interaction_id": "ines.vanter@harrowgate-mail.com"})
    (found,) = outcomes([raw])
    assert (found.event, found.conversation) == ("call [PHONE_REDACTED]", "[EMAIL_REDACTED]")
    assert found.verdict == "accepted"


def test_a_rejected_message_is_redacted_all_the_same(outcomes: Outcomes) -> None:
    """Undecodable, binary, or of the wrong form."""
    found = outcomes([f'{{"text":"{PHONE}', b"\x00", f'["{PHONE}"]', '{"interaction_id":"i","summary":"' + CARD + '"}'])
    assert [o.payload for o in found] == [
        '{"text":"[PHONE_REDACTED]',
        "[BINARY_REDACTED] 1 bytes",
        ["[PHONE_REDACTED]"],
        {"interaction_id": "i", "summary": "[CC_REDACTED]"},
    ]
    assert [o.reasons for o in found[:3]] == [("not_json",), ("binary",), ("not_object",)]
    assert all(o.governance["status"] == "non_compliant" for o in found)


def test_entities_nobody_asked_for_do_not_leave(talk: Make, outcomes: Outcomes, pipeline_with: Make) -> None:
    """They are counted; the others are kept."""
    policy = PipelinePolicy(subscription=make_subscription({"extraction_directives": {"entity_types": ["PRODUCT"]}}))
    entities = [
        {"type": "PERSON", "text": "Ines", "confidence": 0.99},
        {"type": "PRODUCT", "text": "router", "confidence": 0.9},
        {"type": "PRODUCT", "text": "lamp", "confidence": 0.2},
    ]
    one = talk()
    found = outcomes([one.utterance(SAID), one.completed(SUMMARY, entities=entities)], pipeline_with(policy=policy))
    assert (found[1].entities_dropped, found[1].payload["entities"]) == (2, entities[1:2])


# --- summaries --------------------------------------------------------------------------------------------------


def test_a_grounded_summary_is_accepted_and_put_to_the_gateway(
    talk: Make, outcomes: Outcomes, pipeline_with: Make
) -> None:
    """Its answer settles the outcome; none degrades it; a refusal quarantines it."""
    pipeline, one = pipeline_with(), talk()
    summary = outcomes([one.utterance(SAID), one.completed(SUMMARY)], pipeline)[1]
    assert (summary.verdict, summary.deliverable, summary.pii_redacted) == ("accepted", True, True)
    (request,) = summary.judge_requests
    assert (request.judge, request.summary) == ("gateway", SUMMARY)
    assert request.context == ({"speaker": "customer", "text": SAID},)
    assert pipeline.settle(summary, {request.id: JudgeAnswer(valid=True)}).governance == {"status": "compliant"}
    assert pipeline.settle(summary, {}).reasons[-1] == "degraded:gateway"
    refused = pipeline.settle(summary, {request.id: JudgeAnswer(valid=False, violations=("TOO_VAGUE",))})
    assert (refused.verdict, refused.reasons[-1]) == ("quarantined", "gateway:TOO_VAGUE")


def test_an_ungrounded_summary_is_quarantined_and_put_to_nobody(talk: Make, outcomes: Outcomes) -> None:
    """With the reasons of its claims."""
    one = talk()
    found = outcomes([one.utterance(SAID), one.completed("The customer was given a refund of 900 dollars.")])
    assert (found[1].verdict, found[1].stage, found[1].judge_requests) == ("quarantined", "ground", ())
    assert found[1].grounding is not None
    assert found[1].reasons[0] == found[1].grounding.claims[0].reason


def test_lengths_are_advice_unless_they_are_fatal(talk: Make, outcomes: Outcomes, pipeline_with: Make) -> None:
    """The same summary, under two policies."""
    for fatal, verdict in (((), "accepted"), (("below_min_tokens",), "rejected")):
        one = talk()
        policy = PipelinePolicy(fatal_lengths=fatal)
        found = outcomes([one.utterance(SAID), one.completed(SUMMARY)], pipeline_with(policy=policy))
        assert (found[1].verdict, found[1].reasons[0]) == (verdict, "below_min_tokens")


def test_a_flat_message_brings_its_own_everything(outcomes: Outcomes) -> None:
    """Context, bounds and directives; each one is a summary of its own to the budget."""
    flat = {
        "interaction_id": "i-1",
        "summary_matrix": {"min_tokens": 50, "note": "kept"},
        "extraction_directives": {"entity_types": ["PERSON"]},
        "summary": SUMMARY,
        "conversation_context": f"Customer: {SAID}",
    }
    found = outcomes([json.dumps(flat), json.dumps(flat)])
    assert [(o.event, o.seq, o.verdict) for o in found] == [("flat", None, "accepted")] * 2
    assert all(o.grounding is not None and o.grounding.context == "self_supplied" for o in found)
    totals = [o.budget.total for o in found if o.budget is not None]
    assert totals == [10, 20]


def test_a_summary_of_the_gateway_is_judged_like_any_other(talk: Make, pipeline_with: Make) -> None:
    """Against the stream's record of the conversation."""
    one, pipeline = talk(), pipeline_with()
    pipeline.feed(one.utterance(SAID))
    body = json.dumps({"interaction_id": "i-1", "summary_id": "g1", "summary": SUMMARY, "entities": []})
    (found,) = pipeline.feed(body, service="gateway")
    assert (found.event, found.verdict, found.seq, found.deliverable) == ("gateway.summary", "accepted", None, True)
    (bad,) = pipeline.feed(b"x", service="gateway")
    assert bad.reasons == ("binary",)


# --- budget -----------------------------------------------------------------------------------------------------


def test_the_update_is_asked_for_once_and_the_count_goes_on(
    talk: Make, effects_of: Effects, pipeline_with: Make
) -> None:
    """With the service's own limits, which win; then from what is retained."""
    one = talk()
    policy = PipelinePolicy(gateway_validation=False, retain_tokens=4)
    messages = [
        one.subscribed(max_streaming_tokens=40, context_window_threshold=20),
        one.completed("abc " * 20, "a"),
        one.completed("abc " * 10, "b"),
        one.completed("abc " * 30, "c"),
        one.updated(),
        one.completed("abc " * 15, "d"),
        *one.deltas("abc abc", " abc", summary_id="e"),
        one.completed("abc abc abc", "e"),
    ]
    effects = effects_of(messages, pipeline_with(policy=policy))
    sends = [effect.message for effect in effects if isinstance(effect, Send)]
    assert sends == [
        {"type": "context_window.update", "interaction_id": "i-1", "token_count": 20, "retain_tokens": 4},
        {"type": "context_window.update", "interaction_id": "i-1", "token_count": 21, "retain_tokens": 4},
    ]
    found = [effect for effect in effects if isinstance(effect, Outcome) and effect.budget is not None]
    assert [o.budget.total for o in found if o.budget is not None] == [20, 30, 40, 19, 21, 22, 22]
    assert [o.number for o in found if "truncated" in o.reasons] == [4]
    assert found[2].payload["summary"] == ("abc " * 10).rstrip()


def test_an_update_counts_in_the_order_of_the_messages(talk: Make, effects_of: Effects, pipeline_with: Make) -> None:
    """A piece that is still held came before it, and is counted before it."""
    one = talk()
    policy = PipelinePolicy(gateway_validation=False, context_window_threshold=2, retain_tokens=0)
    messages = [*one.deltas("abcd abcd 628-", "374"), one.updated(), one.completed("abcd abcd 628-374")]
    found = [e for e in effects_of(messages, pipeline_with(policy=policy)) if not isinstance(e, GapFound)]
    assert [type(effect).__name__ for effect in found].count("Send") == 1
    last = found[-1]
    assert isinstance(last, Outcome)
    assert last.budget is not None
    assert last.budget.total < 5


def test_a_cut_piece_says_so(talk: Make, outcomes: Outcomes, pipeline_with: Make) -> None:
    """Both counts are in its outcome."""
    one = talk()
    policy = PipelinePolicy(max_streaming_tokens=3)
    found = outcomes(one.deltas("abc abc abc abc abc, ", "abc"), pipeline_with(policy=policy))
    assert [(o.payload["text"], o.reasons) for o in found] == [("abc abc abc", ("truncated",)), ("", ("truncated",))]
    assert found[0].budget is not None
    assert (found[0].budget.tokens, found[0].budget.kept) == (6, 3)


@pytest.mark.parametrize("preserve, verdict", [(True, "grounded"), (False, "ungrounded")])
def test_an_update_keeps_or_drops_the_context(
    talk: Make, outcomes: Outcomes, pipeline_with: Make, preserve: bool, verdict: str
) -> None:
    """As the subscription says."""
    directives = {"extraction_directives": {"preserve_context_window": preserve}}
    policy = PipelinePolicy(subscription=make_subscription(directives))
    one = talk()
    found = outcomes([one.utterance(SAID), one.updated(), one.completed(SUMMARY)], pipeline_with(policy=policy))
    assert found[2].grounding is not None
    assert found[2].grounding.verdict == verdict


# --- generation -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "generate, with_summary, expected",
    [("end", False, [2]), ("end", True, []), ("never", False, []), (1, False, [1, 2]), (2, True, [2]), (3, False, [])],
)
def test_when_the_gateway_is_asked_for_a_summary(
    talk: Make, effects_of: Effects, pipeline_with: Make, generate: Any, with_summary: bool, expected: list[int]
) -> None:
    """With the redacted context so far; interim words and the agent's turns do not count as customer turns."""
    one = talk()
    messages = [
        one.utterance(f"Call {PHONE}"),
        one.utterance("Call", is_final=False),
        one.utterance("Thank you."),
        *([one.completed("Thank you.")] if with_summary else []),
        one.end(),
    ]
    effects = effects_of(messages, pipeline_with(policy=PipelinePolicy(generate=generate)))
    asked = [effect for effect in effects if isinstance(effect, Generate)]
    assert [len(effect.context) for effect in asked] == expected
    assert all(effect.context[0] == {"speaker": "customer", "text": "Call [PHONE_REDACTED]"} for effect in asked)


# --- the rest ---------------------------------------------------------------------------------------------------


def test_stages_can_be_timed(talk: Make, pipeline_with: Make) -> None:
    """The mark of a message comes first; then each stage it went through."""
    marks: list[str] = []
    pipeline_with(on_stage=marks.append).feed(talk().utterance("Hello."))
    assert marks == ["", "decode", "validate", "ground", "redact", "budget", "audit"]


def test_the_audit_record_names_the_policy(talk: Make, outcomes: Outcomes, pipeline_with: Make) -> None:
    """Rules, lexicons and choices, in one digest."""
    pipeline = pipeline_with()
    (found,) = outcomes([talk().heartbeat()], pipeline)
    assert pipeline.audit_body(found)["policy"] == pipeline.policy_digest != pipeline_with(policy=QUIET).policy_digest


def test_a_pipeline_has_defaults(pipeline_with: Make) -> None:
    """The built-in rules and checker."""
    assert pipeline_with(redactor=None, checker=None).policy_digest == pipeline_with().policy_digest


def test_an_outcome_shows_no_text(talk: Make, outcomes: Outcomes) -> None:
    """Its repr is fit for a log."""
    one = talk()
    found = outcomes([one.utterance(SAID), one.completed(SUMMARY), one.end()])
    assert "router" not in repr(found)
