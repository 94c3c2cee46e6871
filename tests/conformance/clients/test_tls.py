"""A replay behind TLS: clients that trust its certificate see what they see without, the others fail as they always do."""

from __future__ import annotations

import asyncio
import json
import shutil
import ssl
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from harness.clock import SystemClock
from harness.dialects.generic import GenericDialect
from harness.recording.reader import Recording
from harness.replayer.service import ReplayService
from harness.wire.certificate import make_certificate, server_context

Seen = list[list[str]]
Client = Callable[[list[str], Any], Awaitable[Seen]]

CASES = ("/refused-429", "/closed-4008", "/ours-4001", "/texts", "/vanished")
DISTRUST = {
    "websockets_asyncio": "SSLCertVerificationError",
    "websockets_sync": "SSLCertVerificationError",
    "aiohttp": "ClientConnectorCertificateError",
    "websocket_client": "SSLCertVerificationError",
}

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate as ``--tls`` makes it."""
    return make_certificate(tmp_path)


async def _played(
    recordings: list[Recording], client: Client, certificate: Path | None, trust: Any, **options: Any
) -> Seen:
    tls = None if certificate is None else server_context(certificate)
    service = ReplayService(recordings, dialect=GenericDialect(), clock=SystemClock(), tls=tls, **options)
    async with service:
        origin = f"{'ws' if tls is None else 'wss'}://localhost:{service.ports[1]}"
        seen = await client([origin + case for case in CASES], trust)
    assert service.problems == []
    return seen


def test_python_clients(recordings: list[Recording], certificate: Path, python_client: Any) -> None:
    """websockets, aiohttp and websocket-client: the same with TLS as without; without trust an ordinary failure."""
    trusting = ssl.create_default_context(cafile=str(certificate))
    plain = asyncio.run(_played(recordings, python_client, None, None))
    assert asyncio.run(_played(recordings, python_client, certificate, trusting)) == plain
    stranger = ssl.create_default_context()
    refused = asyncio.run(_played(recordings, python_client, certificate, stranger))
    assert [lines[0].split()[0] for lines in refused] == [DISTRUST[python_client.__name__]] * len(CASES)


@pytest.mark.prove
def test_node(recordings: list[Recording], certificate: Path, node_client: Any) -> None:
    """The certificate through NODE_EXTRA_CA_CERTS."""
    plain = asyncio.run(_played(recordings, node_client, None, None))
    assert asyncio.run(_played(recordings, node_client, certificate, certificate)) == plain
    refused = asyncio.run(_played(recordings, node_client, certificate, None))
    assert refused == [["error DEPTH_ZERO_SELF_SIGNED_CERT ", "close 1006 "]] * len(CASES)


@pytest.mark.prove
def test_chromium(recordings: list[Recording], certificate: Path, chromium_client: Any) -> None:
    """A page is not asked whom to trust: to it the replay is not there."""
    refused = asyncio.run(
        _played(recordings, chromium_client.play, certificate, None, origins=[chromium_client.origin])
    )
    assert refused == [["error", "close 1006  false"]] * len(CASES)


CHILD = """
import sys
from websockets.sync.client import connect
with connect(sys.argv[1] + "/texts", proxy=None) as ws:
    ws.send("hi")
    print(sum(1 for _ in ws))
"""


def test_the_export_lines(recordings: list[Recording], tmp_path: Path) -> None:
    """``--tls`` names its certificate, and SSL_CERT_FILE is all that a Python client needs."""
    command = [sys.executable, "-m", "harness", "replay", str(recordings[0].path), "--tls", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as replay:
        assert replay.stdout is not None
        try:
            said = json.loads(replay.stdout.readline())
            origin = said["stream_url"].removesuffix("/api/v2/mediation/conversations/stream")
            done = subprocess.run(
                [sys.executable, "-c", CHILD, origin],
                env={"SSL_CERT_FILE": said["certificate"]},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        finally:
            replay.terminate()
            replay.communicate()
    assert (done.stdout, done.stderr) == ("5\n", "")
