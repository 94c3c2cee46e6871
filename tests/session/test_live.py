"""Live sessions: recorded, labelled, and stopped where nothing could be recorded."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from harness.clock import SystemClock
from harness.dialects.mediation import MediationDialect
from harness.dialects.mediation_addresses import resolve
from harness.errors import AuthError, RecordingWriteError
from harness.pipeline.policy import PipelinePolicy
from harness.recording.entry import HttpRequest
from harness.recording.reader import read_recording
from harness.replayer.service import ReplayService
from harness.report.labels import labels_path, read_labels
from harness.session.keys import load_key
from harness.session.live import Job, LiveRun, run_live
from harness.session.parts import Credentials, Tools
from harness.session.replay import conversations_of, subscription_of
from harness.session.session import SessionRun
from harness.wire.serve import Handshake, Peer, PeerClosed, Refusal, WsServer
from harness.wire.serve_http import Answer, Call, HttpServer


async def _live(path: Path, tools: Tools, out: Path | None, secret: str | None = None) -> list[SessionRun]:
    source = read_recording(path)
    service = ReplayService([source], dialect=MediationDialect(), clock=SystemClock(), lenient=True)
    async with service:
        live = LiveRun(
            addresses=resolve(endpoint=service.endpoint),
            credentials=Credentials(service.client_id, SecretStr(secret or service.client_secret)),
            tools=tools,
            key=load_key(None, 7),
            record_to=out,
        )
        policy = PipelinePolicy(subscription=subscription_of(source))
        return await run_live(live, [Job(name="one", conversations=conversations_of(source), policy=policy)])


def test_labels_move_with_the_surrogates(recorded: list[Path]) -> None:
    """Each label of a recorded value covers exactly a surrogate of its type where the detector found it."""
    for path in recorded:
        labels = [label for label in read_labels(labels_path(path)) if label.kind == "span"]
        entries = [e for e in read_recording(path).entries if getattr(e, "pii", ())]
        places = {(mark.path, mark.start, mark.end, mark.type) for entry in entries for mark in entry.pii}  # type: ignore[union-attr]
        covered = [
            (one.path, one.start, one.end, one.label) in places for one in labels if one.label in ("EMAIL", "IBAN")
        ]
        assert all(covered)


def test_not_recorded(composed: list[Path], tools: Tools) -> None:
    """A session may run without a recording."""
    run = asyncio.run(_live(composed[0], tools, None))[0]
    assert run.recording is None
    assert run.error is None
    assert len(run.outcomes) > 10


def test_refused_credentials_leave_nothing(composed: list[Path], tools: Tools, tmp_path: Path) -> None:
    """Wrong credentials are the session's error; no recording is left of a session that never began."""
    run = asyncio.run(_live(composed[0], tools, tmp_path / "out", secret="wrong"))[0]
    assert isinstance(run.error, AuthError)
    assert run.recording is None
    assert list((tmp_path / "out").iterdir()) == []


def test_an_existing_recording_stops_the_session(composed: list[Path], tools: Tools, tmp_path: Path) -> None:
    """A file that is there already is never written over: the session does not start."""
    (tmp_path / "one.rec.jsonl").write_text("mine")
    with pytest.raises(RecordingWriteError):
        asyncio.run(_live(composed[0], tools, tmp_path))
    assert (tmp_path / "one.rec.jsonl").read_text() == "mine"


@pytest.mark.parametrize("recorded", [False, True])
def test_fifty_sessions_ask_for_one_token(
    tools: Tools, tmp_path: Path, figure: Callable[[str, object], None], recorded: bool
) -> None:
    """All sessions of a run share a token, recorded or not; the one they have is renewed by one request when it is refused."""
    requests = 0
    stale = "token-1"

    async def http(call: Call) -> Answer:
        nonlocal requests
        requests += 1
        return Answer(status=200, body=b'{"access_token":"token-%d","expires_in":3600}' % requests)

    def admit(handshake: Handshake) -> Refusal | None:
        return Refusal(status=401) if handshake.headers["authorization"] == f"Bearer {stale}" else None

    async def stream(peer: Peer) -> None:
        try:
            conversation = json.loads(await peer.recv())["interaction_id"]
            for seq, type_ in ((1, "subscribed"), (2, "end")):
                said = {"type": type_, "interaction_id": conversation, "seq": seq, "reason": "completed"}
                await peer.send(json.dumps(said))
            while True:
                await peer.recv()
        except PeerClosed:
            return

    async def main() -> list[SessionRun]:
        async with asyncio.timeout(120), HttpServer(http) as rest, WsServer(stream, admit=admit) as server:
            live = LiveRun(
                addresses=resolve(endpoint=f"http://127.0.0.1:{rest.port}?stream={server.port}"),
                credentials=Credentials("me", SecretStr("s")),
                tools=tools,
                key=load_key(None, 7),
                record_to=tmp_path if recorded else None,
            )
            policy = PipelinePolicy(gateway_validation=False, generate="never")
            names = [f"conversation-{number}" for number in range(50)]
            return await run_live(live, [Job(name=name, conversations=[name], policy=policy) for name in names])

    runs = asyncio.run(main())
    assert [run.error for run in runs] == [None] * 50
    assert requests == 2
    figure(f"50 {'recorded ' * recorded}sessions with a refused token: requests for another", requests - 1)
    kept = [e for path in tmp_path.iterdir() for e in read_recording(path).entries if isinstance(e, HttpRequest)]
    assert len([entry for entry in kept if entry.service == "token"]) == (2 if recorded else 0)
