"""The replay service, seen by plain clients over real sockets."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from unittest.mock import Mock

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from harness.clock import SystemClock, VirtualClock
from harness.dialects.mediation import MediationDialect
from harness.errors import ConfigError, ReplayIncomplete, ReplayStalled, UnexpectedMessage
from harness.recording.entry import HttpRequest, WsAbort, WsControl, WsMessage, WsOpen, WsReject
from harness.replayer import player
from harness.replayer.service import ReplayService

STREAM = "/api/v2/mediation/conversations/stream"
MS = 1_000_000


def text(value: Any) -> str:
    return json.dumps(value)


def test_a_session_as_recorded(served: Any, tape: Any, sub: Any) -> None:
    """Token, stream, gateway, close: everything is played, nothing is wrong, bytes are equal."""
    raw = '{"type": "utterance",  "text":"caf\\u00e9 — ☕"}'
    made = tape().asks("/oauth/token", None, {"expires_in": 60}, service="token").opened().sends(sub("i")).gets(raw)
    made.add(WsMessage(n=made.n, t=0, conn="w1", dir="in", base64="AAH/"))
    made.asks("/api/v2/ai-gateway/summaries", {"interaction_id": "i"}, {"summary": "s"}, status=201)
    made.add(WsControl(n=made.n, t=0, conn="w1", dir="in", opcode="ping", base64="c3J2"))
    made.sends({"type": "unsubscribe"}).closes()

    async def talk(client: Any) -> None:
        async with client.dial() as ws:
            await ws.send(text(sub("i")))
            assert await ws.recv() == raw
            assert await ws.recv() == b"\x00\x01\xff"
            response = await client.post("/summaries", {"interaction_id": "i"})
            assert (response.status_code, response.json()) == (201, {"summary": "s"})
            await ws.send(text({"type": "unsubscribe"}))

    service = served(talk, made)
    service.finish()
    assert (service.problems, service.unplayed()) == ([], [])


def test_many_sessions_at_once(served: Any, tape: Any, sub: Any, drained: Any) -> None:
    """Forty clients at once each get their own conversation, whole and in order."""
    tapes = []
    for name in map(str, range(40)):
        made = tape(name).opened().sends(sub(name))
        for number in range(30):
            made.gets(f"{name}:{number}")
        tapes.append(made.closes(1000, by="peer"))

    async def one(client: Any, name: str) -> None:
        async with client.dial() as ws:
            await ws.send(text(sub(name)))
            assert await drained(ws) == [f"{name}:{number}" for number in range(30)]

    async def talk(client: Any) -> None:
        async with asyncio.TaskGroup() as group:
            for name in reversed(range(40)):
                group.create_task(one(client, str(name)))

    served(talk, *tapes).finish()


def test_a_reconnect(served: Any, tape: Any, sub: Any, drained: Any) -> None:
    """After an abort the client sees 1006, and its next connection takes the next recorded one."""
    made = tape().opened(conn="w1").sends(sub("i")).gets("1").gets("2")
    made.add(WsAbort(n=made.n, t=0, conn="w1", error="reset"))
    made.opened(conn="w2").sends(sub("i", resume_after_seq=2)).gets("3").closes()

    async def talk(client: Any) -> None:
        async with client.dial() as ws:
            await ws.send(text(sub("i")))
            assert await drained(ws) == ["1", "2"]
            assert ws.close_code == 1006
        async with client.dial() as ws:
            await ws.send(text(sub("i", resume_after_seq=2)))
            assert await ws.recv() == "3"

    served(talk, made).finish()


@pytest.mark.parametrize(
    "code, seen",
    [(1000, 1000), (4008, 4008), (1011, 1011), (None, 1005), (1005, 1005), (1006, 1006), (1015, 1006), (2999, 1006)],
)
def test_endings(served: Any, tape: Any, sub: Any, drained: Any, code: int | None, seen: int) -> None:
    """Every close code ends the connection as recorded; those that must not travel end it without a frame."""
    reason = "so long" if code in (1000, 4008) else ""
    made = tape().opened().sends(sub("i")).gets("1").closes(code, by="peer", reason=reason)

    async def talk(client: Any) -> None:
        async with client.dial() as ws:
            await ws.send(text(sub("i")))
            assert await drained(ws) == ["1"]
            assert (ws.close_code, ws.close_reason) == (seen, reason)

    served(talk, made).finish()


def test_refused_handshakes(served: Any, tape: Any, sub: Any) -> None:
    """Recorded refusals come with status, headers and body; then the connection that followed."""
    made = tape()
    for status in (429, 599, 101):
        made.add(WsOpen(n=made.n, t=0, conn="w1", url=STREAM))
        headers = (("retry-after", "2"), ("content-length", "99"))
        made.add(WsReject(n=made.n, t=0, conn="w1", re=made.n - 1, status=status, headers=headers, body="busy"))
    made.opened().sends(sub("i")).closes()

    async def talk(client: Any) -> None:
        for status in (429, 599, 502):
            with pytest.raises(InvalidStatus) as caught:
                await client.dial()
            response = caught.value.response
            assert (response.status_code, response.body) == (status, b"busy")
            assert response.headers["retry-after"] == "2"
        async with client.dial() as ws:
            await ws.send(text(sub("i")))

    served(talk, made).finish()


def test_who_is_let_in(served: Any, tape: Any, sub: Any) -> None:
    """A token of elsewhere is 401, a browser's Origin 403, a path nobody recorded 404 and a problem."""
    made = tape().opened().sends(sub("i"))

    async def talk(client: Any) -> None:
        headers = {"Authorization": f"Bearer {client.token}"}
        page = Origin("http://page.invalid")
        for status, dial in (
            (401, client.dial(token="other")),
            (403, connect(client.service.stream_url, origin=page, additional_headers=headers, proxy=None)),
            (404, client.dial("/nowhere")),
        ):
            with pytest.raises(InvalidStatus) as caught:
                await dial
            assert caught.value.response.status_code == status

    service = served(talk, made)
    assert [str(p) for p in service.problems] == [
        f"unexpected connection to a path that was not recorded (dial {STREAM})"
    ]
    assert service.unplayed() == ["one.rec.jsonl: connection w1 (entry 1)"]


def test_a_changed_send(served: Any, tape: Any, sub: Any) -> None:
    """Strict: the connection ends with 4400 and no payload; the problem names the difference."""
    made = tape().opened().sends(sub("i")).gets("1").sends({"type": "x", "value": "secret-1"}).closes()

    async def talk(client: Any) -> None:
        async with client.dial() as ws:
            await ws.send(text(sub("i")))
            await ws.recv()
            await ws.send(text({"type": "x", "value": "secret-2"}))
            with pytest.raises(ConnectionClosed):
                await ws.recv()
            assert (ws.close_code, ws.close_reason) == (4400, "replay: unexpected message")

    service = served(talk, made)
    with pytest.raises(UnexpectedMessage, match=r"send #2 .* differs in /value: another string") as caught:
        service.finish()
    assert "secret" not in str(caught.value)


def test_a_changed_first_message(served: Any, tape: Any, sub: Any) -> None:
    """A subscription that fits no recording takes none; the right one is still answered afterwards."""
    made = tape().opened().sends(sub("i")).gets("1").closes()

    async def talk(client: Any) -> None:
        async with client.dial() as ws:
            await ws.send(text(sub("other")))
            with pytest.raises(ConnectionClosed):
                await ws.recv()
            assert ws.close_code == 4400
        async with client.dial() as ws:
            await ws.send(text(sub("i")))
            assert await ws.recv() == "1"

    service = served(talk, made)
    assert len(service.problems) == 1
    assert service.unplayed() == []


def test_lenient(served: Any, tape: Any, sub: Any) -> None:
    """A differing send is answered as recorded, and noted."""
    made = tape().opened().sends(sub("i")).gets("1").closes()

    async def talk(client: Any) -> None:
        async with client.dial() as ws:
            await ws.send(text(sub("i", more=True)))
            assert await ws.recv() == "1"

    service = served(talk, made, lenient=True)
    assert [type(p) for p in service.problems] == [UnexpectedMessage]
    assert service.unplayed() == []


def test_one_connection_too_many(served: Any, tape: Any, sub: Any) -> None:
    """Nothing is played twice: the extra connection is closed and is a problem."""
    made = tape().opened().sends(sub("i")).closes()

    async def talk(client: Any) -> None:
        async with client.dial() as ws:
            await ws.send(text(sub("i")))
        await client.service.settle()
        client.service.finish()
        async with client.dial() as ws:
            with pytest.raises(ConnectionClosed):
                await ws.recv()
            assert (ws.close_code, ws.close_reason) == (4400, "replay: no recorded connection left")

    assert "once per client" in str(served(talk, made).problems[0])


def test_an_early_end(served: Any, tape: Any, sub: Any) -> None:
    """A client that leaves too soon: the steps that were not played are listed."""
    made = tape().opened().sends(sub("i")).gets("1").sends({"type": "unsubscribe"}).closes()

    async def talk(client: Any) -> None:
        async with client.dial() as ws:
            await ws.send(text(sub("i")))
            await ws.recv()

    service = served(talk, made)
    assert [type(p) for p in service.problems] == [ReplayIncomplete]
    with pytest.raises(ReplayIncomplete, match=r"2 recorded steps .* send #2 \(entry 5, unsubscribe\)"):
        service.finish()


def test_a_connection_without_a_message(served: Any, tape: Any, sub: Any) -> None:
    """It takes no recorded connection and is a problem."""

    async def talk(client: Any) -> None:
        async with client.dial():
            pass

    service = served(talk, tape().opened().sends(sub("i")))
    assert [str(p).split(" (")[0] for p in service.problems] == ["unexpected connection that ended without a message"]
    assert len(service.unplayed()) == 1


def test_stopping_is_no_fault_of_clients(served: Any, tape: Any, sub: Any) -> None:
    """Clients still connected when the service stops see 1001 and cause no problem."""
    tapes = [tape("a").opened().sends(sub("a")).gets("1", 1000), tape("b").opened().sends(sub("b"))]
    held: list[Any] = []

    async def talk(client: Any) -> None:
        held.extend([await client.dial(), await client.dial()])
        await held[0].send(text(sub("a")))

    service = served(talk, *tapes, clock=VirtualClock(), speed=1)
    assert [ws.close_code for ws in held] == [1001, 1001]
    assert service.problems == []
    assert len(service.unplayed()) >= 2


def test_times_are_recorded_distances(served: Any, tape: Any, sub: Any, watched_clock: Any) -> None:
    """At ten times the speed, a message is sent a tenth of its distance after the live time of its parent."""
    clock = watched_clock()
    made = tape().opened().sends(sub("i")).gets("1", 500).gets("2", 800).closes(1000, 900, by="peer")
    made.asks("/api/v2/ai-gateway/x", None, ["a", "b"], 1000)

    async def slept_until() -> int:
        """The next deadline somebody sleeps towards; stall alarms are further away."""
        while True:
            deadline = int(await clock.asked.get())
            if deadline < 5000 * MS:
                return deadline

    async def talk(client: Any) -> None:
        async with client.dial() as ws:
            clock.advance(70 * MS)
            await ws.send(text(sub("i")))
            assert await slept_until() == 120 * MS
            clock.advance(50 * MS)
            assert await ws.recv() == "1"
            assert await slept_until() == 150 * MS
            # 100 ms late: nothing is waited for twice, and the close, due at 160 ms, follows at once.
            clock.advance(130 * MS)
            assert await ws.recv() == "2"
            with pytest.raises(ConnectionClosed):
                await ws.recv()
        async with asyncio.TaskGroup() as group:
            began = clock.monotonic_ns()
            asked = group.create_task(client.post("/x", ""))
            assert await slept_until() == began + 1 * MS
            clock.advance(1 * MS)
            assert await slept_until() == began + 2 * MS
            clock.advance(1 * MS)
        assert asked.result().text == "ab"

    served(talk, made, clock=clock, speed=10).finish()


def test_a_stall(served: Any, tape: Any, sub: Any, watched_clock: Any) -> None:
    """A client that does not send is told after recorded gap over speed plus five seconds."""
    clock = watched_clock()
    made = tape().opened().sends(sub("i")).gets("1").sends({"type": "unsubscribe"}, 400)

    async def talk(client: Any) -> None:
        async with client.dial() as ws:
            await ws.send(text(sub("i")))
            await ws.recv()
            while clock.monotonic_ns() < 5400 * MS:
                # An alarm that is too early only asks again.
                deadline = await clock.asked.get()
                assert deadline in (5000 * MS, 5400 * MS)
                clock.advance(deadline - clock.monotonic_ns())
            with pytest.raises(ConnectionClosed):
                await ws.recv()
            assert (ws.close_code, ws.close_reason) == (4400, "replay: waited too long for the client")

    service = served(talk, made, clock=clock, speed=1)
    with pytest.raises(ReplayStalled, match=r"stalled for 5.4 s, waiting for one.rec.jsonl: send #2"):
        service.finish()


def test_a_silent_connection(served: Any, tape: Any, sub: Any, watched_clock: Any) -> None:
    """So is one that never begins."""
    clock = watched_clock()

    async def talk(client: Any) -> None:
        async with client.dial() as ws:
            assert await clock.asked.get() == 5200 * MS
            clock.advance(5200 * MS)
            with pytest.raises(ConnectionClosed):
                await ws.recv()
            assert ws.close_code == 4400

    service = served(talk, tape().opened().sends(sub("i"), 400), clock=clock, speed=2)
    assert [type(p) for p in service.problems] == [ReplayStalled]


def test_instant_counts_quiet_of_the_whole_service(
    served: Any, tape: Any, sub: Any, watched_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At instant speed a client is late only if nothing moved on any connection for as long."""
    clock = watched_clock()
    monkeypatch.setattr(clock, "virtual", False, raising=False)
    tapes = [tape(name).opened().sends(sub(name)).gets("1").sends("x").gets("2").closes() for name in "ab"]

    async def talk(client: Any) -> None:
        a, b = await client.dial(), await client.dial()
        for ws, name in ((a, "a"), (b, "b")):
            await ws.send(text(sub(name)))
            assert await ws.recv() == "1"
        while await clock.asked.get() != 5000 * MS:
            pass
        clock.advance(4000 * MS)
        await b.send("x")
        assert await b.recv() == "2"
        clock.advance(4000 * MS)
        while await clock.asked.get() != 9000 * MS:
            pass
        await a.send("x")
        assert await a.recv() == "2"
        await a.close()
        await b.close()

    served(talk, *tapes, clock=clock).finish()


def test_a_virtual_clock_is_not_asked_at_instant_speed(served: Any, tape: Any, sub: Any) -> None:
    """A clock that moves by itself must not make every client late."""
    made = tape().opened().sends(sub("i")).gets("1", 90_000).sends("x", 95_000).gets("2", 99_000).closes()
    made.asks("/api/v2/ai-gateway/x", None, {}, 1000)
    clock = VirtualClock(auto=True)

    async def talk(client: Any) -> None:
        async with client.dial() as ws:
            await ws.send(text(sub("i")))
            await ws.recv()
            await client.post("/x", "")
            await ws.send("x")
            await ws.recv()

    served(talk, made, clock=clock).finish()
    assert clock.monotonic_ns() == 0


def test_a_client_that_vanishes_while_it_is_sent_to(served: Any, tape: Any, sub: Any) -> None:
    """What could not be sent counts as not played, and nothing hangs."""
    made = tape().opened().sends(sub("i"))
    for _ in range(200):
        made.gets("x" * 100_000)

    async def talk(client: Any) -> None:
        ws = await client.dial()
        await ws.send(text(sub("i")))
        await ws.recv()
        ws.transport.abort()
        await ws.wait_closed()
        await client.service.settle()

    service = served(talk, made)
    assert [type(p) for p in service.problems] in ([ReplayIncomplete], [])
    assert len(service.unplayed()) > 0


def test_over(tape: Any, sub: Any, served: Any) -> None:
    """``over`` returns when the last step is played, and when something is wrong and nobody is left."""
    made = tape().opened().sends(sub("i")).closes().asks("/api/v2/ai-gateway/x", None, {})

    async def good(client: Any) -> None:
        async with asyncio.TaskGroup() as group:
            over = group.create_task(client.service.over())
            async with client.dial() as ws:
                await ws.send(text(sub("i")))
            assert not over.done()
            await client.post("/x", "")

    served(good, made).finish()

    async def bad(client: Any) -> None:
        await client.post("/other", "")
        await client.service.over()

    assert len(served(bad, made).unplayed()) == 2


def test_addresses(tape: Any) -> None:
    """One endpoint for all, each address alone, credentials minted or given; IPv6 has its brackets."""

    async def run() -> None:
        arguments: dict[str, Any] = {"dialect": MediationDialect(), "clock": SystemClock()}
        async with ReplayService([], client_id="id", client_secret="s3cret", host="::1", **arguments) as service:
            base, _, stream = service.endpoint.partition("?stream=")
            assert base.startswith("http://[::1]:")
            assert service.token_url == f"{base}/oauth/token"
            assert service.gateway_url == f"{base}/api/v2/ai-gateway"
            assert service.stream_url == f"ws://[::1]:{stream}{STREAM}"
            async with httpx.AsyncClient(trust_env=False) as http:
                form = {"grant_type": "client_credentials"}
                assert (await http.post(service.token_url, data=form, auth=("id", "s3cret"))).status_code == 200
                assert (await http.post(service.token_url, data=form, auth=("id", "x"))).status_code == 401
        one, two = ReplayService([], **arguments), ReplayService([], **arguments)
        assert one.client_secret != two.client_secret

    asyncio.run(run())


def test_bad_arguments(tape: Any) -> None:
    """Each names the bad value and what is allowed; a port in use closes what was opened before."""

    async def run() -> None:
        arguments: dict[str, Any] = {"dialect": MediationDialect(), "clock": SystemClock()}
        with pytest.raises(ConfigError, match=r"strict \| subset"):
            ReplayService([], match="fuzzy", **arguments)
        with pytest.raises(ConfigError, match="speed"):
            ReplayService([], speed=0, **arguments)
        async with ReplayService([], **arguments) as service:
            taken = int(service.endpoint.partition("=")[2])
            with pytest.raises(ConfigError, match=r"--port: .* in use"):
                async with ReplayService([], stream_port=taken, **arguments):
                    pass

    asyncio.run(run())


def test_a_fault_of_ours_is_not_hidden(served: Any, tape: Any, sub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception inside a connection is raised when the service is left."""

    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(player.Player, "_claimed", broken)

    async def talk(client: Any) -> None:
        async with client.dial() as ws:
            await ws.send(text(sub("i")))
            with pytest.raises(ConnectionClosed):
                await ws.recv()
            assert ws.close_code == 1011

    with pytest.raises(ExceptionGroup) as caught:
        served(talk, tape().opened().sends(sub("i")))
    assert caught.group_contains(ZeroDivisionError)


def test_the_service_speaks_first(served: Any, tape: Any) -> None:
    """A recorded connection that begins with the service is played at once."""

    async def talk(client: Any) -> None:
        async with client.dial() as ws:
            assert await ws.recv() == "welcome"

    served(talk, tape().opened().gets("welcome").closes()).finish()


def test_settle_waits_no_longer_than_the_grace(served: Any, tape: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that never ends does not hold up the judgement."""
    monkeypatch.setattr("harness.replayer.service.GRACE_S", 0.01)

    stuck = Mock(peer=Mock(closing=True))

    async def talk(client: Any) -> None:
        client.service._players.add(stuck)
        await client.service.settle()
        client.service._players.discard(stuck)

    served(talk, tape())


def test_gateway_entries_only(served: Any, tape: Any) -> None:
    """A request that was never answered is listed, a token request is not."""
    made = tape().add(HttpRequest(n=1, t=0, service="gateway", conn="h", method="POST", url="/x"))
    made.add(HttpRequest(n=2, t=0, service="token", conn="h", method="POST", url="/oauth/token"))

    async def talk(client: Any) -> None:
        return

    assert served(talk, made).unplayed() == ["one.rec.jsonl: POST /x (entry 1)"]
