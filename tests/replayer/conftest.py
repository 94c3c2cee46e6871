"""A builder of small recordings, and a client's first steps."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
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


@dataclass
class Heard:
    """What a raw client got: whole frames as (fin, opcode, payload), and how the connection ended."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    frames: list[tuple[bool, int, bytes]] = field(default_factory=list)
    end: str = "open"
    times: list[float] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        return [payload.decode() for fin, opcode, payload in self.frames if fin and opcode == 1]

    @property
    def seqs(self) -> list[int]:
        return [json.loads(text)["seq"] for text in self.texts]

    @property
    def close(self) -> int | None:
        """The code of the close frame, 1005 for an empty one, None without one."""
        payload = next((payload for _, opcode, payload in self.frames if opcode == 8), None)
        return None if payload is None else (int.from_bytes(payload[:2], "big") if payload else 1005)


class RawClient:
    """A WebSocket client made of a socket: it sees every frame, and how the transport ended."""

    def __init__(self, service: ReplayService, token: str) -> None:
        self.service = service
        self.token = token

    async def open(self, *, headers: str = "") -> Heard:
        self.heard = Heard()
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.service.ports[1])
        request = (
            f"GET {STREAM} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            f"Authorization: Bearer {self.token}\r\n{headers}\r\n"
        )
        self.writer.write(request.encode())
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        self.heard.status = int(head.split(" ", 2)[1])
        self.heard.headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        if self.heard.status != 101:
            self.heard.body = await self.reader.read()
        return self.heard

    def send(self, value: Any, opcode: int = 1) -> None:
        data = value if isinstance(value, bytes) else _text(value).encode()
        size = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2, "big")
        self.writer.write(bytes([0x80 | opcode]) + size + bytes(4) + data)

    async def frame(self) -> tuple[bool, int, bytes]:
        first, second = await self.reader.readexactly(2)
        size = second & 0x7F
        if size > 125:
            size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8), "big")
        found = (bool(first & 0x80), first & 0x0F, await self.reader.readexactly(size))
        self.heard.frames.append(found)
        self.heard.times.append(asyncio.get_running_loop().time())
        return found

    async def hear(self, until: int | None = None) -> Heard:
        """Read frames until the end, or until there are so many."""
        try:
            while until is None or len(self.heard.frames) < until:
                _, opcode, payload = await self.frame()
                if opcode == 8:
                    self.send(payload, 8)
        except asyncio.IncompleteReadError:
            self.heard.end = "fin"
        except ConnectionResetError:
            self.heard.end = "rst"
        return self.heard

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


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
            limit_s = options.pop("limit_s", 20)
            options.setdefault("clock", SystemClock())
            recordings = [one.recording() for one in tapes]
            service = ReplayService(recordings, dialect=MediationDialect(), **options)
            async with asyncio.timeout(limit_s), service, Client(service) as client:
                await talk(client)
            return service

        return asyncio.run(run())

    return serve


@pytest.fixture
def raw() -> type[RawClient]:
    """A client that sees frames: ``raw(service, token)``."""
    return RawClient


@pytest.fixture
def call() -> Callable[[], Tape]:
    """A whole conversation: twelve numbered messages, three of them deltas, then the client leaves; one request."""

    def made() -> Tape:
        tape = Tape("call").opened().sends(subscribe("i-1"), 10)
        value: dict[str, Any] = {"interaction_id": "i-1"}
        tape.gets({"type": "subscribed", **value, "seq": 1}, 20)
        for seq in range(2, 8):
            said = {"text": f"line {seq}", "speaker": "agent", "is_final": True}
            tape.gets({"type": "utterance", **value, "seq": seq, **said}, 20 + 10 * seq)
        for seq, piece in ((8, "Agent "), (9, "solved "), (10, "it.")):
            tape.gets({"type": "summary.delta", **value, "seq": seq, "summary_id": "s", "text": piece}, 20 + 10 * seq)
        whole = {"summary_id": "s", "summary": "Agent solved it."}
        tape.gets({"type": "summary.completed", **value, "seq": 11, **whole}, 130)
        tape.gets({"type": "end", **value, "seq": 12, "reason": "completed"}, 140)
        tape.asks(
            "/api/v2/ai-gateway/summaries/validate", {"interaction_id": "i-1", "summary": "x"}, {"valid": True}, 142
        )
        return tape.sends({"type": "unsubscribe", "interaction_id": "i-1"}, 150).closes(1000, 160)

    return made


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
