"""A session with everything a wire can bring."""

from __future__ import annotations

import pytest

from harness.recording.entry import (
    AnyEntry,
    Gap,
    Header,
    HttpChunk,
    HttpError,
    HttpRequest,
    HttpResponse,
    Redaction,
    WsAbort,
    WsAccept,
    WsClose,
    WsControl,
    WsMessage,
    WsOpen,
    WsReject,
)

JSON = (("content-type", "application/json"), ("x-a", "1"), ("x-a", "2"))


@pytest.fixture
def header() -> Header:
    """Its first moment is not that of its first entry."""
    return Header(
        id="r1",
        created="2026-03-14T09:00:00.000Z",
        tool="mediation-harness/0.1.0",
        source="synthetic",
        redaction=Redaction(state="fictional"),
    )


@pytest.fixture
def session() -> list[AnyEntry]:
    """Exchanges whole and broken, connections that end in every way, text, bytes, pings, fragments, crossing times."""
    return [
        HttpRequest(
            n=1, t=3, service="token", conn="h1", method="POST", url="/oauth/token?v=1", headers=JSON, body="a=b"
        ),
        HttpResponse(n=2, t=81_234, conn="h1", re=1, status=200, headers=JSON),
        WsOpen(n=3, t=81_235, conn="w1", url="/stream?x=1", headers=(("a", "b"),)),
        HttpChunk(n=4, t=81_236, conn="h1", re=1, text='{"access'),
        HttpChunk(n=5, t=81_301, conn="h1", re=1, text='_token":"\u2603"}', final=True),
        WsAccept(n=6, t=92_001, conn="w1", re=3, headers=(("upgrade", "websocket"),)),
        WsMessage(n=7, t=92_050, conn="w1", dir="out", text="subscribe", size=9),
        WsMessage(n=8, t=398_401, conn="w1", dir="in", re=7, text="\u2603 \U0001f600", size=8),
        WsMessage(n=9, t=398_401, conn="w1", dir="in", re=7, base64="AAEC", size=3),
        WsControl(n=10, t=398_402, conn="w1", dir="in", opcode="ping", base64="c3J2"),
        WsControl(n=11, t=398_403, conn="w1", dir="out", opcode="pong", base64="c3J2"),
        WsMessage(n=12, t=398_500, conn="w1", dir="in", re=7, text="four", size=4, fragments=((0, 1), (9, 3))),
        WsClose(n=13, t=400_000, conn="w1", by="peer", code=4008, reason="later", clean=True),
        WsOpen(n=14, t=400_100, conn="w2", attempt=2, url="/stream"),
        WsReject(n=15, t=400_200, conn="w2", re=14, status=429, headers=(("retry-after", "2"),), body="slow down"),
        WsOpen(n=16, t=400_300, conn="w3", attempt=3, url="/stream"),
        WsAccept(n=17, t=400_400, conn="w3", re=16),
        WsAbort(n=18, t=400_500, conn="w3", error="reset", by="us"),
        HttpRequest(n=19, t=400_600, service="gateway", conn="h2", method="GET", url="/api/v2/x"),
        HttpError(n=20, t=400_700, conn="h2", re=19, error="ReadTimeout"),
        HttpRequest(n=21, t=400_800, service="gateway", conn="h3", method="GET", url="/bytes"),
        HttpResponse(n=22, t=400_900, conn="h3", re=21, status=200),
        HttpChunk(n=23, t=401_000, conn="h3", re=21, base64="AAEC/w==", final=True),
        Gap(n=24, t=401_001, from_seq=1, to_seq=2, reason="hole"),
    ]
