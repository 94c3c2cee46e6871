"""What a service can be told: caps, TLS, origins, loops, bound ids, steps, endings, and clients nobody here wrote."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect as connect_sync

from harness.clock import SystemClock
from harness.dialects.mediation import MediationDialect
from harness.errors import ReplayIncomplete, ReplayStalled, UnexpectedMessage
from harness.recording.entry import WsAbort, WsClose, WsControl, WsMessage
from harness.recording.reader import read_recording
from harness.recording.same import traffic_differences
from harness.replayer.rules import Rules
from harness.replayer.service import ReplayService
from harness.wire.certificate import make_certificate, server_context

SUB: dict[str, Any] = {"type": "subscribe", "interaction_id": "i-1"}
ALL = list(range(1, 13))


async def played(client: Any, sub: Any = SUB, count: int = 12) -> list[dict[str, Any]]:
    """Subscribe, read so many messages, leave."""
    async with client.dial() as ws:
        await ws.send(json.dumps(sub))
        got = [json.loads(await ws.recv()) for _ in range(count)]
        await ws.send(json.dumps({"type": "unsubscribe", "interaction_id": sub["interaction_id"]}))
    return got


def test_a_loop_begins_again(served: Any, call: Any) -> None:
    """With loop the same connection is played to many clients at once and one after the other."""

    async def talk(client: Any) -> None:
        got = await asyncio.gather(*(played(client) for _ in range(5)))
        assert [[one["seq"] for one in each] for each in [*got, await played(client)]] == [ALL] * 6
        for _ in range(2):
            body = {"interaction_id": "i-1", "summary": "x"}
            assert (await client.post("/summaries/validate", body)).json() == {"valid": True}

    service = served(talk, call(), loop=True)
    assert service.problems == []
    assert service.unplayed() == []


def test_without_a_loop_one_client_too_many_fails(served: Any, call: Any) -> None:
    """The second client finds nothing left, and that is a failure."""

    async def talk(client: Any) -> None:
        await played(client)
        async with client.dial() as ws:
            await ws.wait_closed()
        assert ws.close_code == 4400

    service = served(talk, call())
    assert isinstance(service.problems[0], UnexpectedMessage)


def test_a_bound_id_is_played_under_the_live_one(served: Any, call: Any) -> None:
    """The client uses an id of its own: everything it gets has that one, over HTTP too."""

    async def talk(client: Any) -> None:
        got = await played(client, {**SUB, "interaction_id": "live-7"})
        assert {one["interaction_id"] for one in got} == {"live-7"}
        body = {"interaction_id": "live-7", "summary": "x"}
        assert (await client.post("/summaries/validate", body)).status_code == 200

    service = served(talk, call(), rules=Rules(bind=["/interaction_id"]))
    assert service.problems == []
    service.finish()


def test_stepping(served: Any, call: Any) -> None:
    """A message goes when it is asked for; without anybody waiting there is none."""

    async def talk(client: Any) -> None:
        assert not client.service.step()
        async with client.dial() as ws:
            await ws.send(json.dumps(SUB))
            for seq in (1, 2, 3):
                async with asyncio.timeout(60):
                    while not client.service.step():  # noqa: ASYNC110 - the service has no event for this
                        await asyncio.sleep(0.01)
                assert json.loads(await ws.recv())["seq"] == seq
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await ws.recv()

    served(talk, call(), stepping=True)


@pytest.mark.parametrize("speed", [None, 10])
def test_a_client_that_goes_silent_is_found_out(served: Any, call: Any, speed: float | None) -> None:
    """On the system's clock too: a client that does not go on is closed after the patience, at any speed."""

    async def talk(client: Any) -> None:
        async with client.dial() as ws:
            await ws.send(json.dumps(SUB))
            async with asyncio.timeout(60):
                await ws.wait_closed()
        assert ws.close_code == 4400

    service = served(talk, call(), speed=speed, patience_s=0.2)
    assert isinstance(service.problems[0], ReplayStalled)


def test_what_may_stay_unplayed(served: Any, call: Any) -> None:
    """A client that leaves early is a failure, but for what was allowed."""

    async def talk(client: Any) -> None:
        async with client.dial() as ws:
            await ws.send(json.dumps(SUB))
            await ws.recv()

    service = served(talk, call(), stepping=False, drain=["type:utterance"])
    with pytest.raises((ReplayIncomplete, UnexpectedMessage)):
        service.finish()


def test_speed_and_idle_cap(served: Any, call: Any) -> None:
    """Ten times as fast takes less; idle time is cut before the speed divides. The best of a few tries: the machine is
    shared, and how much less is shown on a clock of our own (``test_every_script.py``).
    """
    took: dict[str, float] = {}
    runs: dict[str, dict[str, Any]] = {
        "1": {"speed": 1},
        "10": {"speed": 10},
        "cap": {"speed": 1, "idle_cap_s": 0.001},
    }
    for name, options in runs.items():

        async def talk(client: Any, name: str = name) -> None:
            began = asyncio.get_running_loop().time()
            await played(client)
            took[name] = min(took.get(name, 1e9), asyncio.get_running_loop().time() - began)

        for _ in range(10):
            assert served(talk, call(), **options).problems == []
            if took[name] < took["1"] or name == "1":
                break
    assert took["1"] >= 0.12
    assert took["10"] < took["1"]
    assert took["cap"] < took["1"]


def test_tls(call: Any, tmp_path: Path) -> None:
    """Both ports speak TLS with a certificate of our own; who does not trust it gets nothing."""
    certificate = make_certificate(tmp_path)
    trusting = ssl.create_default_context(cafile=str(certificate))

    async def run() -> None:
        service = ReplayService(
            [call().recording()], dialect=MediationDialect(), clock=SystemClock(), tls=server_context(certificate)
        )
        async with asyncio.timeout(20), service:
            assert service.endpoint.startswith("https://")
            with pytest.raises(httpx.ConnectError):
                async with httpx.AsyncClient(trust_env=False) as http:
                    await http.post(service.token_url)
            async with httpx.AsyncClient(trust_env=False, verify=trusting) as http:
                form = {"grant_type": "client_credentials"}
                answer = await http.post(service.token_url, data=form, auth=(service.client_id, service.client_secret))
            token = answer.json()["access_token"]
            await asyncio.to_thread(_play_sync, service.stream_url, token, trusting)
        assert service.problems == []

    asyncio.run(run())


def _play_sync(url: str, token: str, trusting: ssl.SSLContext | None = None) -> list[int]:
    headers = {"Authorization": f"Bearer {token}"}
    with connect_sync(url, additional_headers=headers, proxy=None, ssl=trusting) as ws:
        ws.send(json.dumps(SUB))
        got = [json.loads(ws.recv())["seq"] for _ in range(12)]
        ws.send(json.dumps({"type": "unsubscribe", "interaction_id": "i-1"}))
    return got


@pytest.mark.parametrize("allowed,status", [((), 403), (("http://app.local",), 101)])
def test_origins(served: Any, call: Any, raw: Any, allowed: tuple[str, ...], status: int) -> None:
    """A browser's handshake is refused unless its origin was allowed."""

    async def talk(client: Any) -> None:
        mine = raw(client.service, client.token)
        assert (await mine.open(headers="Origin: http://app.local\r\n")).status == status
        await mine.close()

    served(talk, call(), origins=allowed)


def test_the_cap_on_connections(served: Any, call: Any, raw: Any) -> None:
    """One connection too many is answered with 503; when another has gone there is room again."""

    async def talk(client: Any) -> None:
        first, second, third = (raw(client.service, client.token) for _ in range(3))
        assert (await first.open()).status == 101
        assert (await second.open()).status == 503
        assert second.heard.headers["retry-after"] == "1"
        await first.close()
        async with asyncio.timeout(60):
            while (await third.open()).status != 101:
                await third.close()
        for one in (second, third):
            await one.close()

    served(talk, call(), loop=True, max_connections=1)


def test_half_open_handshakes_are_dropped(served: Any, call: Any, figure: Any) -> None:
    """A hundred connections that never finish their handshake are gone when its time is over."""

    async def talk(client: Any) -> None:
        loop = asyncio.get_running_loop()
        opened = [await asyncio.open_connection("127.0.0.1", client.service.ports[1]) for _ in range(100)]
        for _, writer in opened[::2]:
            writer.write(b"GET / HTTP/1.1\r\nHost:")
        began = loop.time()
        async with asyncio.timeout(0.5 + 3):
            for reader, writer in opened:
                await reader.read()
                writer.close()
        figure("half-open handshakes gone after (s, limit 0.5 + 3)", round(loop.time() - began, 2))

    served(talk, call(), handshake_s=0.5)


def test_endings_and_pieces_as_recorded(served: Any, tape: Any, raw: Any, sub: Any) -> None:
    """Fragments, pings, an empty close and a vanished service come as they were recorded."""
    one = tape("one").opened().sends(sub("a"))
    one.add(WsMessage(n=4, t=0, conn="w1", dir="in", text="héllo", fragments=((0, 2), (10, 4))))
    one.add(WsControl(n=5, t=0, conn="w1", dir="in", opcode="ping", base64=base64.b64encode(b"p").decode()))
    one.add(WsMessage(n=6, t=0, conn="w1", dir="in", base64=base64.b64encode(b"\0\xff").decode()))
    one.add(WsClose(n=7, t=0, conn="w1", by="peer", code=None))
    two = tape("two").opened().sends(sub("b"))
    two.add(WsAbort(n=4, t=0, conn="w1", error="gone"))
    heards = []

    async def talk(client: Any) -> None:
        for name in "ab":
            mine = raw(client.service, client.token)
            await mine.open()
            mine.send(sub(name))
            heards.append(await mine.hear())
            await mine.close()

    for speed in (None, 10):
        heards.clear()
        assert served(talk, one, two, speed=speed).problems == []
        assert heards[0].frames == [
            (False, 1, b"h\xc3"),
            (True, 0, "éllo".encode()[1:]),
            (True, 9, b"p"),
            (True, 2, b"\0\xff"),
            (True, 8, b""),
        ]
        assert (heards[1].frames, heards[1].end) == ([], "fin")


def test_without_the_back_door(served: Any, call: Any, tape: Any, sub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a version of the library without it, the same is sent through its public API."""
    monkeypatch.setattr("harness.wire.door.usable", lambda _: False)
    one = tape("one").opened().sends(sub("a"))
    one.add(WsMessage(n=4, t=0, conn="w1", dir="in", text="hello", fragments=((0, 2), (0, 3)))).closes()

    async def talk(client: Any) -> None:
        assert [message["seq"] for message in await played(client)] == ALL
        async with client.dial() as ws:
            await ws.send(json.dumps(sub("a")))
            assert await ws.recv() == "hello"

    assert served(talk, call(), one).problems == []


def test_the_journal_is_the_recording(served: Any, call: Any, tmp_path: Path) -> None:
    """What the service wrote down of a replay is the traffic of the recording."""

    async def talk(client: Any) -> None:
        async with client.dial() as ws:
            await ws.send(json.dumps(SUB))
            for _ in range(12):
                await ws.recv()
            await client.post("/summaries/validate", {"interaction_id": "i-1", "summary": "x"})
            await ws.send(json.dumps({"type": "unsubscribe", "interaction_id": "i-1"}))

    made = call()
    served(talk, made, journal=tmp_path / "own.rec.jsonl")
    own = read_recording(tmp_path / "own.rec.jsonl")
    assert own.header.source == "replay"
    assert traffic_differences(made.entries, own.entries) == []


# ------------------------------------------------------------------------------------------------ foreign clients


def _websockets_sync(url: str, token: str) -> list[int]:
    return _play_sync(url, token)


def _websocket_client(url: str, token: str) -> list[int]:
    library = pytest.importorskip("websocket", reason="websocket-client is not installed")
    ws = library.create_connection(url, header=[f"Authorization: Bearer {token}"], suppress_origin=True)
    ws.send(json.dumps(SUB))
    got = [json.loads(ws.recv())["seq"] for _ in range(12)]
    ws.send(json.dumps({"type": "unsubscribe", "interaction_id": "i-1"}))
    ws.close()
    return got


def _aiohttp(url: str, token: str) -> list[int]:
    library = pytest.importorskip("aiohttp", reason="aiohttp is not installed")

    async def run() -> list[int]:
        headers = {"Authorization": f"Bearer {token}"}
        async with library.ClientSession() as session, session.ws_connect(url, headers=headers) as ws:
            await ws.send_str(json.dumps(SUB))
            got = [json.loads((await ws.receive()).data)["seq"] for _ in range(12)]
            await ws.send_str(json.dumps({"type": "unsubscribe", "interaction_id": "i-1"}))
        return got

    return asyncio.run(run())


CLIENTS: list[Callable[[str, str], list[int]]] = [_websockets_sync, _websocket_client, _aiohttp]


@pytest.mark.parametrize("foreign", CLIENTS)
def test_clients_nobody_here_wrote(served: Any, call: Any, foreign: Callable[[str, str], list[int]]) -> None:
    """Any client gets the same messages in the same order, and the replay finds nothing wrong with it."""

    async def talk(client: Any) -> None:
        got = await asyncio.to_thread(foreign, client.service.stream_url, client.token)
        assert got == ALL
        await client.post("/summaries/validate", {"interaction_id": "i-1", "summary": "x"})

    service = served(talk, call())
    assert service.problems == []
    service.finish()


def test_a_client_that_closes_and_reads_no_more_has_left(served: Any, tape: Any, sub: Any, raw: Any) -> None:
    """Its close frame counts, though the transport stays: it is not waited for until it is late."""
    made = tape().opened().sends(sub("i")).gets("1").sends({"type": "more"}).closes()

    async def talk(client: Any) -> None:
        one = raw(client.service, client.token)
        await one.open()
        one.send(sub("i"))
        one.send((1000).to_bytes(2, "big"), 8)
        await one.hear(1)
        await asyncio.sleep(0.6)
        await one.close()

    service = served(talk, made, patience_s=0.2)
    assert [type(problem).__name__ for problem in service.problems] == ["ReplayIncomplete"]
    assert "the client went away" in str(service.problems[0])


@pytest.mark.parametrize("slow", [False, True])
def test_a_long_run_is_the_same_for_every_client(served: Any, tape: Any, sub: Any, slow: bool) -> None:
    """The first is written it, later ones get it from a file, as far as their sockets take it: not a byte differs."""
    texts = [json.dumps({"seq": number, "text": "x" * (4000 if slow else 400)}) for number in range(2000)]
    made = tape().opened().sends(sub("i"))
    for text in texts:
        made.gets(text)
    made.closes(by="peer")

    async def talk(client: Any) -> None:
        for _ in range(3):
            async with client.dial() as ws:
                await ws.send(json.dumps(sub("i")))
                if slow:
                    ws.transport.pause_reading()
                    asyncio.get_running_loop().call_later(0.1, ws.transport.resume_reading)
                assert [text async for text in ws] == texts

    assert served(talk, made, loop=True).problems == []
