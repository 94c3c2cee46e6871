"""A stand-in for a live service that ends in every way, recordings of it, and clients nobody here wrote.

1. Each path is a case. A client sends ``hi`` when it is open (not on ``/speaks-first``), answers ``bye?`` with ``bye`` and
   ``close CODE`` with a close of that code and the reason ``done``, and notes what it sees in the words of its library.
2. So a client is compared with itself only: what it saw of the stand-in, and what it sees of a replay.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.http11 import Request, Response
from websockets.sync.client import connect as connect_sync
from websockets.typing import Subprotocol

from harness.clock import SystemClock
from harness.dialects.generic import GenericDialect
from harness.pipeline.policy import PipelinePolicy
from harness.recording.entry import Header, Redaction, WsAbort, WsAccept, WsClose, WsMessage, WsOpen
from harness.recording.reader import Recording, read_recording
from harness.session.keys import Key
from harness.session.parts import Tools
from harness.session.proxy import ProxyPlan, run_proxy
from harness.session.session import RecordTo

HERE = Path(__file__).parent
PATIENCE_S = 60
LONG = "caf\u00e9 \u2603 \U0001f600 " * 8000
BYTES = bytes(range(256)) * 3

REFUSED: dict[str, tuple[int, dict[str, str], str]] = {
    "/refused-401": (401, {}, "who are you\n"),
    "/refused-403": (403, {}, "not you\n"),
    "/refused-404": (404, {}, ""),
    "/refused-429": (429, {"Retry-After": "7"}, '{"error":"slow down"}'),
    "/refused-500": (500, {}, "oh\n"),
    "/refused-503": (503, {"Retry-After": "1"}, "later\n"),
}
CLOSED: dict[str, tuple[int | None, str]] = {
    "/closed": (None, ""),
    "/closed-1000": (1000, ""),
    "/closed-1000-bye": (1000, "bye"),
    "/closed-1001": (1001, "going away"),
    "/closed-1002": (1002, ""),
    "/closed-1003": (1003, "no such data"),
    "/closed-1007": (1007, ""),
    "/closed-1008": (1008, "policy"),
    "/closed-1009": (1009, "too large"),
    "/closed-1011": (1011, "internal error"),
    "/closed-1012": (1012, "restart"),
    "/closed-1013": (1013, "try again"),
    "/closed-3000": (3000, "unauthorised"),
    "/closed-4000": (4000, ""),
    "/closed-4008": (4008, "too slow"),
    "/closed-4401": (4401, "token expired"),
    "/closed-4999": (4999, "\u00e9" * 61),
}
OURS = {"/ours-1000": "close 1000", "/ours-4001": "close 4001"}
SAID: dict[str, list[str]] = {
    "/speaks-first": ["welcome"],
    "/texts": ["", "x", "caf\u00e9 \U0001f600", LONG, '{"type":"note"}'],
}
FAULTS = ("bad_utf8:at=type:bad",)
"""What no recording holds, as it is told to the replay."""

OFFERED = ["other.v1", "chat.v2"]
"""The subprotocols a client offers on ``/subprotocol``; the stand-in takes the second."""

REST = ("/subprotocol", "/fragments", "/answered", "/vanished", "/binary", "/bad-utf8", "/reset")
CASES = (*REFUSED, *CLOSED, *OURS, *SAID, *REST)
COMPOSED = ("/binary", "/bad-utf8")
"""Not recorded but written: bytes are withheld by a recorder, and bad UTF-8 is a fault."""


# --- the stand-in ------------------------------------------------------------------------------------------------------


def _refuse(ws: ServerConnection, request: Request) -> Response | None:
    if request.path not in REFUSED:
        return None
    status, headers, body = REFUSED[request.path]
    response = ws.respond(status, body)
    for name, value in headers.items():
        response.headers[name] = value
    return response


def _select(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return next((name for name in offered if name == OFFERED[1]), None)


async def _stand_in(ws: ServerConnection) -> None:
    assert ws.request is not None
    path = ws.request.path
    if path != "/speaks-first":
        assert await ws.recv() == "hi"
    for text in SAID.get(path, []):
        await ws.send(text)
    if path in CLOSED:
        code, reason = CLOSED[path]
        async with ws.send_context():
            ws.protocol.send_close(code, reason)
    elif path in OURS:
        await ws.send(OURS[path])
        await ws.wait_closed()
    elif path == "/subprotocol":
        await ws.send(f"this is {ws.subprotocol}")
    elif path == "/fragments":
        await ws.send(["one ", "", "caf\u00e9 ", "three"])
    elif path == "/answered":
        for _ in range(3):
            await ws.send("bye?")
            assert await ws.recv() == "bye"
    elif path == "/vanished":
        await ws.send("last words")
        ws.transport.close()
    elif path == "/binary":
        await ws.send(BYTES)
        await ws.send(b"")
    elif path == "/bad-utf8":
        bad = b'{"type":"bad"\xc3(}'
        ws.transport.write(bytes([0x81, len(bad)]) + bad)
        await ws.wait_closed()
    elif path == "/reset":
        await ws.send('{"type":"rst"}')
        raw: socket.socket = ws.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        ws.transport.abort()


@asynccontextmanager
async def _open_stand_in() -> AsyncIterator[str]:
    options: dict[str, Any] = {"process_request": _refuse, "select_subprotocol": _select, "ping_interval": None}
    async with serve(_stand_in, "127.0.0.1", 0, **options) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.fixture
def open_stand_in() -> Callable[[], Any]:
    """Call it for an async context manager that gives the stand-in's origin."""
    return _open_stand_in


# --- its recordings ----------------------------------------------------------------------------------------------------


async def _recorded(path: Path) -> Recording:
    """A session of one client that goes through all cases, through the recording proxy."""
    stop, port = asyncio.Event(), asyncio.get_running_loop().create_future()
    async with _open_stand_in() as origin, asyncio.TaskGroup() as group:
        plan = ProxyPlan(
            upstreams={"stream": origin},
            record=RecordTo(path=path, key=Key("k1", bytes(32))),
            policy=PipelinePolicy(),
            tools=Tools.default(),
            clock=SystemClock(),
            dialect=GenericDialect(),
        )
        group.create_task(run_proxy(plan, stop, lambda proxy: port.set_result(proxy.ports["stream"])))
        try:
            through = f"ws://127.0.0.1:{await port}"
            await websockets_asyncio([through + case for case in CASES if case not in COMPOSED], None)
        finally:
            stop.set()
    return read_recording(path)


def _composed() -> Recording:
    texts: dict[str, list[Any]] = {
        "/binary": [BYTES, b""],
        "/bad-utf8": ['{"type":"bad"}'],
    }
    entries: list[Any] = []
    for number, path in enumerate(COMPOSED, 1):
        conn, n = f"w{number}", len(entries)
        entries += [
            WsOpen(n=n + 1, t=0, conn=conn, url=path),
            WsAccept(n=n + 2, t=0, conn=conn, re=n + 1),
            WsMessage(n=n + 3, t=0, conn=conn, dir="out", text="hi"),
        ]
        for data in texts[path]:
            coded = None if isinstance(data, str) else base64.b64encode(data).decode()
            text = data if isinstance(data, str) else None
            entries.append(WsMessage(n=len(entries) + 1, t=0, conn=conn, dir="in", text=text, base64=coded))
        if path == "/bad-utf8":
            # Clients end this in their own ways: 1007, 1000 or without a close frame.
            entries.append(WsAbort(n=len(entries) + 1, t=0, conn=conn, error="left", by="us"))
        elif path == "/binary":
            entries.append(WsClose(n=len(entries) + 1, t=0, conn=conn, by="peer", code=1000))
    redaction = Redaction(state="fictional")
    header = Header(id="c", created="", tool="test/1", source="synthetic", dialect="generic/1", redaction=redaction)
    return Recording(path=Path("composed.rec.jsonl"), header=header, entries=entries)


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[Recording]:
    """The stand-in, recorded through the proxy, and what no recorder writes."""
    return [asyncio.run(_recorded(tmp_path_factory.mktemp("stand-in") / "one.rec.jsonl")), _composed()]


@pytest.fixture
def cases() -> tuple[str, ...]:
    return CASES


@pytest.fixture
def faults() -> tuple[str, ...]:
    return FAULTS


# --- the clients -------------------------------------------------------------------------------------------------------

Seen = list[list[str]]


def _shown(data: str | bytes) -> str:
    return f"text {data}" if isinstance(data, str) else f"binary {data.hex()}"


def _offered(url: str) -> Any:
    return OFFERED if url.endswith("/subprotocol") else None


def _asked(data: str | bytes) -> tuple[int, str] | None:
    """The close the message asks for: code and reason."""
    return (int(data[6:]), "done") if isinstance(data, str) and data.startswith("close ") else None


def _rejected(error: InvalidStatus) -> str:
    response = error.response
    return f"rejected {response.status_code} {bytes(response.body or b'')!r} {response.headers.get('Retry-After')}"


async def websockets_asyncio(urls: list[str], trust: ssl.SSLContext | None) -> Seen:
    """websockets, its asyncio client."""
    return [await _websockets_asyncio(url, trust) for url in urls]


async def _websockets_asyncio(url: str, trust: ssl.SSLContext | None) -> list[str]:
    seen: list[str] = []
    try:
        async with connect(url, proxy=None, ssl=trust, subprotocols=_offered(url)) as ws:
            seen += [] if ws.subprotocol is None else [f"speaks {ws.subprotocol}"]
            if "/speaks-first" not in url:
                await ws.send("hi")
            while True:
                data = await ws.recv()
                seen.append(_shown(data))
                if data == "bye?":
                    await ws.send("bye")
                elif asked := _asked(data):
                    await ws.close(*asked)
    except InvalidStatus as error:
        seen.append(_rejected(error))
    except (ConnectionClosed, InvalidHandshake, OSError) as error:
        seen.append(f"{type(error).__name__} {error}")
    return seen


def _websockets_sync(url: str, trust: ssl.SSLContext | None) -> list[str]:
    seen: list[str] = []
    try:
        with connect_sync(url, proxy=None, ssl=trust, subprotocols=_offered(url)) as ws:
            seen += [] if ws.subprotocol is None else [f"speaks {ws.subprotocol}"]
            if "/speaks-first" not in url:
                ws.send("hi")
            while True:
                data = ws.recv()
                seen.append(_shown(data))
                if data == "bye?":
                    ws.send("bye")
                elif asked := _asked(data):
                    ws.close(*asked)
    except InvalidStatus as error:
        seen.append(_rejected(error))
    except (ConnectionClosed, InvalidHandshake, OSError) as error:
        seen.append(f"{type(error).__name__} {error}")
    return seen


async def websockets_sync(urls: list[str], trust: ssl.SSLContext | None) -> Seen:
    """websockets, its threading client."""
    return await asyncio.to_thread(lambda: [_websockets_sync(url, trust) for url in urls])


async def aiohttp(urls: list[str], trust: ssl.SSLContext | None) -> Seen:
    """aiohttp's client."""
    library = pytest.importorskip("aiohttp", reason="aiohttp is not installed")
    async with library.ClientSession() as session:
        return [await _aiohttp(library, session, url, trust) for url in urls]


async def _aiohttp(library: Any, session: Any, url: str, trust: ssl.SSLContext | None) -> list[str]:
    seen: list[str] = []
    try:
        async with session.ws_connect(url, ssl=trust or True, max_msg_size=0, protocols=_offered(url) or ()) as ws:
            seen += [] if ws.protocol is None else [f"speaks {ws.protocol}"]
            if "/speaks-first" not in url:
                await ws.send_str("hi")
            while (message := await ws.receive()).type in (library.WSMsgType.TEXT, library.WSMsgType.BINARY):
                seen.append(_shown(message.data))
                if message.data == "bye?":
                    await ws.send_str("bye")
                elif asked := _asked(message.data):
                    await ws.close(code=asked[0], message=asked[1].encode())
            seen.append(f"{message.type.name} {message.data!r} {message.extra!r} {ws.close_code} {ws.exception()!r}")
    except library.WSServerHandshakeError as error:
        retry = (error.headers or {}).get("Retry-After")
        seen.append(f"rejected {error.status} {error.message} {retry}")
    except (library.ClientError, OSError) as error:
        seen.append(_without_address(error))
    return seen


def _without_address(error: Exception) -> str:
    """The kind of an error and what it is caused by; its text names the port."""
    causes = [type(error).__name__]
    cause: BaseException | None = error
    while (cause := cause.__cause__ if cause is not None else None) is not None:
        causes.append(type(cause).__name__)
    return " from ".join(causes)


def _websocket_client(library: Any, url: str, trust: ssl.SSLContext | None) -> list[str]:
    seen: list[str] = []
    options = {} if trust is None else {"sslopt": {"context": trust}}
    try:
        ws = library.create_connection(
            url, suppress_origin=True, timeout=PATIENCE_S, subprotocols=_offered(url), **options
        )
    except library.WebSocketBadStatusException as error:
        return [f"rejected {error.status_code} {error.resp_body!r} {error.resp_headers.get('retry-after')}"]
    except OSError as error:
        return [f"{type(error).__name__} {getattr(error, 'reason', '')}"]
    seen += [] if ws.getsubprotocol() is None else [f"speaks {ws.getsubprotocol()}"]
    try:
        if "/speaks-first" not in url:
            ws.send("hi")
        while True:
            opcode, data = ws.recv_data()
            if opcode == library.ABNF.OPCODE_CLOSE:
                seen.append(f"close {data!r}")
                break
            told = data.decode() if opcode == library.ABNF.OPCODE_TEXT else data
            seen.append(_shown(told))
            if told == "bye?":
                ws.send("bye")
            elif asked := _asked(told):
                ws.send_close(asked[0], asked[1].encode())
    except (library.WebSocketException, OSError) as error:
        seen.append(f"{type(error).__name__} {error}")
    finally:
        ws.close()
        ws.shutdown()  # after a close frame from the far side, close() leaves the socket to the garbage collector
    return seen


async def websocket_client(urls: list[str], trust: ssl.SSLContext | None) -> Seen:
    """The package websocket-client."""
    library = pytest.importorskip("websocket", reason="websocket-client is not installed")
    return await asyncio.to_thread(lambda: [_websocket_client(library, url, trust) for url in urls])


PYTHON_CLIENTS = [websockets_asyncio, websockets_sync, aiohttp, websocket_client]


@pytest.fixture(params=PYTHON_CLIENTS, ids=lambda client: client.__name__)
def python_client(request: pytest.FixtureRequest) -> Any:
    """``await python_client(urls, trust)``: what it saw on each."""
    return request.param


@pytest.fixture
def node_client(node_modules: Path) -> Any:
    """As ``python_client``, with Node's package ws; ``trust`` is the path of a certificate."""

    async def run(urls: list[str], trust: Path | None) -> Seen:
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "NODE_PATH": str(node_modules / "node_modules")}
        if trust is not None:
            environment["NODE_EXTRA_CA_CERTS"] = str(trust)
        process = await asyncio.create_subprocess_exec(
            "node", str(HERE / "node_client.js"), *urls, env=environment, stdout=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(PATIENCE_S):
            out, _ = await process.communicate()
        seen: Seen = json.loads(out)
        return seen

    return run


@pytest.fixture
def chromium_client(browser: Any) -> Any:
    """As ``python_client``, in a headless browser, with its origin; a page cannot add to what is trusted."""

    async def run(urls: list[str], _: None) -> Seen:
        seen: Seen = json.loads(await browser.visit((HERE / "browser_client.html").read_bytes(), json.dumps(urls)))
        return seen

    browser.play = run
    return browser
