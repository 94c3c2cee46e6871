"""What a client of a load says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.dialects.mediation import MediationDialect
from harness.recording.entry import (
    AnyEntry,
    Header,
    HttpChunk,
    HttpRequest,
    HttpResponse,
    Redaction,
    WsAccept,
    WsMessage,
    WsOpen,
)
from harness.recording.reader import Recording
from harness.session.load_script import LoadScript, load_script

ABOUT = {"interaction_id": "call-7"}


def made(*entries: AnyEntry) -> LoadScript | None:
    header = Header(id="l", created="", tool="test/1", source="synthetic", redaction=Redaction(state="fictional"))
    recording = Recording(path=Path("load.rec.jsonl"), header=header, entries=list(entries))
    return load_script(recording, MediationDialect())


def said(text: str) -> list[AnyEntry]:
    return [
        WsOpen(n=1, t=5, conn="w1", url="/x"),
        WsAccept(n=2, t=5, conn="w1", re=1),
        WsMessage(n=3, t=6, conn="w1", dir="out", text=text),
    ]


def asked(**fields: Any) -> list[AnyEntry]:
    request: dict[str, Any] = {"service": "gateway", "method": "POST", "url": "/y", "body": "{}", **fields}
    return [
        HttpRequest(n=8, t=2, conn="h1", **request),
        HttpResponse(n=9, t=3, conn="h1", re=8, status=200),
        HttpChunk(n=10, t=4, conn="h1", re=8, text="{}", final=True),
    ]


def test_ids_and_their_places() -> None:
    """Conversation ids are found wherever the client says them, and times count from what it did first."""
    script = made(
        *said(json.dumps({"type": "subscribe", **ABOUT})), *asked(body=json.dumps({"of": [ABOUT], "a/b": "call-7"}))
    )
    assert script is not None
    assert script.ids == ("call-7",)
    assert script.pointers == ("/a~1b", "/interaction_id", "/of/0/interaction_id")
    assert (script.began_us, script.ended_us) == (2, 6)


def test_what_each_client_says() -> None:
    """The ids are the client's own, number 0 keeps the recorded ones, and nothing else changes."""
    script = made(*said(json.dumps({"type": "subscribe", **ABOUT})))
    assert script is not None
    text = json.dumps({"type": "subscribe", **ABOUT, "note": "call-70"})
    assert json.loads(script.said(text, 3)) == {"type": "subscribe", "interaction_id": "call-7-3", "note": "call-70"}
    assert script.said(text, 0) == text
    assert script.said(b"call-7", 3) == b"call-7"


@pytest.mark.parametrize(
    "fields,skipped", [({"method": "GET"}, 1), ({"body": None}, 1), ({"service": "token"}, 0), ({"body": "no json"}, 0)]
)
def test_requests_that_are_played(fields: dict[str, Any], skipped: int) -> None:
    """POSTs to the gateway with a body are; other requests to it are counted, the token's are not."""
    script = made(*said('{"type":"hello"}'), *asked(**fields))
    assert script is not None
    assert script.skipped == skipped
    assert len(script.requests) == (fields == {"body": "no json"})


def test_nothing_to_play() -> None:
    """A recording of a client that only listened is none for a load."""
    assert made(WsOpen(n=1, t=0, conn="w1", url="/x"), WsAccept(n=2, t=0, conn="w1", re=1)) is None
