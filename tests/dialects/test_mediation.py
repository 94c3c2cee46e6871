"""Bytes of the stream and of the gateway as canonical events."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.dialects import base
from harness.dialects.base import (
    Dialect,
    Event,
    Lifecycle,
    Malformed,
    Other,
    ServiceFault,
    Summary,
    SummaryDelta,
    Utterance,
)
from harness.dialects.mediation import (
    MediationDialect,
    Subscription,
    context_window_update,
    dump,
    make_subscription,
    subscribe_message,
    summary_request,
    unsubscribe_message,
    validate_request,
)

DIALECT = MediationDialect()
CASES: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "fixtures/malformed/messages.jsonl").read_text("utf-8").splitlines()
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
FIELDS = (
    "type interaction_id seq text utterance_id speaker is_final revision summary_id index summary entities reason code "
    "message limits grace_s token_count summary_matrix extraction_directives conversation_context"
).split()


def decoded(kind: str | None = None, /, **fields: Any) -> Event:
    value = {"interaction_id": "i-1", "seq": 3, **fields}
    return DIALECT.decode(json.dumps(value if kind is None else {"type": kind, **value}))


# --- inbound ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_malformed_messages_have_the_reason_of_their_label(case: dict[str, Any]) -> None:
    """One case of each kind of fault, as they come over the wire."""
    data = base64.b64decode(case["base64"]) if "base64" in case else case["data"]
    event = DIALECT.decode(data)
    assert isinstance(event, Malformed)
    assert event.reason == case["expect"]


def test_every_reason_has_a_case() -> None:
    """But the size, which would make a large fixture."""
    listed = set((base.Malformed.__doc__ or "").partition("reason: ")[2].partition("where:")[0].split()) - {"|"}
    assert listed == {case["expect"] for case in CASES} | {"too_large"}


def test_an_utterance() -> None:
    """Final, first revision, unless it says otherwise."""
    event = decoded("utterance", utterance_id="u1", speaker="bot", text="Hello")
    assert isinstance(event, Utterance)
    assert (event.type, event.conversation, event.seq) == ("utterance", "i-1", 3)
    assert (event.utterance_id, event.speaker, event.text, event.is_final, event.revision) == (
        "u1",
        "bot",
        "Hello",
        True,
        0,
    )
    again = decoded("utterance", utterance_id="u1", speaker="bot", text="Hello", is_final=False, revision=2)
    assert isinstance(again, Utterance)
    assert (again.is_final, again.revision) == (False, 2)


def test_a_summary_in_pieces_and_whole() -> None:
    """Both carry the id of the summary."""
    piece = decoded("summary.delta", summary_id="s1", index=2, text=" called")
    assert isinstance(piece, SummaryDelta)
    assert (piece.summary_id, piece.index, piece.text) == ("s1", 2, " called")
    entity = {"type": "PRODUCT", "text": "router", "confidence": 1, "extra": True}
    whole = decoded("summary.completed", summary_id="s1", summary="Done.", entities=[entity], followups=["call"])
    assert isinstance(whole, Summary)
    assert (whole.summary, whole.entities, whole.followups) == ("Done.", [entity], ("call",))
    assert (whole.reason, whole.resolution, whole.error_type, whole.self_context) == (None, None, None, None)


def test_lifecycle_messages_keep_their_own_fields() -> None:
    """Limits are complete, with the documented ones for those not given."""
    event = decoded("subscribed", limits={"max_streaming_tokens": 100})
    assert isinstance(event, Lifecycle)
    assert event.facts == {"limits": {"max_streaming_tokens": 100, "context_window_threshold": 3500}}
    end = decoded("end", reason="completed", more=1)
    assert isinstance(end, Lifecycle)
    assert end.facts == {"reason": "completed", "more": 1}


def test_a_message_about_the_connection_has_no_place() -> None:
    """Nor has one that counts without saying whose count."""
    event = DIALECT.decode('{"type":"heartbeat"}')
    assert (event.type, event.conversation, event.seq) == ("heartbeat", "", None)
    assert DIALECT.decode('{"type":"heartbeat","seq":4}').seq is None
    assert DIALECT.decode('{"type":"news","seq":4}').seq is None


def test_a_fault_of_the_service() -> None:
    """Its code may be one the page does not name."""
    event = decoded("error", code="OVERLOADED", message="later", retry_after_s=2)
    assert isinstance(event, ServiceFault)
    assert (event.code, event.message, event.retry_after_s) == ("OVERLOADED", "later", 2)


@pytest.mark.parametrize(
    "seq, expected", [(9, 9), (0, None), (-1, None), (True, None), ("9", None), (2**53 + 1, None), (9.0, None)]
)
def test_an_unknown_type_is_kept(seq: object, expected: int | None) -> None:
    """In its place, if it has one."""
    event = decoded("quality.updated", seq=seq, jitter=1)
    assert isinstance(event, Other)
    assert (event.type, event.conversation, event.seq) == ("quality.updated", "i-1", expected)
    assert event.payload["jitter"] == 1


def test_a_message_with_wrong_fields_keeps_its_place() -> None:
    """As far as that can be trusted; the place of the fault is told, the value is not."""
    event = decoded("summary.completed", summary_id="s", summary="x", entities=[{"type": "A", "text": "628"}])
    assert isinstance(event, Malformed)
    assert (event.where, event.conversation, event.seq) == ("/entities/0/confidence", "i-1", 3)
    unplaced = decoded("utterance", interaction_id=7)
    assert (unplaced.conversation, unplaced.seq) == ("", None)
    assert decoded("utterance", interaction_id="x" * 513).conversation == ""
    assert DIALECT.decode('{"type":[],"interaction_id":"i"}').conversation == "i"


def test_a_flat_message_is_context_and_summary() -> None:
    """It has no order; a context it does not bring is empty."""
    flat = {"summary_matrix": {"load": 1}, "extraction_directives": {}, "summary": "Done."}
    event = decoded(**flat, conversation_context="Agent: Hello.")
    assert isinstance(event, Summary)
    assert (event.type, event.conversation, event.seq, event.self_context) == ("flat", "i-1", None, "Agent: Hello.")
    bare = decoded(**flat)
    assert isinstance(bare, Summary)
    assert bare.self_context == ""


def test_a_key_of_a_stranger_is_never_told() -> None:
    """The place of a fault is made of the dialect's own names."""
    raw = json.dumps({"interaction_id": "i", "summary_matrix": {"4716647716842682": 1}, "summary": "x"})
    event = DIALECT.decode(raw)
    assert isinstance(event, Malformed)
    assert "4716" not in event.where


def test_the_body_of_a_summary_made_over_rest() -> None:
    """A summary without ``seq``; anything else is malformed."""
    body = {"summary_id": "g1", "interaction_id": "i", "summary": "Done.", "usage": {"tokens": 2}}
    event = DIALECT.decode_rest(json.dumps(body))
    assert isinstance(event, Summary)
    assert (event.type, event.conversation, event.seq, event.summary_id) == ("gateway.summary", "i", None, "g1")
    for raw, reason in (("[]", "not_object"), ("<html>", "not_json"), ('{"summary":1}', "schema")):
        bad = DIALECT.decode_rest(raw)
        assert isinstance(bad, Malformed)
        assert bad.reason == reason


@given(VALUES | st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=8))
def test_decoding_never_raises(value: Any) -> None:
    """Whatever JSON comes, it is some event, and nothing of a malformed one is exempt."""
    raw = json.dumps(value)
    for event in (DIALECT.decode(raw), DIALECT.decode_rest(raw)):
        assert isinstance(event, get_args(Event))
        if isinstance(event, Malformed):
            assert not DIALECT.exempt(event, "/interaction_id")
    assert DIALECT.conversation_of(raw) is None or isinstance(value, dict)


@given(st.sampled_from(sorted(["utterance", "summary.delta", "error", "end", "closing", "subscribed"])), st.data())
def test_almost_good_messages_never_raise(kind: str, data: st.DataObject) -> None:
    """Fields of the right names with any values."""
    fields = data.draw(st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=8))
    assert isinstance(DIALECT.decode(json.dumps({**fields, "type": kind})), get_args(Event))


# --- paths ------------------------------------------------------------------------------------------------------


def test_which_texts_go_on_in_the_next_message() -> None:
    """Those of a summary's pieces, malformed ones too, and of a speaker."""
    assert DIALECT.text_paths(decoded("summary.delta", summary_id="s", index=0, text="")) == {"/text": "summary/s"}
    assert DIALECT.text_paths(decoded("summary.delta")) == {"/text": "summary/"}
    said = decoded("utterance", utterance_id="u", speaker="agent", text="")
    assert DIALECT.text_paths(said) == {"/text": "speaker/agent"}
    for event in (decoded("heartbeat"), decoded("news"), decoded("utterance"), DIALECT.decode("x")):
        assert DIALECT.text_paths(event) == {}


@pytest.mark.parametrize(
    "event, exempt, searched",
    [
        (
            decoded("utterance", utterance_id="u", speaker="agent", text=""),
            ["/utterance_id", "/speaker"],
            ["/text", "/x"],
        ),
        (decoded("summary.delta", summary_id="s", index=0, text=""), ["/summary_id", "/index"], ["/text", "/speaker"]),
        (decoded("error", code="INTERNAL"), ["/code", "/retry_after_s", "/seq"], ["/message"]),
        (decoded("error", code="call 628"), ["/retry_after_s"], ["/code"]),
        (decoded("end", reason="completed"), ["/reason", "/type"], ["/note"]),
        (decoded("end", reason="call 628"), ["/type"], ["/reason"]),
        (decoded("closing", grace_s=5), ["/grace_s"], ["/reason"]),
        (decoded("context_window.updated", token_count=1), ["/token_count"], ["/text"]),
        (decoded("summary.completed", summary_id="s", summary=""), ["/summary_id"], ["/reason", "/summary"]),
        (decoded("news"), [], ["/type", "/interaction_id", "/seq"]),
        (DIALECT.decode("x"), [], ["", "/type"]),
    ],
)
def test_ids_enums_and_counters_are_exempt(event: Event, exempt: list[str], searched: list[str]) -> None:
    """Of well-formed messages; a code or reason only if the page names it."""
    assert [path for path in exempt if not DIALECT.exempt(event, path)] == []
    assert [path for path in searched if DIALECT.exempt(event, path)] == []


@pytest.mark.parametrize(
    "raw, expected",
    [('{"interaction_id":"i"}', "i"), ('{"interaction_id":5}', None), ("{}", None), ("[]", None), ("x", None)],
)
def test_whose_message_it_is(raw: str, expected: str | None) -> None:
    """None, where it does not say."""
    assert DIALECT.conversation_of(raw) == expected


# --- outbound ---------------------------------------------------------------------------------------------------


def test_what_the_client_sends() -> None:
    """As the page has it, key by key."""
    asked = make_subscription({"summary_matrix": {"min_tokens": 60}})
    message = subscribe_message(asked, "i-1", 17)
    assert list(message) == [
        "type",
        "interaction_id",
        "ai_gateway_version",
        "summary_matrix",
        "extraction_directives",
        "resume_after_seq",
    ]
    assert (message["type"], message["summary_matrix"]["min_tokens"], message["resume_after_seq"]) == (
        "subscribe",
        60,
        17,
    )
    assert "resume_after_seq" not in subscribe_message(asked, "i-1")
    assert subscribe_message(asked, "i-1", 0)["resume_after_seq"] == 0
    assert unsubscribe_message("i-1") == {"type": "unsubscribe", "interaction_id": "i-1"}
    assert dump(context_window_update("i-1", 3512, 512)) == (
        '{"type":"context_window.update","interaction_id":"i-1","token_count":3512,"retain_tokens":512}'
    )


def test_what_the_gateway_is_asked() -> None:
    """The subscription's fields and the context; the summary and the context."""
    context = [{"speaker": "agent", "text": "é"}]
    body = summary_request(Subscription(), "i-1", context)
    assert list(body) == ["interaction_id", "ai_gateway_version", "summary_matrix", "extraction_directives", "context"]
    assert dump(validate_request("i-1", "Done.", context)) == (
        '{"interaction_id":"i-1","summary":"Done.","context":[{"speaker":"agent","text":"é"}]}'
    )


def test_the_dialect_keeps_the_protocol() -> None:
    """The rest of the harness asks for no more."""
    dialect: Dialect = DIALECT
    assert dialect.name == "mediation/2"
