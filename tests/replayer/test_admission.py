"""Who is let in at the stream, in which order."""

from __future__ import annotations

from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from harness.errors import ReplayError
from harness.recording.entry import WsOpen, WsReject
from harness.replayer.admission import Admission
from harness.replayer.roster import Roster
from harness.replayer.steps import Track, tracks_of
from harness.replayer.tokens import Tokens
from harness.wire.serve import Handshake

STREAM = "/api/v2/mediation/conversations/stream"


def refused(made: Any, status: int) -> Any:
    made.add(WsOpen(n=made.n, t=0, conn="w1", url=STREAM))
    return made.add(
        WsReject(n=made.n, t=0, conn="w1", re=made.n - 1, status=status, headers=(("retry-after", "2"),), body="busy")
    )


@pytest.mark.parametrize("needs_token", [True, False])
@pytest.mark.parametrize("passes_on", [True, False])
def test_the_order(tape: Any, sub: Any, needs_token: bool, passes_on: bool) -> None:
    """The token first, then a recorded refusal, then the path."""
    problems: list[ReplayError] = []
    given: list[Track] = []
    tokens = Tokens()
    tracks = tracks_of("one", refused(tape(), 503).opened().sends(sub("i")).entries)
    admit = Admission(
        Roster([tracks], conversation_of=lambda _: None),
        tokens,
        needs_token=needs_token,
        passes_on=passes_on,
        problem=problems.append,
        refused=given.append,
    )

    def asked(path: str, **headers: str) -> int:
        answer = admit(Handshake(path=path, query="", headers=headers))
        return 101 if answer is None else answer.status

    if needs_token:
        assert asked(STREAM) == 401
        assert given == []
    known = {"authorization": f"Bearer {tokens.mint()}"}
    assert [asked(STREAM, **known), asked(STREAM, **known)] == [503, 101]
    assert given == tracks[:1]
    assert asked("/nowhere", **known) == (101 if passes_on else 404)
    assert len(problems) == (0 if passes_on else 1)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
def test_recorded_server_errors(served: Any, tape: Any, sub: Any, status: int) -> None:
    """A handshake refused with a 5xx comes with its status, headers and body, once; the next one is accepted."""
    made = refused(tape(), status).opened().sends(sub("i")).gets("1").closes()

    async def talk(client: Any) -> None:
        with pytest.raises(InvalidStatus) as caught:
            await client.dial()
        response = caught.value.response
        assert (response.status_code, response.body, response.headers["retry-after"]) == (status, b"busy", "2")
        async with client.dial() as ws:
            await ws.send('{"type": "subscribe", "interaction_id": "i"}')
            assert await ws.recv() == "1"

    served(talk, made).finish()


def test_a_client_that_sends_bad_utf8(served: Any, tape: Any, sub: Any, raw: Any) -> None:
    """The connection ends with 1007 (RFC 6455 8.1), which is a failure, and nothing hangs."""
    made = tape().opened().sends(sub("i")).gets("1").sends({"type": "more"}).closes()

    async def talk(client: Any) -> None:
        one = raw(client.service, client.token)
        await one.open()
        one.send(sub("i"))
        await one.hear(1)
        one.send(b'{"type": "\xff\xfe"}')
        heard = await one.hear()
        assert heard.close == 1007
        await one.close()

    service = served(talk, made)
    assert "send #2" in str(service.problems[0])
    assert isinstance(service.problems[0], ReplayError) and not isinstance(service.problems[0], ConnectionClosed)
