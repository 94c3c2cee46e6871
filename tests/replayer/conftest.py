"""A builder of small recordings, and a client's first steps."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Protocol, Self

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from harness.clock import SystemClock, VirtualClock
from harness.dialects.mediation import MediationDialect
from harness.recording.entry import (
    AnyEntry,
    Header,
    HttpChunk,
    HttpRequest,
    HttpResponse,
    Play,
    Redaction,
    WsAccept,
    WsClose,
    WsMessage,
    WsOpen,
)
from harness.recording.reader import Recording
from harness.replayer.service import ReplayService

STREAM = "/api/v2/mediation/conversations/stream"


class Tape:
    """Writes entries down one after the other; ``t`` in milliseconds here."""

    def __init__(self, name: str = "one", conn: str = "w1") -> None:
        self.name = name
        self.conn = conn
        self.entries: list[AnyEntry] = []

    @property
    def n(self) -> int:
        return len(self.entries) + 1

    def add(self, entry: AnyEntry) -> Self:
        self.entries.append(entry)
        return self

    def opened(self, t: int = 0, *, conn: str = "", path: str = STREAM) -> Self:
        self.conn = conn or self.conn
        self.add(WsOpen(n=self.n, t=t * 1000, conn=self.conn, url=path))
        return self.add(WsAccept(n=self.n, t=t * 1000, conn=self.conn, re=self.n - 1))

    def sends(self, value: Any, t: int = 0, *, play: Play | None = None) -> Self:
        """The client sends ``value``."""
        return self.add(WsMessage(n=self.n, t=t * 1000, conn=self.conn, dir="out", text=_text(value), play=play))

    def gets(self, value: Any, t: int = 0, *, re: int | None = None) -> Self:
        """The client gets ``value``."""
        return self.add(WsMessage(n=self.n, t=t * 1000, conn=self.conn, dir="in", text=_text(value), re=re))

    def closes(self, code: int | None = 1000, t: int = 0, *, by: Any = "us", reason: str = "") -> Self:
        return self.add(WsClose(n=self.n, t=t * 1000, conn=self.conn, by=by, code=code, reason=reason))

    def asks(
        self,
        url: str,
        body: Any,
        answer: Any,
        t: int = 0,
        *,
        service: Any = "gateway",
        status: int = 200,
        headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),),
        play: Play | None = None,
    ) -> Self:
        """The client posts ``body`` and gets ``answer`` (a list: in pieces) 10 ms later, and one piece per 10 ms."""
        n, conn = self.n, f"h{self.n}"
        text = None if body is None else _text(body)
        self.add(HttpRequest(n=n, t=t * 1000, service=service, conn=conn, method="POST", url=url, body=text, play=play))
        self.add(HttpResponse(n=self.n, t=(t + 10) * 1000, conn=conn, re=n, status=status, headers=headers))
        pieces = answer if isinstance(answer, list) else [answer]
        for number, piece in enumerate(pieces):
            at = (t + 10 + 10 * number) * 1000
            final = number == len(pieces) - 1
            self.add(HttpChunk(n=self.n, t=at, conn=conn, re=n, text=_text(piece), final=final))
        return self

    def recording(self) -> Recording:
        redaction = Redaction(state="fictional")
        header = Header(id=self.name, created="", tool="test/1", source="synthetic", redaction=redaction)
        return Recording(path=Path(f"{self.name}.rec.jsonl"), header=header, entries=self.entries)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def subscribe(conversation: str, **more: Any) -> dict[str, Any]:
    return {"type": "subscribe", "interaction_id": conversation, **more}


class Client:
    """A plain client of a service: httpx and websockets, nothing of ours."""

    def __init__(self, service: ReplayService) -> None:
        self.service = service
        self.http = httpx.AsyncClient(trust_env=False)
        self.token = ""

    async def __aenter__(self) -> Self:
        self.token = await self.fetch_token()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def fetch_token(self) -> str:
        response = await self.http.post(
            self.service.token_url,
            data={"grant_type": "client_credentials"},
            auth=(self.service.client_id, self.service.client_secret),
        )
        assert response.status_code == 200
        return str(response.json()["access_token"])

    def dial(self, path: str = STREAM, token: str | None = None) -> connect:
        url = self.service.stream_url.replace(STREAM, path)
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        return connect(url, additional_headers=headers, proxy=None)

    async def post(self, path: str, body: Any, token: str | None = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        return await self.http.post(self.service.gateway_url + path, content=_text(body), headers=headers)


class WatchedClock(VirtualClock):
    """A clock moved by hand that tells when somebody began to sleep, and until when."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: asyncio.Queue[int] = asyncio.Queue()

    async def sleep_until(self, deadline_ns: int) -> None:
        if deadline_ns > self.monotonic_ns():
            self.asked.put_nowait(deadline_ns)
        await super().sleep_until(deadline_ns)


class Served(Protocol):
    """What the ``served`` fixture is."""

    def __call__(
        self, talk: Callable[[Client], Coroutine[Any, Any, None]], *tapes: Tape, **options: Any
    ) -> ReplayService: ...


@pytest.fixture
def tape() -> type[Tape]:
    """The builder of recordings."""
    return Tape


@pytest.fixture
def watched_clock() -> type[WatchedClock]:
    return WatchedClock


@pytest.fixture
def sub() -> Callable[..., dict[str, Any]]:
    """``sub("i-1", resume_after_seq=3)``: a subscribe message."""
    return subscribe


@pytest.fixture
def served() -> Served:
    """Serve tapes, let a client talk, and give back the service as it is afterwards."""

    def serve(talk: Callable[[Client], Coroutine[Any, Any, None]], *tapes: Tape, **options: Any) -> ReplayService:
        async def run() -> ReplayService:
            options.setdefault("clock", SystemClock())
            recordings = [one.recording() for one in tapes]
            service = ReplayService(recordings, dialect=MediationDialect(), **options)
            async with asyncio.timeout(20), service, Client(service) as client:
                await talk(client)
            return service

        return asyncio.run(run())

    return serve


@pytest.fixture
def drained() -> Callable[[ClientConnection], Coroutine[Any, Any, list[str]]]:
    """Every message until the connection ends."""

    async def drain(ws: ClientConnection) -> list[str]:
        from websockets.exceptions import ConnectionClosed

        got: list[str] = []
        try:
            while True:
                got.append(str(await ws.recv()))
        except ConnectionClosed:
            return got

    return drain
