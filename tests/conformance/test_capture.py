"""A session with everything in it, recorded by our own client and between a foreign one and the service."""

from __future__ import annotations

import asyncio
import base64
import random
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest
import vcr
from pydantic import SecretStr
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from harness.clock import SystemClock
from harness.dialects.mediation import MediationDialect
from harness.errors import ServiceError
from harness.pii import Redactor
from harness.pii.surrogate import SurrogateVault
from harness.pipeline.policy import PipelinePolicy
from harness.recorder import Recorder
from harness.recording.entry import (
    Header,
    HttpChunk,
    HttpError,
    HttpRequest,
    HttpResponse,
    Redaction,
    Withheld,
    WsClose,
    WsControl,
    WsMessage,
    WsOpen,
    WsReject,
)
from harness.recording.reader import Recording, read_recording
from harness.recording.writer import RecordingWriter
from harness.session.keys import Key
from harness.session.parts import Tools
from harness.session.proxy import ProxyPlan, run_proxy
from harness.session.session import RecordTo
from harness.wire.proxy import Proxy
from harness.wire.rest import RestClient
from harness.wire.stream import HandshakeRejected, LinkClosed, dial

WITHIN_US = 5_000
KEY = Key("k1", bytes(32))


async def own_client(lab: Any, path: Path, nonce: str) -> None:
    """The harness's own client, tapped."""
    clock = SystemClock()
    header = Header(
        id="0", created="2026-01-01T00:00:00.000Z", tool="t", source="live", redaction=Redaction(state="surrogate")
    )
    recorder = Recorder(
        RecordingWriter(path, header),
        vault=SurrogateVault(KEY.secret, KEY.id),
        redactor=Redactor(),
        dialect=MediationDialect(),
        start_ns=clock.monotonic_ns(),
        key=KEY.secret,
    )
    for attempt in (1, 2, 3):
        try:
            token = SecretStr(nonce)
            link = await dial(
                lab.stream + "/s", token=token, conn=f"w{attempt}", attempt=attempt, tap=recorder, clock=clock
            )
        except HandshakeRejected:
            continue
        await link.send('{"type":"hi"}')
        with pytest.raises(LinkClosed) as closed:
            for _ in range(3):
                await link.receive()
            await link.send("bye")
            await link.receive()
        assert closed.value.code == 4008
    async with RestClient(tap=recorder, clock=clock, rng=random.Random(1), attempts=1) as rest:
        for path_ in ("/streamed", "/gzip"):
            await rest.post(lab.rest + path_, service="gateway", body="{}", headers={"authorization": nonce})
        with pytest.raises(ServiceError):
            await rest.post(lab.rest + "/cut", service="gateway", body="{}")
    recorder.seal()


async def foreign_client(lab: Any, path: Path, nonce: str) -> None:
    """websockets and httpx as they are, through the proxy."""
    stop, ports = asyncio.Event(), asyncio.get_running_loop().create_future()
    plan = ProxyPlan(
        upstreams={"gateway": lab.rest, "stream": lab.stream},
        record=RecordTo(path=path, key=KEY),
        policy=PipelinePolicy(),
        tools=Tools.default(),
        clock=SystemClock(),
    )

    def ready(proxy: Proxy) -> None:
        ports.set_result(proxy.ports)

    async with asyncio.TaskGroup() as group:
        running = group.create_task(run_proxy(plan, stop, ready))
        addresses = await ports
        await _foreign_stream(f"ws://127.0.0.1:{addresses['stream']}/s", nonce)
        await _foreign_rest(f"http://127.0.0.1:{addresses['gateway']}", nonce)
        stop.set()
    assert running.result().recording == path


async def _foreign_stream(url: str, nonce: str) -> None:
    headers = {"Authorization": f"Bearer {nonce}"}
    for _ in range(2):
        with pytest.raises(InvalidStatus):
            await connect(url, proxy=None, additional_headers=headers)
    async with connect(url, proxy=None, additional_headers=headers) as ws:
        await ws.send('{"type":"hi"}')
        got = [await ws.recv() for _ in range(3)]
        assert got[2] == '{"type":"heartbeat","note":"café"}'
        await ws.send("bye")
        with pytest.raises(ConnectionClosed) as closed:
            await ws.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4008, "too slow")


async def _foreign_rest(url: str, nonce: str) -> None:
    async with httpx.AsyncClient(trust_env=False, headers={"authorization": nonce}) as client:
        assert (await client.post(url + "/streamed", content="{}")).json()["d"] == 4
        assert (await client.post(url + "/gzip", content="{}")).json()["text"] == "hello hello hello"
        with pytest.raises(httpx.HTTPError):
            await client.post(url + "/cut", content="{}")


Client = Callable[[Any, Path, str], Coroutine[Any, Any, None]]


@pytest.fixture(params=["own", "proxy", "own with a cassette", "proxy with a cassette"])
def session(request: pytest.FixtureRequest, tmp_path: Path, open_lab: Any, nonce: str) -> tuple[Any, Recording]:
    """The lab after the session, and the recording of it; played anew, at most twice, where the machine stalled."""
    client: Client = own_client if request.param.startswith("own") else foreign_client
    cassette = {"skip_patchers": ("httpx",)} if "cassette" in request.param else None
    path = tmp_path / "lab.rec.jsonl"
    played = _played(open_lab, client, path, nonce, cassette)
    for attempt in range(2):
        if _chunks_off_us(*played) < WITHIN_US:
            break
        path = tmp_path / f"lab-{attempt}.rec.jsonl"
        played = _played(open_lab, client, path, nonce, cassette)
    assert nonce not in path.read_text()
    return played


def _played(open_lab: Any, client: Client, path: Path, nonce: str, cassette: Any) -> tuple[Any, Recording]:
    async def play() -> Any:
        async with open_lab() as lab, asyncio.TaskGroup() as group:
            watching = group.create_task(_stalls(lab))
            await client(lab, path, nonce)
            watching.cancel()
        return lab

    if cassette is None:
        return asyncio.run(play()), read_recording(path)
    with vcr.VCR().use_cassette(str(path.with_suffix(".yaml")), **cassette):
        return asyncio.run(play()), read_recording(path)


async def _stalls(lab: Any) -> None:
    """Notes the longest time this process stood still: nobody's fault but the machine's."""
    while True:
        before_ns = lab.clock.monotonic_ns()
        await asyncio.sleep(0.001)
        lab.stalled_us = max(lab.stalled_us, (lab.clock.monotonic_ns() - before_ns) // 1000 - 1000)


def _chunks_off_us(lab: Any, recording: Recording) -> int:
    """How far the times of the streamed response are off, at most."""
    asked = next(entry for entry in recording.entries if isinstance(entry, HttpRequest))
    times = [chunk.t for chunk in _chunks(recording, asked.conn) if chunk.text]
    sent = [(at - lab.sent_ns[0]) // 1000 for at in lab.sent_ns]
    off: int = max(abs(t - times[0] - at) for t, at in zip(times, sent, strict=True))
    return off


def test_everything_is_recorded_in_order(session: tuple[Any, Recording], figure: Any) -> None:
    """Handshakes refused and accepted, text, binary, ping, pong, fragments and the close are there, in wire order."""
    lab, recording = session
    assert lab.authorized[0].startswith("Bearer ")
    kinds = [
        (entry.__struct_config__.tag, getattr(entry, "conn", ""), getattr(entry, "dir", None))
        for entry in recording.entries
        if str(entry.__struct_config__.tag).startswith(("ws.", "withheld")) and getattr(entry, "conn", "")[:1] == "w"
    ]
    assert kinds == [
        ("ws.open", "w1", None),
        ("ws.reject", "w1", None),
        ("ws.open", "w2", None),
        ("ws.reject", "w2", None),
        ("ws.open", "w3", None),
        ("ws.accept", "w3", None),
        ("ws.message", "w3", "out"),
        ("ws.message", "w3", "in"),
        ("withheld", "w3", "in"),
        ("ws.control", "w3", "in"),
        ("ws.control", "w3", "out"),
        ("ws.message", "w3", "in"),
        ("ws.message", "w3", "out"),
        ("ws.close", "w3", None),
    ]
    times = [entry.t for entry in recording.entries]
    assert times == sorted(times)


def test_refused_handshakes(session: tuple[Any, Recording]) -> None:
    """A refusal keeps its status, its allowed headers and its body."""
    _, recording = session
    first, second = (entry for entry in recording.entries if isinstance(entry, WsReject))
    assert (first.status, first.body) == (401, "who are you\n")
    assert (second.status, second.body) == (429, '{"error":"slow down"}')
    assert ("retry-after", "0") in second.headers
    opened = [entry for entry in recording.entries if isinstance(entry, WsOpen)]
    assert all(entry.url == "/s" and ("upgrade", "websocket") in entry.headers for entry in opened)


def test_frames_of_the_stream(session: tuple[Any, Recording], figure: Any) -> None:
    """Binary by size, ping and pong with their payload, four fragments with their times, and who closed with what."""
    lab, recording = session
    (withheld,) = (entry for entry in recording.entries if isinstance(entry, Withheld))
    assert (withheld.rule, withheld.size, withheld.of_kind) == ("binary", 256, "ws.message")
    ping, pong = (entry for entry in recording.entries if isinstance(entry, WsControl))
    assert (ping.opcode, pong.opcode) == ("ping", "pong")
    assert base64.b64decode(ping.base64) == base64.b64decode(pong.base64) == b"lab-1"
    (message,) = (entry for entry in recording.entries if isinstance(entry, WsMessage) and entry.fragments)
    assert message.text == '{"type":"heartbeat","note":"café"}'
    assert [size for _, size in message.fragments] == [14, 18, 0, 3]
    assert message.size == 35
    wrong = max(
        abs(dt - (at - lab.fragment_ns[0]) // 1000)
        for (dt, _), at in zip(message.fragments, lab.fragment_ns, strict=True)
    )
    assert wrong < WITHIN_US + lab.stalled_us
    figure("capture: fragment times off by at most", f"{wrong} us")
    (close,) = (entry for entry in recording.entries if isinstance(entry, WsClose))
    assert (close.by, close.code, close.reason, close.clean) == ("peer", 4008, "too slow", True)


def test_streamed_response(session: tuple[Any, Recording], figure: Any) -> None:
    """Chunks 200 ms apart keep their times within 5 ms; compressed text is stored decoded; a cut-off body is an error."""
    lab, recording = session
    asked = [entry for entry in recording.entries if isinstance(entry, HttpRequest)]
    assert [entry.url for entry in asked] == ["/streamed", "/gzip", "/cut"]
    streamed, zipped, cut = (_chunks(recording, entry.conn) for entry in asked)
    assert "".join(chunk.text or "" for chunk in streamed) == '{"a":1,"b":2,"c":3,"d":4}'
    wrong = _chunks_off_us(lab, recording)
    assert wrong < WITHIN_US + lab.stalled_us
    figure("capture: chunk times off by at most", f"{wrong} us")
    assert "".join(chunk.text or "" for chunk in zipped) == '{"text":"hello hello hello"}'
    response = next(e for e in recording.entries if isinstance(e, HttpResponse) and e.conn == asked[1].conn)
    assert ("content-encoding", "gzip") in response.headers
    assert "".join(chunk.text or "" for chunk in cut) == "cut off"
    (error,) = (entry for entry in recording.entries if isinstance(entry, HttpError))
    assert error.re == asked[2].n


def _chunks(recording: Recording, conn: str) -> list[HttpChunk]:
    return [entry for entry in recording.entries if isinstance(entry, HttpChunk) and entry.conn == conn]
