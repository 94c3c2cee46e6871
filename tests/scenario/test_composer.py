"""Each step as the messages it leaves on the wire."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.recording.entry import HttpRequest, Play, WsAbort, WsClose, WsMessage, WsOpen
from harness.scenario.compose import Composed

Play_ = Callable[..., Composed]
Read = Callable[[Composed], list[dict[str, Any]]]
Pick = Callable[..., list[Any]]

END = "end: {at: 90, reason: completed}"
SAY = "utterance: {at: 1, by: customer, text: 'It is {{PHONE|415-299-0188}}.'}"


def every(composed: Composed) -> list[Any]:
    return [*composed.entries]


def seqs(messages: list[dict[str, Any]]) -> list[int | None]:
    return [message.get("seq") for message in messages]


def test_an_utterance_and_its_revisions(played: Play_, inbound: Read) -> None:
    """Interims come first with is_final false, the final text last at its time, one utterance_id for all."""
    script = "utterance: {at: 4, by: customer, text: one two three, duration: 3, interim: [one, 'one {{X|two}}']}"
    composed = played(f"{script}\n{END}")
    first, second, final = inbound(composed)[1:4]
    assert list(final) == [
        *["type", "interaction_id", "seq", "utterance_id", "speaker"],
        *["text", "is_final", "revision", "offset_ms", "duration_ms"],
    ]
    assert [m["is_final"] for m in (first, second, final)] == [False, False, True]
    assert [m["revision"] for m in (first, second, final)] == [0, 1, 2]
    assert {m["utterance_id"] for m in (first, second, final)} == {"u1"}
    assert (final["offset_ms"], final["duration_ms"]) == (1000, 3000)
    times = [e.t - every(composed)[5].t for e in every(composed)[7:10]]
    assert times == [2_000_000, 3_000_000, 4_000_000]
    assert [(label.seq, label.start, label.end) for label in composed.labels] == [(3, 4, 7)]


def test_deltas_as_scripted(played: Play_, inbound: Read) -> None:
    """Pieces have the scripted lengths, the rest is last, and a split value is labelled on each piece."""
    summary = (
        "summary: {at: 5, deliver: deltas, pieces: [5, 5], sentences: "
        "[{text: 'Call {{PHONE|415-299-0188}}.', label: grounded, reason: verbatim}, {text: No., label: hallucinated, reason: negation}]}"
    )
    composed = played(f"{summary}\n{END}")
    deltas = [m for m in inbound(composed) if m["type"] == "summary.delta"]
    assert [m["text"] for m in deltas] == ["Call ", "415-2", "99-0188. No."]
    assert [m["index"] for m in deltas] == [0, 1, 2]
    completed = next(m for m in inbound(composed) if m["type"] == "summary.completed")
    assert completed["summary"] == "Call 415-299-0188. No."
    assert completed["summary_id"] == deltas[0]["summary_id"]
    spans = [(label.id.rpartition(":")[2], label.seq, label.start, label.end) for label in composed.labels[:3]]
    assert spans == [("l1#1", 3, 0, 5), ("l1#2", 4, 0, 7), ("l2", 5, 5, 17)]
    sentences = [(s.start, s.end, s.verdict, s.label) for s in composed.labels[3:]]
    assert sentences == [(0, 18, "grounded", "verbatim"), (19, 22, "hallucinated", "negation")]
    assert composed.header.redaction.counts == {"PHONE": 2}


def test_deltas_from_the_seed_lose_nothing(played: Play_, inbound: Read) -> None:
    """Cuts drawn from the seed put together the whole summary."""
    summary = f"summary: {{at: 5, deliver: deltas, sentences: [{{text: {'word ' * 60}end}}]}}"
    messages = inbound(played(f"{summary}\n{END}"))
    pieces = [m["text"] for m in messages if m["type"] == "summary.delta"]
    assert len(pieces) > 5
    assert "".join(pieces) == next(m["summary"] for m in messages if m["type"] == "summary.completed")


def test_pieces_may_fill_the_summary_exactly(played: Play_, inbound: Read) -> None:
    """No empty last piece."""
    messages = inbound(
        played(f"summary: {{at: 5, deliver: deltas, pieces: [1, 2], sentences: [{{text: abc}}]}}\n{END}")
    )
    assert [m["text"] for m in messages if m["type"] == "summary.delta"] == ["a", "bc"]


def test_a_whole_summary_with_every_field(played: Play_, inbound: Read, of_kind: Pick) -> None:
    """Optional fields follow in the order of the table, each with the labels of its marks; then a validation."""
    summary = (
        "summary: {at: 5, deliver: whole, sentences: [{text: S.}], "
        "entities: [{type: PERSON, text: '{{PERSON|Ann Lowe}}', confidence: 0.9}], reason: 'R {{EMAIL|a@b.co}}', "
        "resolution: 'Q {{EMAIL|a@b.co}}', followups: [none, 'F {{EMAIL|a@b.co}}'], error_type: timeout}"
    )
    composed = played(f"{SAY}\n{summary}\n{END}")
    completed = inbound(composed)[2]
    assert list(completed)[3:] == [
        *["summary_id", "summary", "entities", "reason", "resolution", "followups", "error_type"],
    ]
    assert [label.path for label in composed.labels[1:] if label.kind == "span"] == [
        *["/entities/0/text", "/reason", "/resolution", "/followups/1"],
    ]
    assert [label.label for label in composed.labels if label.kind == "message"] == ["service_error"]
    _, validate = of_kind(composed, HttpRequest)
    assert validate.url.endswith("/summaries/validate")
    assert json.loads(validate.body)["context"] == [{"speaker": "customer", "text": "It is 415-299-0188."}]


def test_a_flat_message_brings_its_own_context(played: Play_, inbound: Read) -> None:
    """No type, no seq, the subscription's fields, and the final utterances so far; seq goes on without it."""
    flat = "summary: {at: 5, deliver: flat, sentences: [{text: 'S {{PHONE|415-299-0188}}'}]}"
    composed = played(f"{SAY}\nutterance: {{at: 2, by: agent, text: Thanks.}}\n{flat}\n{END}")
    message = inbound(composed)[3]
    assert list(message) == [
        *["interaction_id", "summary_matrix", "extraction_directives", "ai_gateway_version"],
        *["summary", "conversation_context"],
    ]
    assert message["conversation_context"] == "Customer: It is 415-299-0188.\nAgent: Thanks."
    assert seqs(inbound(composed)) == [1, 2, 3, None, 4]
    for label in composed.labels[1:]:
        assert label.seq is None
        assert message[label.path[1:]][label.start : label.end] == "415-299-0188"


def test_flat_entities_are_sent_if_there_are_any(played: Play_, inbound: Read) -> None:
    """The flat message has entities only where the script has."""
    flat = "summary: {at: 5, deliver: flat, sentences: [{text: S}], entities: [{type: A, text: b, confidence: 1}]}"
    assert inbound(played(f"{flat}\n{END}"))[1]["entities"] == [{"type": "A", "text": "b", "confidence": 1.0}]


def test_the_client_asks_for_a_new_window(played: Play_, inbound: Read, outbound: Read, of_kind: Pick) -> None:
    """The update's count is not compared; the answer names what is kept and answers that send."""
    whole = "summary: {at: 5, deliver: whole, sentences: [{text: abcdefghi}]}"
    composed = played(f"{whole}\ncontext_window: {{at: 6, retain_tokens: 7}}\ncontext_window: {{at: 7}}\n{END}")
    updates = [m for m in outbound(composed) if m["type"] == "context_window.update"]
    assert [(m["token_count"], m["retain_tokens"]) for m in updates] == [(3, 7), (7, 512)]
    sent = next(e for e in of_kind(composed, WsMessage) if e.play is not None)
    assert sent.play == Play(ignore=("/token_count",))
    assert every(composed)[sent.n].re == sent.n
    assert [m["token_count"] for m in inbound(composed) if m["type"] == "context_window.updated"] == [7, 512]


def test_raw_and_binary_go_out_as_they_are(played: Play_, of_kind: Pick) -> None:
    """They take no seq; what is to be rejected is labelled by its number among the inbound messages."""
    script = "raw: {at: 1, text: '{{x', expect: not_json}\nraw: {at: 2, text: '{}'}\nbinary: {at: 3, base64: AAEC}"
    composed = played(f"{script}\n{END}")
    received = [e for e in of_kind(composed, WsMessage) if e.dir == "in"]
    assert [e.text for e in received[1:3]] == ["{{x", "{}"]
    assert (received[3].base64, received[3].text, received[3].size) == ("AAEC", None, 3)
    assert '"seq":2' in received[4].text
    found = [(label.id.rpartition(":")[2], label.label, label.verdict) for label in composed.labels]
    assert found == [("m2", "not_json", "rejected"), ("m4", "binary", "rejected")]
    assert composed.header.redaction.counts == {}


def test_errors_closings_and_heartbeats(played: Play_, inbound: Read) -> None:
    """Numbers are written as a service would: 2, not 2.0; an absent wait is absent."""
    script = (
        "heartbeat: {at: 1}\nerror: {at: 2, code: RATE_LIMITED, message: 'to {{EMAIL|a@b.co}}', retry_after_s: 2}\n"
        "error: {at: 3, code: INTERNAL, message: m}\nclosing: {at: 4, grace_s: 0.5}"
    )
    composed = played(f"{script}\n{END}")
    heartbeat, limited, internal, closing = inbound(composed)[1:5]
    assert list(heartbeat) == ["type", "interaction_id", "seq"]
    assert json.dumps(limited["retry_after_s"]) == "2"
    assert "retry_after_s" not in internal
    assert closing["grace_s"] == 0.5
    assert composed.labels[0].path == "/message"


def test_duplicates_repeat_a_message(played: Play_, inbound: Read) -> None:
    """Same seq, same bytes, no second label."""
    composed = played(f"{SAY}\nheartbeat: {{at: 2}}\nduplicate: {{at: 3, back: 2}}\n{END}")
    assert seqs(inbound(composed)) == [1, 2, 3, 2, 4]
    assert inbound(composed)[3] == inbound(composed)[1]
    assert len(composed.labels) == 1


def test_a_swap_turns_two_messages_round(played: Play_, inbound: Read, of_kind: Pick) -> None:
    """The later seq goes out first; a summary is validated only once it is out."""
    whole = "summary: {at: 2, deliver: whole, sentences: [{text: S}]}"
    composed = played(f"swap: {{at: 1}}\n{whole}\n{SAY.replace('at: 1', 'at: 3')}\n{END}")
    assert seqs(inbound(composed)) == [1, 3, 2, 4]
    _, validate = of_kind(composed, HttpRequest)
    assert "summary.completed" in every(composed)[validate.n - 2].text


def test_a_skip_leaves_a_hole(played: Play_, inbound: Read) -> None:
    """One number is never sent."""
    assert seqs(inbound(played(f"skip: {{at: 1}}\nheartbeat: {{at: 2}}\n{END}"))) == [1, 3, 4]


@pytest.mark.parametrize(
    "before,resume", [("heartbeat: {at: 1}", 2), ("skip: {at: 1}\nheartbeat: {at: 1}\nskip: {at: 1}", 1)]
)
def test_after_a_drop_the_client_resumes(
    played: Play_, inbound: Read, outbound: Read, of_kind: Pick, before: str, resume: int
) -> None:
    """The second dial asks for what follows the last seq before any hole and is answered ``subscribed``."""
    composed = played(f"{before}\ndrop: {{at: 2, code: 1006}}\nheartbeat: {{at: 2}}\n{END}")
    assert [m.get("resume_after_seq") for m in outbound(composed)] == [None, resume, None]
    assert [(e.conn, e.attempt) for e in of_kind(composed, WsOpen)] == [("w1", 1), ("w2", 2)]
    (abort,) = of_kind(composed, WsAbort)
    assert (abort.conn, abort.by) == ("w1", "peer")
    assert [m["type"] for m in inbound(composed)].count("subscribed") == 2
    assert every(composed)[-1].conn == "w2"


@pytest.mark.parametrize("code,recorded,tokens", [(1012, 1012, 1), (1005, None, 1), (4401, 4401, 2), (1008, 1008, 2)])
def test_a_close_by_the_service(played: Play_, of_kind: Pick, code: int, recorded: int | None, tokens: int) -> None:
    """1005 is a close frame without code; 4401 and 1008 may cost a second token."""
    composed = played(f"drop: {{at: 2, code: {code}}}\n{END}")
    close = of_kind(composed, WsClose)[0]
    assert (close.by, close.code) == ("peer", recorded)
    requests = of_kind(composed, HttpRequest)
    assert len(requests) == tokens
    assert [r.play for r in requests[1:]] == [Play(optional=True)] * (tokens - 1)


@pytest.mark.parametrize(
    "script,where",
    [
        (f"duplicate: {{at: 1, back: 2}}\n{END}", "step 1, field duplicate.back"),
        (f"swap: {{at: 1}}\nswap: {{at: 1}}\n{END}", "step 2, field swap"),
        (f"swap: {{at: 1}}\nheartbeat: {{at: 1}}\ndrop: {{at: 2, code: 1006}}\n{END}", "step 3, field drop"),
        (f"swap: {{at: 1}}\ncontext_window: {{at: 2}}\n{END}", "step 2, field context_window"),
        (f"swap: {{at: 1}}\n{END}", "step 2, field end"),
    ],
)
def test_what_cannot_be_played_is_named(played: Play_, script: str, where: str) -> None:
    """A repeat of nothing, a swap without its two messages."""
    with pytest.raises(ScenarioError) as caught:
        played(script)
    assert caught.value.where == where
    assert caught.value.path.name == "telco-try.yaml"
