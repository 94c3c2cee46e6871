"""Signals to ``harness record`` and ``harness run --live``, in processes of their own."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.recording.entry import WsClose
from harness.recording.reader import read_recording
from harness.wire.serve import Peer, PeerClosed, WsServer
from harness.wire.serve_http import Answer, Call, HttpServer

CONVERSATION = "telco-one-0001"


class Service:
    """Sends a subscription's answer and one summary, then says no more; its webhook may never answer."""

    def __init__(self, *, hook_hangs: bool = False, mute: bool = False) -> None:
        self.hook_hangs = hook_hangs
        self.mute = mute
        self.quiet = asyncio.Event()
        self.hooked = asyncio.Event()
        self.over = asyncio.Event()
        self.codes: list[int] = []

    async def http(self, call: Call) -> Answer:
        if call.path == "/hook":
            self.hooked.set()
            if self.hook_hangs:
                await self.over.wait()
            return Answer(status=200)
        if call.path == "/oauth/token":
            return Answer(status=200, body=b'{"access_token":"token-1","expires_in":3600}')
        return Answer(status=200, body=b'{"valid":true}')

    async def stream(self, peer: Peer) -> None:
        try:
            await peer.recv()
            said = {"interaction_id": CONVERSATION}
            await peer.send(json.dumps({"type": "subscribed", "seq": 1, **said}))
            more = {"utterance_id": "u2", "speaker": "customer", "text": "My router is broken."}
            await peer.send(json.dumps({"type": "utterance", "seq": 2, **said, **more}))
            more = {"summary_id": "s3", "summary": "The router is broken."}
            await peer.send(json.dumps({"type": "summary.completed", "seq": 3, **said, **more}))
            self.quiet.set()
            if self.mute:
                peer._ws.transport.pause_reading()
                await self.over.wait()
            await peer.recv()
        except PeerClosed as closed:
            self.codes.append(closed.code)


@asynccontextmanager
async def verb(folder: Path, service: Service, *args: str, **more: str) -> AsyncIterator[Any]:
    """The verb at work on ``service``."""
    async with (
        asyncio.timeout(120),
        HttpServer(service.http) as http,
        WsServer(service.stream) as stream,
    ):
        endpoint = f"http://127.0.0.1:{http.port}?stream={stream.port}"
        command = [sys.executable, "-m", "harness", *(arg.replace("ENDPOINT", endpoint) for arg in args)]
        env = {"GENESYS_CLIENT_ID": "me", "GENESYS_CLIENT_SECRET": "s", "PATH": "/usr/bin", **more}
        env = {name: value.replace("HOOK", f"http://127.0.0.1:{http.port}/hook") for name, value in env.items()}
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            env={**_python_path(), **env},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            yield process
        finally:
            service.over.set()
            if process.returncode is None:
                process.kill()
                await process.communicate()


def _python_path() -> dict[str, str]:
    import os

    return {name: os.environ[name] for name in ("PYTHONPATH", "PYTHONSAFEPATH") if name in os.environ}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_record_is_stopped(tmp_path: Path, number: signal.Signals) -> None:
    """The connection is closed with 1001, the recording sealed, and the exit code is 0."""

    async def main() -> tuple[Service, int, bytes]:
        service = Service()
        args = ("record", "-c", CONVERSATION, "--endpoint", "ENDPOINT", "--name", "one", "-o", ".", "--json")
        async with verb(tmp_path, service, *args) as process:
            await service.quiet.wait()
            process.send_signal(number)
            out, _ = await process.communicate()
        return service, process.returncode, out

    service, code, out = asyncio.run(main())
    assert (code, service.codes) == (0, [1001])
    assert json.loads(out)["stopped"] is True
    recording = read_recording(tmp_path / "one.rec.jsonl")
    assert recording.seal is not None and recording.seal.reason == "signal"
    (close,) = (entry for entry in recording.entries if isinstance(entry, WsClose))
    assert (close.by, close.code, close.clean) == ("us", 1001, True)


def test_run_is_stopped(tmp_path: Path) -> None:
    """What has come is judged, audited and delivered, the audit log is sealed, the report written, the exit code 0."""

    async def main() -> tuple[Service, int]:
        service = Service()
        args = ("run", "--live", "ENDPOINT", "-c", CONVERSATION, "--name", "live")
        async with verb(tmp_path, service, *args, HARNESS_WEBHOOK_URL="HOOK") as process:
            await service.hooked.wait()
            process.send_signal(signal.SIGTERM)
            await process.communicate()
        return service, process.returncode

    service, code = asyncio.run(main())
    assert (code, service.codes) == (0, [1001])
    folder = tmp_path / "reports" / "live"
    audit = [json.loads(line) for line in (folder / "audit.jsonl").read_text().splitlines()]
    assert [one["number"] for one in audit if one["record"] == "message"] == [1, 2, 3]
    assert audit[-1]["record"] == "seal" and audit[-1]["final"] is True
    assert {one["sink"] for one in audit if one["record"] == "delivery"} == {"sqlite", "delivered.jsonl", "webhook"}
    report = json.loads((folder / "report.json").read_text())
    assert report["verdicts"]["messages"] == 3
    assert report["measurements"]["latency"]["queue"]["n"] == 3
    assert report["measurements"]["depth_max"]["queue"] >= 1


def test_a_sink_that_hangs_does_not_hold_the_end_up(tmp_path: Path) -> None:
    """What could not be delivered in the time there is stays in the outbox; everything else is in order."""

    async def main() -> int:
        service = Service(hook_hangs=True)
        args = ("run", "--live", "ENDPOINT", "-c", CONVERSATION, "--name", "live")
        async with verb(tmp_path, service, *args, HARNESS_WEBHOOK_URL="HOOK", HARNESS_DRAIN_S="0.5") as process:
            await service.hooked.wait()
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(90):
                await process.communicate()
        code: int = process.returncode
        return code

    assert asyncio.run(main()) == 0
    audit = [json.loads(line) for line in (tmp_path / "reports/live/audit.jsonl").read_text().splitlines()]
    assert audit[-1]["final"] is True
    assert "webhook" not in {one.get("sink") for one in audit}


def test_the_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    """A service that does not answer our close may be waited for; whoever asks twice is not kept waiting."""

    async def main() -> int:
        service = Service(mute=True)
        args = ("run", "--live", "ENDPOINT", "-c", CONVERSATION, "--name", "live")
        async with verb(tmp_path, service, *args, HARNESS_DRAIN_S="100") as process:
            await service.quiet.wait()
            audit = tmp_path / "reports/live/audit.jsonl"
            while not audit.exists() or audit.read_text().count('"message"') < 3:  # noqa: ASYNC110 - a file tells nobody
                await asyncio.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.5)
            assert process.returncode is None
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(90):
                await process.communicate()
        code: int = await process.wait()
        return code

    assert asyncio.run(main()) == -signal.SIGTERM
