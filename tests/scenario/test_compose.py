"""A script becomes the session it describes, entry by entry."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from harness.recording.entry import HttpRequest, Play
from harness.scenario.compose import Composed, compose
from harness.scenario.model import Scenario

Read = Callable[[Composed], list[dict[str, Any]]]

END = "end: {at: 9, reason: completed}"


def test_the_header_says_fictional_and_synthetic(played: Callable[..., Composed]) -> None:
    """Invented data in clear is only ever marked as such; spans are counted by type."""
    composed = played(f"utterance: {{at: 1, by: agent, text: '{{{{PHONE|415-299-0188}}}}'}}\n{END}")
    header = composed.header
    assert (header.source, header.redaction.state, header.scenario) == ("synthetic", "fictional", "telco-try")
    assert header.redaction.counts == {"PHONE": 1}
    assert header.created == "2026-03-14T09:00:00.000Z"
    assert (header.python, header.libraries) == ("", {})


def test_a_seed_decides_everything(scenario: Callable[..., Scenario]) -> None:
    """The same seed gives the same value, another one other ids and times."""
    script = scenario(f"utterance: {{at: 1, by: agent, text: hi}}\n{END}")
    assert compose(script, seed=1) == compose(script, seed=1)
    assert compose(script, seed=1).conversation != compose(script, seed=2).conversation
    assert [e.t for e in compose(script, seed=1).entries] != [e.t for e in compose(script, seed=2).entries]


def test_ids_carry_line_and_name(played: Callable[..., Composed]) -> None:
    """A file that already starts with its line is not prefixed twice."""
    assert played(END).conversation.startswith("telco-try-")
    assert played(END, name="try").conversation.startswith("telco-try-")


def test_numbers_and_times_only_grow(played: Callable[..., Composed]) -> None:
    """n counts from 1, t strictly increases even where a script crowds its steps."""
    crowd = "\n".join(["utterance: {at: 1, by: agent, text: hello there, interim: [hel, hello]}"] * 5)
    entries: list[Any] = [*played(f"{crowd}\nend: {{at: 1, reason: completed}}").entries]
    assert [entry.n for entry in entries] == list(range(1, len(entries) + 1))
    assert all(a.t < b.t for a, b in pairwise(entries))


def test_the_session_stands_around_the_script(
    played: Callable[..., Composed], inbound: Read, outbound: Read, of_kind: Callable[..., list[Any]]
) -> None:
    """Token, dial, subscribe; then unsubscribe and a close by the client."""
    composed = played(END, head="limits: {max_streaming_tokens: 100, context_window_threshold: 90}\n")
    entries: list[Any] = [*composed.entries]
    kinds = [type(entry).__name__ for entry in entries]
    assert kinds == [
        *["HttpRequest", "HttpResponse", "HttpChunk", "WsOpen", "WsAccept"],
        *["WsMessage", "WsMessage", "WsMessage", "WsMessage", "WsClose"],
    ]
    assert [message["type"] for message in outbound(composed)] == ["subscribe", "unsubscribe"]
    subscribed, end = inbound(composed)
    assert list(subscribed) == ["type", "interaction_id", "seq", "limits"]
    assert subscribed["limits"] == {"max_streaming_tokens": 100, "context_window_threshold": 90}
    assert (subscribed["seq"], end["seq"]) == (1, 2)
    assert entries[2].text == '{"access_token":"<secret>","token_type":"bearer","expires_in":86400}'
    assert (entries[-1].by, entries[-1].code) == ("us", 1000)
    assert [request.url for request in of_kind(composed, HttpRequest)] == ["/oauth/token"]


def test_at_counts_from_the_subscription(played: Callable[..., Composed]) -> None:
    """The end at 9 s stands nine seconds after the subscribe."""
    entries: list[Any] = [*played(END).entries]
    subscribe, end = entries[5], entries[7]
    assert end.t - subscribe.t == 9_000_000
    assert entries[6].re == subscribe.n


def test_a_summary_left_to_the_gateway_comes_after_the_end(
    played: Callable[..., Composed], of_kind: Callable[..., list[Any]], inbound: Read
) -> None:
    """POST /summaries stands between ``end`` and ``unsubscribe``, its context is not compared."""
    rest = "summary: {at: 2, deliver: rest, sentences: [{text: 'Two {{PHONE|415-299-0188}}.', label: grounded}]}"
    composed = played(f"utterance: {{at: 1, by: bot, text: hi}}\n{rest}\n{END}")
    entries: list[Any] = [*composed.entries]
    token, generate, validate = of_kind(composed, HttpRequest)
    assert generate.url == "/api/v2/ai-gateway/summaries"
    assert generate.play == Play(ignore=("/context",))
    assert validate.play == Play(ignore=("/summary", "/context"), optional=True)
    assert '"context":[{"speaker":"bot","text":"hi"}]' in generate.body
    assert entries[generate.n].status == 201
    answer = entries[generate.n + 1].text
    assert '"usage":{"tokens":5}' in answer
    assert "origin" not in answer
    end = next(e for e in entries if '"end"' in (getattr(e, "text", "") or ""))
    assert end.n < generate.n < entries[-2].n
    assert "summary.completed" not in {message["type"] for message in inbound(composed)}
    assert [(label.seq, label.path) for label in composed.labels] == [(None, "/summary")] * 2
    assert composed.labels[1].label == ""
    assert token.play is None
