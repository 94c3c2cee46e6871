"""The options of ``harness replay`` from the command line to what a plain client sees."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from harness.cli.replay import command
from harness.cli.replay_options import service_options
from harness.clock import SystemClock
from harness.dialects.mediation import MediationDialect
from harness.errors import ConfigError
from harness.recording.entry import Header, Redaction, WsAccept, WsClose, WsMessage, WsOpen
from harness.recording.reader import Recording
from harness.replayer.service import ReplayService

SUBSCRIBE = {"type": "subscribe", "interaction_id": "i-1"}
ASK = {
    "type": "ask",
    "request_id": "3f0c2a68-7f0b-4c1d-9b59-1f5f3c0d2e11",
    "at": "2026-01-02T03:04:05Z",
    "ratio": 0.5,
    "name": "abc",
    "tags": ["a"],
}
STREAM = "/api/v2/mediation/conversations/stream"


def recording(pause_s: float = 0.0) -> Recording:
    """Subscribe, an answer, a question, an answer after a pause, a heartbeat; the client leaves."""
    sends: list[tuple[Any, Any, float]] = [
        ("out", SUBSCRIBE, 0.0),
        ("in", {"type": "subscribed", "interaction_id": "i-1"}, 0.0),
        ("out", ASK, 0.0),
        ("in", {"type": "answer", "interaction_id": "i-1"}, pause_s),
        ("in", {"type": "heartbeat"}, pause_s),
    ]
    entries: list[Any] = [WsOpen(n=1, t=0, conn="w1", url=STREAM), WsAccept(n=2, t=0, conn="w1", re=1)]
    for n, (way, value, at_s) in enumerate(sends, 3):
        entries.append(WsMessage(n=n, t=round(at_s * 1e6), conn="w1", dir=way, text=json.dumps(value)))
    entries.append(WsClose(n=8, t=round(pause_s * 1e6), conn="w1", by="us", code=1000))
    header = Header(id="x", created="", tool="test/1", source="synthetic", redaction=Redaction(state="fictional"))
    return Recording(path=Path("one.rec.jsonl"), header=header, entries=entries)


class Session:
    """What a client did and saw of a service made from command line options."""

    def __init__(self, tmp_path: Path, *arguments: str, pause_s: float = 0.0, clients: int = 1, **said: Any) -> None:
        given = command.make_context("replay", [*arguments, "x.rec.jsonl"]).params
        self.options, self.certificate = service_options(given, tmp_path)
        self.got: list[Any] = []
        self.took_s = 0.0
        self.codes: list[int | None] = []
        asyncio.run(self._run(pause_s, clients, **said))

    async def _run(self, pause_s: float, clients: int, **said: Any) -> None:
        service = ReplayService([recording(pause_s)], dialect=MediationDialect(), clock=SystemClock(), **self.options)
        async with asyncio.timeout(30), service:
            for _ in range(clients):
                await self._client(service, **said)
            await service.settle()
        self.problems = list(map(str, service.problems))
        self.unplayed = service.unplayed()

    async def _client(
        self,
        service: ReplayService,
        first: Any = SUBSCRIBE,
        ask: Any = ASK,
        leave_after: int = 3,
        token: str = "",
        step: bool = False,
    ) -> None:
        async with httpx.AsyncClient(trust_env=False) as http:
            form = {"grant_type": "client_credentials"}
            answer = await http.post(service.token_url, data=form, auth=(service.client_id, service.client_secret))
        headers = {"Authorization": f"Bearer {token or answer.json()['access_token']}"}
        async with connect(service.stream_url, additional_headers=headers, proxy=None) as ws:
            began = asyncio.get_running_loop().time()
            try:
                await ws.send(json.dumps(first))
                for number in range(leave_after):
                    while step and not service.step():  # noqa: ASYNC110  # a person does this
                        await asyncio.sleep(0.001)
                    self.got.append(json.loads(await ws.recv()))
                    if number == 0:
                        await ws.send(ask if isinstance(ask, str | bytes) else json.dumps(ask))
            except ConnectionClosed:
                pass
            self.took_s = asyncio.get_running_loop().time() - began
        self.codes.append(ws.close_code)


def other(**changes: Any) -> dict[str, Any]:
    """The question with members changed; None takes one away."""
    return {key: value for key, value in {**ASK, **changes}.items() if value is not None}


UUID = "--accept=/request_id=uuid"


@pytest.mark.parametrize(
    "arguments,ask,difference",
    [
        ([], ASK, ""),
        ([], dict(reversed(ASK.items())), ""),
        ([], other(name="abd"), "/name: another string"),
        ([], other(more=1), "/more: not recorded"),
        ([], other(name=None), "/name: missing"),
        ([UUID], other(request_id="00000000-0000-4000-8000-000000000000"), ""),
        ([UUID], other(request_id="seven"), "/request_id: no uuid"),
        (["--accept=/at=iso8601"], other(at="2027-12-31T23:59:60+01:00"), ""),
        (["--accept=/at=iso8601"], other(at="tomorrow"), "/at: no iso8601"),
        (["--accept=/ratio=number~0.1"], other(ratio=0.55), ""),
        (["--accept=/ratio=number~0.1"], other(ratio=0.7), "/ratio: no number~0.1"),
        (["--accept=/ratio=number"], other(ratio=-9), ""),
        (["--accept=/name=regex:[a-z]{3}"], other(name="xyz"), ""),
        (["--accept=/name=regex:[a-z]{3}"], other(name="wxyz"), "/name: no regex"),
        (["--accept=/name=string"], other(name=""), ""),
        (["--accept=/tags/*=string", "--match=strict"], other(tags=["b"]), ""),
        (["--ignore=/name"], other(name=None), ""),
        (["--ignore=/tags"], other(tags=["b", "c"]), ""),
        (["--ignore=/*"], {"anything": 1}, ""),
        (["--match=subset"], other(more={"x": 1}), ""),
        (["--match=subset"], other(name=None), "/name: missing"),
        (["--match=schema"], other(name="z", ratio=9, tags=["x", "y"]), ""),
        (["--match=schema"], other(ratio="9"), "/ratio: string, recorded number"),
        (["--match=schema"], other(more=1), "/more: not recorded"),
        (["--match=any"], "not even JSON", ""),
        (["--match=any"], b"\x00\xff", ""),
        ([], b"\x00\xff", "the message: binary, recorded text"),
        ([], '{"type":"ask","type":"ask"}', "the message: text of other content"),
    ],
)
def test_comparisons(tmp_path: Path, arguments: list[str], ask: Any, difference: str) -> None:
    """What each level, wildcard and ignored path lets pass, and how the rest is named; the connection ends with 4400."""
    session = Session(tmp_path, *arguments, ask=ask)
    if not difference:
        assert (session.problems, session.unplayed, session.codes) == ([], [], [1000])
        return
    (problem,) = session.problems
    assert difference in problem
    assert "nearest recorded: send #2 (entry 5, ask)" in problem
    assert problem.endswith("or widen the comparison (--match, --ignore, play.ignore))")
    assert session.codes == [4400]


def test_lenient(tmp_path: Path) -> None:
    """What differs is a problem and is answered all the same."""
    session = Session(tmp_path, "--lenient", ask=other(name="zzz"))
    assert [one["type"] for one in session.got] == ["subscribed", "answer", "heartbeat"]
    assert len(session.problems) == 1 and "/name: another string" in session.problems[0]


def test_bind(tmp_path: Path) -> None:
    """An id of the client's own is put into what it is answered."""
    session = Session(tmp_path, "--bind=/interaction_id", first={**SUBSCRIBE, "interaction_id": "live-7"})
    assert [one.get("interaction_id") for one in session.got] == ["live-7", "live-7", None]
    assert (session.problems, session.unplayed) == ([], [])


@pytest.mark.parametrize("place", ["type:heartbeat", "entry:7", "count:3", "conn:w1"])
def test_drain(tmp_path: Path, place: str) -> None:
    """What may stay unplayed has to be named: an early end without it is a failure."""
    arguments = ["--speed=step", "--drain", place]
    session = Session(tmp_path, *arguments, step=True, leave_after=2)
    assert (session.problems, session.unplayed) == ([], [])
    session = Session(tmp_path, *arguments[:1], step=True, leave_after=2)
    assert "the message of entry 7 heartbeat" in session.problems[0]
    assert "drain" in session.problems[0]


def test_loop_and_the_kth_connection(tmp_path: Path) -> None:
    """One recorded connection serves one client; with --loop it serves any number."""
    session = Session(tmp_path, "--loop", clients=3)
    assert (session.problems, len(session.got), session.codes) == ([], 9, [1000] * 3)
    session = Session(tmp_path, clients=2)
    assert session.codes == [1000, 4400]
    assert session.problems[0].startswith("unexpected connection (every recorded connection on this path was taken")


def test_step(tmp_path: Path) -> None:
    """Each message waits to be allowed, and then comes in order."""
    session = Session(tmp_path, "--speed=step", step=True)
    assert [one["type"] for one in session.got] == ["subscribed", "answer", "heartbeat"]
    assert session.problems == []


def test_idle_cap(tmp_path: Path) -> None:
    """A recorded pause of a minute is cut to the cap before the speed divides."""
    session = Session(tmp_path, "--idle-cap=2s", "--speed=10", pause_s=60)
    assert 0.19 < session.took_s < 20
    assert session.problems == []


def test_patience(tmp_path: Path) -> None:
    """A client that is silent for longer is told so; the failure names what is waited for, and its shape."""

    class Silent(Session):
        async def _client(self, service: ReplayService, *_: Any, **__: Any) -> None:
            headers = {"Authorization": f"Bearer {service.mint_token()}"}
            async with connect(service.stream_url, additional_headers=headers, proxy=None) as ws:
                await ws.send(json.dumps(SUBSCRIBE))
                await ws.recv()
                with pytest.raises(ConnectionClosed):
                    await ws.recv()
                self.codes.append(ws.close_code)

    session = Silent(tmp_path, "--patience=0.3s")
    assert session.codes == [4400]
    assert (
        "waiting for one.rec.jsonl: send #2 (entry 5, ask) like {type: ask, request_id: string" in session.problems[0]
    )


def test_a_given_token(tmp_path: Path) -> None:
    """It opens the door like one that was minted, and no other does."""
    token = "a-token-of-many-words"
    assert Session(tmp_path, "--token", token, token=token).problems == []
    with pytest.raises(InvalidStatus, match="401"):
        Session(tmp_path, "--token", token, token=token + "x")


def test_other_addresses_need_a_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another address than loopback is refused without one, and served with one; the addresses can be dialled."""
    with pytest.raises(ConfigError, match=r"--listen: '0\.0\.0\.0' .* \(give a token \(--token, HARNESS_REPLAY_TOKEN"):
        Session(tmp_path, "--listen", "0.0.0.0")
    with pytest.raises(ConfigError, match="--listen"):
        Session(tmp_path, "--listen", "::")
    monkeypatch.setenv("HARNESS_REPLAY_TOKEN", "a-token-of-many-words")
    assert Session(tmp_path, "--listen", "0.0.0.0").problems == []


@pytest.mark.parametrize("token", ["short", "has blanks in between it", "", "x" * 600])
def test_tokens_that_are_none(tmp_path: Path, token: str) -> None:
    """A weak or malformed token is refused and not shown."""
    with pytest.raises(ConfigError, match=r"--token: '…' .* 16 or more of") as caught:
        Session(tmp_path, f"--token={token}")
    assert not token or token not in str(caught.value)


@pytest.mark.parametrize(
    "arguments,words",
    [
        (["--patience=soon"], "--patience: 'soon' is not allowed; expected seconds, such as 2s"),
        (["--idle-cap=-1"], "--idle-cap: '-1' is not allowed"),
        (["--idle-cap=nan"], "--idle-cap: 'nan' is not allowed"),
        (["--accept=/x=color"], "--accept: '/x=color' is not allowed"),
        (["--drain=everything"], "--drain: 'everything' is not allowed"),
        (["--ignore=name"], "--ignore: 'name' is not allowed"),
        (["--listen=example.invalid"], "--listen: 'example.invalid' is not allowed"),
    ],
)
def test_options_that_cannot_be_read(tmp_path: Path, arguments: list[str], words: str) -> None:
    """Each names the option, the value and what is allowed."""
    with pytest.raises(ConfigError) as caught:
        Session(tmp_path, *arguments)
    assert words in str(caught.value)
