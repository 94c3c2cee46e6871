"""``harness replay``, in this process and as a command."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import httpx
import pytest
from click.testing import CliRunner
from websockets.sync.client import connect

from harness.cli import replay
from harness.cli.replay import command
from harness.clock import SystemClock
from harness.dialects.mediation import MediationDialect
from harness.recording.entry import Header, Redaction, Unknown, WsAccept, WsClose, WsMessage, WsOpen
from harness.recording.reader import read_recording
from harness.recording.writer import RecordingWriter
from harness.replayer.service import ReplayService

SUBSCRIBE = '{"type":"subscribe","interaction_id":"i-1"}'
STREAM = "/api/v2/mediation/conversations/stream"


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A recording of one short session."""
    redaction = Redaction(state="fictional")
    header = Header(id="x", created="2026-01-01T00:00:00Z", tool="test/1", source="synthetic", redaction=redaction)
    with RecordingWriter(tmp_path / "one.rec.jsonl", header) as writer:
        writer.append(WsOpen(n=1, t=0, conn="w1", url=STREAM))
        writer.append(WsAccept(n=2, t=0, conn="w1", re=1))
        writer.append(WsMessage(n=3, t=0, conn="w1", dir="out", text=SUBSCRIBE))
        writer.append(WsMessage(n=4, t=0, conn="w1", dir="in", text="hello"))
        writer.append(WsClose(n=5, t=0, conn="w1", by="us", code=1000))
        return writer.seal("composed")


@pytest.fixture
def started() -> Iterator[Any]:
    """Start the command with arguments; whatever still runs at the end is stopped."""
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: object) -> subprocess.Popen[str]:
        line = [sys.executable, "-m", "harness", "replay", *map(str, arguments)]
        process = subprocess.Popen(
            line, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def play(endpoint: dict[str, str], message: str = SUBSCRIBE) -> int | None:
    """Play the session; returns the close code."""
    form = {"grant_type": "client_credentials"}
    credentials = (endpoint["client_id"], endpoint["client_secret"])
    with httpx.Client(trust_env=False) as http:
        token = http.post(endpoint["token_url"], data=form, auth=credentials).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    with connect(endpoint["stream_url"], additional_headers=headers, proxy=None) as ws:
        ws.send(message)
        list(ws) if message != SUBSCRIBE else ws.recv()
    return ws.close_code


def test_until_a_signal(started: Any, recording: Path) -> None:
    """Addresses and export lines come first; a signal ends it with exit code 0."""
    process = started(recording.parent, "--speed", "10")
    lines = [process.stdout.readline() for _ in range(6)]
    assert [line.split()[1] for line in lines[:3]] == ["token_url", "gateway_url", "stream_url"]
    exports = dict(shlex.split(line)[1].split("=", 1) for line in lines[3:])
    assert set(exports) == {"HARNESS_ENDPOINT", "GENESYS_CLIENT_ID", "GENESYS_CLIENT_SECRET"}
    assert exports["HARNESS_ENDPOINT"].startswith("http://127.0.0.1:")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=120) == 0
    assert process.stderr.read() == ""


def test_once(started: Any, recording: Path) -> None:
    """With --once it leaves when all is played."""
    process = started(recording, "--once", "--json")
    assert play(json.loads(process.stdout.readline())) == 1000
    assert process.wait(timeout=120) == 0
    assert process.stderr.read() == ""


def test_a_problem_is_told_at_once(started: Any, recording: Path) -> None:
    """It stands on stderr while the replay goes on, and not a second time at its end."""
    process = started(recording, "--json")
    with pytest.raises(Exception, match="4400"):
        play(json.loads(process.stdout.readline()), "hello")
    assert process.stderr.readline().startswith("harness: unexpected first message of a connection")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=120) == 1
    assert process.stderr.read() == ""


def test_step_by_step(started: Any, recording: Path) -> None:
    """A line on stdin lets one message go; one for which none is there is told whose turn it is."""
    process = started(recording, "--speed", "step", "--json")
    endpoint = json.loads(process.stdout.readline())
    print(file=process.stdin, flush=True)
    assert process.stderr.readline() == "harness: no message is waiting, but for a client\n"
    form, credentials = {"grant_type": "client_credentials"}, (endpoint["client_id"], endpoint["client_secret"])
    with httpx.Client(trust_env=False) as http:
        token = http.post(endpoint["token_url"], data=form, auth=credentials).json()["access_token"]
    with connect(endpoint["stream_url"] + f"?access_token={token}", proxy=None) as ws:
        ws.send(SUBSCRIBE)
        while True:  # until the subscribe was taken, no message waits
            print(file=process.stdin, flush=True)
            try:
                assert ws.recv(timeout=0.2) == "hello"
                break
            except TimeoutError:
                continue
        print(file=process.stdin, flush=True)
        line = process.stderr.readline()
        while "for a client" in line:
            line = process.stderr.readline()
        assert line == "harness: no message is waiting, but one.rec.jsonl: the client's close 1000 (entry 5)\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=120) == 0


def test_once_with_a_problem(started: Any, recording: Path) -> None:
    """It leaves with 1 and says what was wrong and what is missing, without payload."""
    process = started(recording, "--once", "--json")
    with pytest.raises(Exception, match="4400"):
        play(json.loads(process.stdout.readline()), '{"type":"subscribe","interaction_id":"i-1","extra":"Ann"}')
    assert process.wait(timeout=120) == 1
    problem, missing = process.stderr.read().splitlines()
    assert problem.startswith(
        "harness: unexpected first message of a connection; nearest recorded: one.rec.jsonl: send #1"
    )
    assert "/extra: not recorded" in problem
    assert "Ann" not in problem
    assert missing == "harness: not played: one.rec.jsonl: connection w1 (entry 1)"


@pytest.mark.parametrize(
    "arguments, code, words",
    [
        (
            ["--speed", "fast"],
            2,
            "--speed: 'fast' is not allowed; expected a number above 0 such as 10 or 10x, instant",
        ),
        (["--speed", "0"], 2, "speed: 0.0 is not allowed"),
        (["--port", "70000"], 2, "--port: 70000 is not allowed"),
    ],
)
def test_bad_options(recording: Path, arguments: list[str], code: int, words: str) -> None:
    """One line and the documented exit code."""
    done = invoked(str(recording), *arguments)
    assert done.exit_code == code
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_bad_files(tmp_path: Path, recording: Path) -> None:
    """A missing file, an empty folder and a broken recording each have their code."""
    (tmp_path / "empty").mkdir()
    broken = tmp_path / "broken.rec.jsonl"
    broken.write_bytes(recording.read_bytes()[:-30])
    for path, code in ((tmp_path / "none", 5), (tmp_path / "empty", 5), (broken, 4)):
        assert invoked(str(path)).exit_code == code


FRAMES = [
    # the fault, what a socket sees after its subscribe, as (opcode, payload)
    ("extra_field:at=entry:4", [(1, b'{"seq":1,"fault":"extra"}'), (1, b'{"seq":2}')]),
    ("duplicate:at=count:2,n=2", [(1, b'{"seq":1}'), *[(1, b'{"seq":2}')] * 3]),
    ("drop:code=1011,at=time:0", [(1, b'{"seq":1}'), (8, b"\x03\xf3")]),
    ("binary:at=count:1,times=all", [(2, b'{"seq":1}'), (1, b'{"seq":2}')]),
]


@pytest.fixture
def numbered(tmp_path: Path) -> Path:
    """A recording of two numbered messages."""
    redaction = Redaction(state="fictional")
    header = Header(id="x", created="2026-01-01T00:00:00Z", tool="test/1", source="synthetic", redaction=redaction)
    with RecordingWriter(tmp_path / "two.rec.jsonl", header) as writer:
        writer.append(WsOpen(n=1, t=0, conn="w1", url=STREAM))
        writer.append(WsAccept(n=2, t=0, conn="w1", re=1))
        writer.append(WsMessage(n=3, t=0, conn="w1", dir="out", text=SUBSCRIBE))
        writer.append(WsMessage(n=4, t=0, conn="w1", dir="in", text='{"seq":1}'))
        writer.append(WsMessage(n=5, t=1, conn="w1", dir="in", text='{"seq":2}'))
        return writer.seal("composed")


def frames_of(endpoint: dict[str, str], count: int) -> list[tuple[int, bytes]]:
    """What comes down a plain socket: the first frames, as (opcode, payload)."""
    credentials = (endpoint["client_id"], endpoint["client_secret"])
    with httpx.Client(trust_env=False) as http:
        form = {"grant_type": "client_credentials"}
        token = http.post(endpoint["token_url"], data=form, auth=credentials).json()["access_token"]
    url = urlsplit(endpoint["stream_url"])
    with socket.create_connection((url.hostname, url.port), timeout=120) as line, line.makefile("rb") as file:
        line.sendall(
            f"GET {url.path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            f"Authorization: Bearer {token}\r\n\r\n".encode()
        )
        while file.readline() != b"\r\n":
            pass
        line.sendall(bytes([0x81, 0x80 | len(SUBSCRIBE)]) + bytes(4) + SUBSCRIBE.encode())
        heads = (file.read(2) for _ in range(count))
        return [(head[0] & 0x0F, file.read(head[1])) for head in heads]


@pytest.mark.parametrize("fault,frames", FRAMES)
def test_a_fault_from_the_command_line(
    started: Any, numbered: Path, tmp_path: Path, fault: str, frames: list[tuple[int, bytes]]
) -> None:
    """What was asked for on the command line is what a plain socket sees, and what --log tells of."""
    log = tmp_path / "own.rec.jsonl"
    process = started(numbered, "--json", "--fault", fault, "--log", log, "--seed", "9")
    assert frames_of(json.loads(process.stdout.readline()), len(frames)) == frames
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=120) == 0
    told = [entry.raw for entry in read_recording(log).entries if isinstance(entry, Unknown)]
    assert {(one["name"], one["seed"]) for one in told} == {(fault, 9)}


def test_faults_from_a_file_and_the_command_line(started: Any, numbered: Path, tmp_path: Path) -> None:
    """Both are played, those of the command line first."""
    file, log = tmp_path / "faults.txt", tmp_path / "own.rec.jsonl"
    file.write_text("# what goes wrong\nduplicate:at=count:1\nbinary:at=type:late   # there is none yet\n")
    words = "type_change:field=seq,at=entry:5"
    assert "a place that is in the recording" in invoked(str(numbered), "--faults", str(file)).stderr
    file.write_text("# what goes wrong\nduplicate:at=count:1\n")
    process = started(numbered, "--json", "--fault", words, "--faults", file, "--log", log)
    seen = frames_of(json.loads(process.stdout.readline()), 3)
    assert seen == [(1, b'{"seq":1}'), (1, b'{"seq":1}'), (1, b'{"seq":"2"}')]
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=120) == 0
    told = [entry.raw["name"] for entry in read_recording(log).entries if isinstance(entry, Unknown)]
    assert told == ["duplicate:at=count:1", words]


@pytest.mark.parametrize(
    "fault,words",
    [
        ("fire", "--fault: 'fire' is not allowed; expected one of 429, 5xx, accept_then_close"),
        ("gap:by=3", "--fault gap: 'by=3' is not allowed; expected KEY=VALUE with one of n, at, nth, times"),
        ("drop:code=99", "expected a close code from 1000 to 4999, fin or rst"),
        ("gap:at=entry:99", "expected a place that is in the recording"),
        ("429:retry_after=soon", "expected seconds, date, long or none"),
    ],
)
def test_wrong_faults(recording: Path, fault: str, words: str) -> None:
    """A fault that cannot be played is a usage error that says what can."""
    done = invoked(str(recording), "--fault", fault)
    assert done.exit_code == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_wrong_line_in_a_file_of_faults(recording: Path, tmp_path: Path) -> None:
    """It is named by its number; a file that cannot be read is named too."""
    (tmp_path / "faults.txt").write_text("gap\nfire\n")
    done = invoked(str(recording), "--faults", str(tmp_path / "faults.txt"))
    assert (done.exit_code, "--faults line 2" in done.stderr) == (2, True)
    assert invoked(str(recording), "--faults", str(tmp_path / "none.txt")).exit_code == 2


def invoked(*arguments: str) -> Any:
    return CliRunner().invoke(command, arguments)


@pytest.mark.parametrize("once, as_json", [(True, True), (False, False), (True, False)])
def test_in_this_process(recording: Path, monkeypatch: pytest.MonkeyPatch, once: bool, as_json: bool) -> None:
    """The serving part: it stops at a signal, or when all is played."""

    said: list[str] = []
    monkeypatch.setattr(replay, "say", said.append)

    async def main() -> ReplayService:
        shown: asyncio.Queue[str] = asyncio.Queue()
        monkeypatch.setattr(click, "echo", shown.put_nowait)
        service = ReplayService([read_recording(recording)], dialect=MediationDialect(), clock=SystemClock())
        async with asyncio.timeout(120), asyncio.TaskGroup() as group:
            serving = group.create_task(replay._replay(service, [], once=once, as_json=as_json, certificate=None))
            printed = await shown.get()
            if as_json:
                await asyncio.to_thread(play, json.loads(printed))
            else:
                assert f"export GENESYS_CLIENT_ID={service.client_id}" in printed
                os.kill(os.getpid(), signal.SIGINT)
            await serving
        return service

    service = asyncio.run(main())
    said.clear()
    assert replay._went_well(service, once=False)
    assert said == []
    assert replay._went_well(service, once=True) is as_json
    assert len(said) == (0 if as_json else 1)


def test_the_whole_command_in_this_process(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody came for is told on stderr, and decides the exit code, with --once only."""

    async def serve(service: ReplayService, held: list[str], **_: Any) -> None:
        return

    monkeypatch.setattr(replay, "_serve", serve)
    assert invoked(str(recording)).exit_code == 0
    done = invoked(str(recording), "--once")
    assert (done.exit_code, done.stderr.count("not played")) == (1, 1)
