"""``harness record --listen``."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from harness.cli.record_proxy import listen_address, upstreams_of
from harness.dialects.generic import GenericDialect
from harness.dialects.mediation import MediationDialect
from harness.errors import ConfigError
from harness.recording.entry import WsClose, WsMessage
from harness.recording.reader import read_recording
from harness.settings import load_settings


async def _session(folder: Path, *options: str) -> tuple[str, str, int]:
    """Start the verb, talk through it once, interrupt it; its first line, the rest, and its exit code."""

    async def echo(ws: ServerConnection) -> None:
        await ws.send(await ws.recv())
        await ws.close(4000, "enough")

    async with serve(echo, "127.0.0.1", 0) as service:
        upstream = f"stream=ws://127.0.0.1:{service.sockets[0].getsockname()[1]}"
        command = ["-m", "harness", "record", "--listen", "127.0.0.1:0", "--upstream", upstream, "-o", str(folder)]
        process = await asyncio.create_subprocess_exec(sys.executable, *command, *options, stdout=subprocess.PIPE)
        assert process.stdout is not None
        async with asyncio.timeout(120):
            first = (await process.stdout.readline()).decode()
            url = json.loads(first)["stream_url"] if "--json" in options else first.split()[2]
            async with connect(url + "/s", proxy=None) as ws:
                await ws.send("hello")
                assert await ws.recv() == "hello"
                await ws.wait_closed()
            process.send_signal(signal.SIGINT)
            rest, _ = await process.communicate()
    return first, rest.decode(), process.returncode or 0


def test_any_client_is_recorded_until_interrupted(tmp_path: Path) -> None:
    """The addresses are printed, the recording is sealed at the interrupt, and its facts are printed."""
    first, rest, code = asyncio.run(_session(tmp_path, "--name", "one", "--json"))
    assert json.loads(first)["endpoint"].startswith("http://127.0.0.1:")
    assert json.loads(rest)["messages"] == 1
    assert code == 0
    recording = read_recording(tmp_path / "one.rec.jsonl")
    assert recording.seal is not None
    assert [(entry.dir, entry.text) for entry in recording.entries if isinstance(entry, WsMessage)] == [
        ("out", "hello"),
        ("in", "hello"),
    ]
    (close,) = (entry for entry in recording.entries if isinstance(entry, WsClose))
    assert (close.by, close.code, close.reason) == ("peer", 4000, "enough")


def test_words_for_people(tmp_path: Path) -> None:
    """Without --json the addresses are shell lines; a recording that exists is not written over."""
    first, rest, code = asyncio.run(_session(tmp_path))
    assert first.startswith("# stream ws://127.0.0.1:")
    assert "export HARNESS_ENDPOINT='http://127.0.0.1:" in rest
    assert code == 0
    command = [sys.executable, "-m", "harness", "record", "--listen", "127.0.0.1:0", "-o", str(tmp_path)]
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 2
    assert "does not exist yet" in again.stderr


def test_options() -> None:
    """HOST:PORT and ROLE=URL; without any upstream, the services of the settings."""
    assert listen_address("[::1]:80") == ("::1", 80)
    for wrong in ("127.0.0.1", ":1", "h:x"):
        with pytest.raises(ConfigError):
            listen_address(wrong)
    settings = load_settings(endpoint="http://127.0.0.1:5?stream=6")
    spoken = MediationDialect()
    assert upstreams_of(settings, [], spoken)["stream"].startswith("ws://127.0.0.1:6/")
    assert upstreams_of(settings, ["gateway=http://127.0.0.1:1"], spoken) == {"gateway": "http://127.0.0.1:1"}
    alone = load_settings(endpoint="ws://127.0.0.1:6/captions")
    assert upstreams_of(alone, [], GenericDialect()) == {"stream": "ws://127.0.0.1:6/captions"}
    for bad in (["gateway"], ["token=a", "token=b"]):
        with pytest.raises(ConfigError):
            upstreams_of(settings, bad, spoken)
