"""Where messages stand in their recording, and what else crossed the wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.pipeline.outcome import Outcome
from harness.pipeline.policy import PipelinePolicy
from harness.recording.entry import (
    AnyEntry,
    HttpChunk,
    HttpError,
    HttpRequest,
    HttpResponse,
    Withheld,
    WsAbort,
    WsAccept,
    WsClose,
    WsMessage,
    WsReject,
)
from harness.recording.reader import read_recording
from harness.report.run import Place
from harness.session.parts import Tools
from harness.session.places import crossings_of, places_of
from harness.session.replay import replay_recording


def test_every_message_of_a_replay_has_its_line(recorded: list[Path], tools: Tools) -> None:
    """The line named holds the message, also for a summary made over REST."""
    for path in recorded:
        recording, lines = read_recording(path), path.read_text(encoding="utf-8").splitlines()
        outcomes = asyncio.run(replay_recording(recording, tools=tools, policy=PipelinePolicy())).run.outcomes
        places = places_of(recording.entries, outcomes)
        assert places.keys() == {outcome.number for outcome in outcomes}
        for outcome in outcomes:
            entry = json.loads(lines[places[outcome.number].line - 1])
            assert entry["t"] == places[outcome.number].t_us
            if outcome.seq is not None:
                assert json.loads(entry["text"])["seq"] == outcome.seq


def test_stream_and_gateway_pair_apart(make_outcome: Callable[..., Outcome]) -> None:
    """Withheld messages count; a summary is at the first piece of its answer; what is not there has no place."""
    entries: list[AnyEntry] = [
        HttpRequest(n=1, t=1, service="gateway", conn="h", method="POST", url="/x/summaries?a=1"),
        HttpResponse(n=2, t=2, conn="h", re=1, status=200),
        WsMessage(n=3, t=3, conn="w", dir="in", text="{}"),
        HttpChunk(n=4, t=4, conn="h", re=1, text="{"),
        HttpChunk(n=5, t=5, conn="h", re=1, text="}", final=True),
        Withheld(n=6, t=6, of_kind="ws.message", size=3, rule="r", dir="in"),
        WsMessage(n=7, t=7, conn="w", dir="out", text="{}"),
    ]
    outcomes = [
        make_outcome(number=1),
        make_outcome(number=2, service="gateway"),
        make_outcome(number=3),
        make_outcome(number=4),
    ]
    assert places_of(entries, outcomes) == {1: Place(4, 3), 2: Place(5, 4), 3: Place(7, 6)}


@pytest.mark.parametrize(
    "entry,words",
    [
        (WsMessage(n=1, t=1, conn="w", dir="out", text='{"type":"subscribe"}'), ("out", "subscribe")),
        (WsMessage(n=1, t=1, conn="w", dir="out", text='{"type":"call 5550123"}'), ("out", "message")),
        (WsMessage(n=1, t=1, conn="w", dir="out", text='{"type":"a5550123"}'), ("out", "message")),
        (WsMessage(n=1, t=1, conn="w", dir="out", text="[1]"), ("out", "message")),
        (WsMessage(n=1, t=1, conn="w", dir="out", text="no JSON"), ("out", "message")),
        (WsMessage(n=1, t=1, conn="w", dir="out", base64="AA=="), ("out", "message")),
        (HttpRequest(n=1, t=1, service="token", conn="h", method="POST", url="/"), ("out", "POST token")),
        (HttpRequest(n=1, t=1, service="token", conn="h", method="P 1", url="/"), ("out", "request token")),
        (HttpResponse(n=1, t=1, conn="h", re=1, status=429), ("in", "answer 429")),
        (HttpError(n=1, t=1, conn="h", re=1, error="x"), ("in", "request failed")),
        (WsAccept(n=1, t=1, conn="w", re=1), ("in", "connection accepted")),
        (WsReject(n=1, t=1, conn="w", re=1, status=401), ("in", "connection refused 401")),
        (WsClose(n=1, t=1, conn="w", by="us", code=1000), ("out", "closed by us, 1000")),
        (WsClose(n=1, t=1, conn="w", by="peer", reason="x"), ("in", "closed by the service")),
        (WsAbort(n=1, t=1, conn="w", error="x"), ("in", "connection lost")),
    ],
)
def test_words_of_the_protocol(entry: Any, words: tuple[str, str]) -> None:
    """Each crossing is named by a word of the protocol; a type that could hold a value is not shown."""
    assert [(found.line, found.dir, found.what) for found in crossings_of([entry])] == [(2, *words)]


def test_messages_received_are_no_crossings() -> None:
    """They are lines of their own."""
    assert crossings_of([WsMessage(n=1, t=1, conn="w", dir="in", text="{}")]) == []
