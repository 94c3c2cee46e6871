"""The worked example of GENERIC.md, run as it stands: a service, a recording, a replay."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from harness.recording.entry import OutcomeEntry, WsMessage
from harness.recording.reader import read_recording

PHONE = "415-288-0199"


def caption(n: int, text: str, **more: Any) -> str:
    message = {"event": "caption", "call": {"id": "c-7"}, "n": n, "result": {"text": text, "final": True}} | more
    return json.dumps(message)


async def captions(connection: ServerConnection) -> None:
    """Speaks when asked, then hangs up."""
    asked = json.loads(await connection.recv())
    assert asked == {"action": "listen", "call": "c-7", "after": 0}
    await connection.send(caption(1, "Thank you for calling."))
    await connection.send(caption(2, f"It is {PHONE}.", note={f"call {PHONE}": [f"or {PHONE}"]}))
    await connection.send(json.dumps({"event": "hangup", "call": {"id": "c-7"}, "n": 3}))
    await connection.wait_closed()


@contextmanager
def service(speak: Callable[[ServerConnection], Awaitable[None]]) -> Iterator[int]:
    """A WebSocket service of nobody's dialect; yields its port."""
    ready: list[int] = []
    started, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def run() -> None:
        async with serve(speak, "127.0.0.1", 0) as server:
            ready.append(next(iter(server.sockets)).getsockname()[1])
            started.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    started.wait(60)
    try:
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


def harness(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "harness", *arguments], cwd=cwd, text=True, capture_output=True, timeout=180, check=False
    )


@pytest.fixture(scope="session")
def example(root: Path) -> dict[str, str]:
    """The code blocks of the page, by language."""
    page = (root / "harness" / "dialects" / "GENERIC.md").read_text()
    assert len(page.splitlines()) <= 40
    return dict(re.findall(r"```(\w+)\n(.*?)```", page, re.DOTALL))


def commands(example: dict[str, str], port: int) -> list[list[str]]:
    lines = [line.removeprefix("$ harness ") for line in example["console"].splitlines()]
    return [shlex.split(line.replace(":9000", f":{port}")) for line in lines]


def test_the_example_works(tmp_path: Path, example: dict[str, str]) -> None:
    """Recorded, every string scanned, replayed with the description from the header, no difference."""
    (tmp_path / "captions.toml").write_text(example["toml"])
    with service(captions) as port:
        record, run, _ = commands(example, port)
        done = harness(*record, "--seed", "7", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    path = tmp_path / "recordings" / "c-7.rec.jsonl"
    assert PHONE not in path.read_text()
    recording = read_recording(path)
    assert recording.header.dialect == "captions/1"
    inbound = [e for e in recording.entries if isinstance(e, WsMessage) and e.dir == "in"]
    assert [len(e.pii) for e in inbound] == [0, 3, 0]
    outcomes = [e for e in recording.entries if isinstance(e, OutcomeEntry)]
    assert [(e.event, e.seq, e.verdict) for e in outcomes] == [
        ("caption", 1, "accepted"),
        ("caption", 2, "accepted"),
        ("end", 3, "accepted"),
    ]
    (tmp_path / "captions.toml").unlink()
    replayed = harness(*run, "--json", cwd=tmp_path)
    assert replayed.returncode == 0, replayed.stderr
    parity = json.loads(replayed.stdout)["parity"]
    assert (parity["messages"], parity["differing"], parity["problems"]) == (3, 0, [])


def test_any_client_replays_it(tmp_path: Path, example: dict[str, str]) -> None:
    """No token is asked for, and the recorded path answers."""
    (tmp_path / "captions.toml").write_text(example["toml"])
    with service(captions) as port:
        assert harness(*commands(example, port)[0], cwd=tmp_path).returncode == 0
    arguments = [*commands(example, port)[2], "--once", "--json"]
    command = [sys.executable, "-m", "harness", *arguments]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as replay:
        assert replay.stdout is not None
        url = json.loads(replay.stdout.readline())["stream_url"]

        async def client() -> list[str]:
            async with connect(url, proxy=None) as connection:
                await connection.send('{"action":"listen","call":"c-7","after":0}')
                return [str(await connection.recv()) for _ in range(3)]

        texts = asyncio.run(client())
        assert replay.wait(60) == 0
    assert [json.loads(text)["n"] for text in texts] == [1, 2, 3]


def test_any_client_is_recorded(tmp_path: Path, example: dict[str, str]) -> None:
    """Between a client of nobody's and the service: its messages are judged in the dialect, and the recording replays."""
    (tmp_path / "captions.toml").write_text(example["toml"])

    async def client(url: str) -> list[int]:
        async with connect(url, proxy=None) as connection:
            await connection.send('{"action":"listen","call":"c-7","after":0}')
            return [json.loads(await connection.recv())["n"] for _ in range(3)]

    with service(captions) as port:
        upstream = f"stream=ws://127.0.0.1:{port}/captions"
        listen = [
            "record",
            "--listen",
            "127.0.0.1:0",
            "--dialect",
            "captions.toml",
            "--upstream",
            upstream,
            "--seed",
            "7",
        ]
        command = [sys.executable, "-m", "harness", *listen, "--name", "c-7", "--json"]
        with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as record:
            assert record.stdout is not None
            url = json.loads(record.stdout.readline())["stream_url"]
            assert url.endswith("/captions")
            assert asyncio.run(client(url)) == [1, 2, 3]
            record.send_signal(signal.SIGINT)
            out, _ = record.communicate(timeout=60)
    assert (record.returncode, json.loads(out)["messages"]) == (0, 3)
    path = tmp_path / "recordings" / "c-7.rec.jsonl"
    assert PHONE not in path.read_text()
    recording = read_recording(path)
    assert recording.header.dialect == "captions/1"
    verdicts = [(e.event, e.seq, e.verdict) for e in recording.entries if isinstance(e, OutcomeEntry)]
    assert verdicts == [("caption", 1, "accepted"), ("caption", 2, "accepted"), ("end", 3, "accepted")]
    replayed = harness("run", "-r", str(path), "--json", cwd=tmp_path)
    assert (replayed.returncode, json.loads(replayed.stdout)["parity"]["differing"]) == (0, 0), replayed.stderr


def test_record_modes(tmp_path: Path, example: dict[str, str]) -> None:
    """Mode once makes the recording in the dialect, and replays it when it is there; verify compares with the service."""
    (tmp_path / "captions.toml").write_text(example["toml"])
    assert harness("key", "new", "our.key", cwd=tmp_path).returncode == 0
    run = ["run", "-r", "c-7.rec.jsonl", "-c", "c-7", "--key-file", "our.key", "--json"]
    with service(captions) as port:
        live = ["--endpoint", f"ws://127.0.0.1:{port}/captions"]
        made = harness(*run, "--mode", "once", "--dialect", "captions.toml", *live, cwd=tmp_path)
        assert made.returncode == 0, made.stderr
        assert "recorded: c-7.rec.jsonl" in made.stderr
        same = harness(*run, "--mode", "verify", *live, cwd=tmp_path)
        assert same.returncode == 0, same.stderr
    assert read_recording(tmp_path / "c-7.rec.jsonl").header.dialect == "captions/1"
    again = harness(*run, "--mode", "once", cwd=tmp_path)
    assert (again.returncode, "recorded:" in again.stderr) == (0, False), again.stderr


def test_an_unknown_stream_is_recorded_and_replayed(tmp_path: Path) -> None:
    """No description, no subscription: the close of the service is the end."""

    async def talk(connection: ServerConnection) -> None:
        await connection.send(json.dumps({"a": [{"b": f"call {PHONE}"}]}))
        await connection.send("no JSON at all")
        await connection.close(1000)

    with service(talk) as port:
        done = harness("record", "--dialect", "generic", "--endpoint", f"ws://127.0.0.1:{port}/x", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    path = tmp_path / "recordings" / "session.rec.jsonl"
    assert PHONE not in path.read_text()
    verdicts = [e.verdict for e in read_recording(path).entries if isinstance(e, OutcomeEntry)]
    assert verdicts == ["accepted", "rejected"]
    replayed = harness("run", "-r", str(path), "--json", cwd=tmp_path)
    assert replayed.returncode == 0, replayed.stderr + replayed.stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_seals_the_recording(tmp_path: Path, number: signal.Signals) -> None:
    """What has come is judged and recorded, the seal says why, the exit code is 0."""
    told = threading.Event()

    async def talk(connection: ServerConnection) -> None:
        for n in range(3):
            await connection.send(json.dumps({"n": n}))
        await (await connection.ping())
        told.set()
        await connection.wait_closed()

    with service(talk) as port:
        command = ["record", "--dialect", "generic", "--endpoint", f"ws://127.0.0.1:{port}/x", "--json"]
        with subprocess.Popen(
            [sys.executable, "-m", "harness", *command], cwd=tmp_path, stdout=subprocess.PIPE, text=True
        ) as record:
            assert told.wait(60)
            record.send_signal(number)
            out, _ = record.communicate(timeout=60)
    assert record.returncode == 0
    assert json.loads(out)["stopped"] is True
    recording = read_recording(tmp_path / "recordings" / "session.rec.jsonl")
    assert recording.seal is not None
    assert recording.seal.reason == "signal"
    assert sum(isinstance(e, WsMessage) for e in recording.entries) == 3
    assert sum(isinstance(e, OutcomeEntry) for e in recording.entries) == 3


def holds(path: Path, mark: bytes) -> bool:
    """Wait until a file that is being written holds ``mark``."""
    never = threading.Event()
    return any((path.exists() and mark in path.read_bytes()) or never.wait(0.1) for _ in range(600))


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    """A service that does not let go is not waited for; the .part keeps every entry."""
    told, over = threading.Event(), threading.Event()
    part = tmp_path / "recordings" / "session.rec.jsonl.part"

    async def talk(connection: ServerConnection) -> None:
        await connection.send(json.dumps({"n": 1}))
        connection.transport.pause_reading()  # never answers the close
        told.set()
        await asyncio.to_thread(over.wait, 120)
        connection.transport.abort()

    with service(talk) as port:
        command = ["record", "--dialect", "generic", "--endpoint", f"ws://127.0.0.1:{port}/x"]
        with subprocess.Popen([sys.executable, "-m", "harness", *command], cwd=tmp_path) as record:
            assert told.wait(60)
            assert holds(part, b'"ws.message"')
            os.kill(record.pid, signal.SIGTERM)
            with pytest.raises(subprocess.TimeoutExpired):
                record.wait(1)
            os.kill(record.pid, signal.SIGTERM)
            assert record.wait(60) == -signal.SIGTERM
        over.set()
    assert any(isinstance(e, WsMessage) for e in read_recording(part, allow_truncated=True).entries)


def test_a_full_disk_costs_entries_and_not_the_session(tmp_path: Path) -> None:
    """Every message is still judged; without room for the seal the file is whole up to its last entry."""

    async def talk(connection: ServerConnection) -> None:
        for n in range(30):
            await connection.send(json.dumps({"n": n, "text": "word " * 20}))
        await connection.close(1000)

    limited = "import resource, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000)); runpy.run_module('harness', run_name='__main__')"
    with service(talk) as port:
        command = ["record", "--dialect", "generic", "--endpoint", f"ws://127.0.0.1:{port}/x"]
        done = subprocess.run(
            [sys.executable, "-c", limited, *command],
            cwd=tmp_path,
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
        )
    assert "disk_full" in done.stderr
    assert "harness seal recordings/session.rec.jsonl.part" in done.stderr
    assert done.returncode != 0
    part = tmp_path / "recordings" / "session.rec.jsonl.part"
    whole = read_recording(part, allow_truncated=True)
    assert part.read_bytes().endswith(b"\n")
    assert 3 < len(whole.entries) < 30
    assert harness("seal", str(part), cwd=tmp_path).returncode == 0
    assert read_recording(part.with_suffix("")).entries == whole.entries
