"""The table and the variables of "Clients" in REPLAY.md, tried as they stand."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.recording.reader import Recording

TEXTS = 5
"""Messages of the case /texts."""

SETUP = """
import asyncio, json, os, sys
url, token = sys.argv[1:3]
"""
SYNC = """
from {module} import {name}
ws = {line}
ws.send("hi")
print(len([ws.recv() for _ in range({count})]))
ws.close()
"""
ASYNC = """
from websockets.asyncio.client import connect
async def main():
    async with {line} as ws:
        await ws.send("hi")
        print(len([await ws.recv() for _ in range({count})]))
asyncio.run(main())
"""
AIOHTTP = """
import aiohttp
async def main():
    async with aiohttp.ClientSession() as session, {line} as ws:
        await ws.send_str("hi")
        print(len([await ws.receive_str() for _ in range({count})]))
asyncio.run(main())
"""
PROGRAMS = {
    "websockets": ("websockets", ASYNC),
    "websockets sync": ("websockets", SYNC.replace("{module}", "websockets.sync.client").replace("{name}", "connect")),
    "aiohttp": ("aiohttp", AIOHTTP),
    "websocket-client": ("websocket", SYNC.replace("{module}", "websocket").replace("{name}", "create_connection")),
}
NODE = """
const WebSocket = require("ws");
const [url, token] = process.argv.slice(2);
const ws = {line};
let count = 0;
ws.on("open", () => ws.send("hi"));
ws.on("message", () => {{ if (++count === {count}) {{ console.log(count); ws.close(); }} }});
"""
PAGE = """<script>
const [url, token] = JSON.parse(decodeURIComponent(location.search.slice(1)));
const ws = {line};
let count = 0;
const post = (what) => fetch("/seen", {{ method: "POST", body: String(what) }});
ws.onopen = () => ws.send("hi");
ws.onmessage = () => {{ if (++count === {count}) post(count); }};
ws.onerror = () => post("error");
</script>"""


@pytest.fixture
def lines(root: Path) -> dict[str, str]:
    """Client -> its line in the table."""
    page = (root / "harness" / "replayer" / "REPLAY.md").read_text(encoding="utf-8")
    found = dict(re.findall(r"^\| (?:Python, |Node, |)([\w-]+) \| `([^`]+)`", page, re.MULTILINE))
    assert {"websockets", "aiohttp", "websocket-client", "ws", "browser"} <= set(found)
    return found


@pytest.fixture
def replay(recordings: list[Recording]) -> Iterator[Any]:
    """``replay(*options)`` starts the command and gives its addresses, with a token and the address of the case."""
    running: list[subprocess.Popen[str]] = []

    def start(*options: str) -> dict[str, str]:
        command = [sys.executable, "-m", "harness", "replay", str(recordings[0].path), "--json", "--loop", *options]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        assert running[-1].stdout is not None
        said: dict[str, str] = json.loads(running[-1].stdout.readline())
        verify = ssl.create_default_context(cafile=said.get("certificate"))
        with httpx.Client(trust_env=False, verify=verify) as http:
            form = {"grant_type": "client_credentials"}
            answer = http.post(said["token_url"], data=form, auth=(said["client_id"], said["client_secret"]))
        said["token"] = answer.json()["access_token"]
        said["url"] = said["stream_url"].removesuffix("/api/v2/mediation/conversations/stream") + "/texts"
        return said

    yield start
    for process in running:
        process.terminate()
        process.communicate()


def _printed(command: list[str], **environment: str) -> str:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_python(replay: Any, lines: dict[str, str]) -> None:
    """Each line, without and with TLS: SSL_CERT_FILE is all they need."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    secure = replay("--dialect", "mediation", "--tls")
    for name, (package, program) in PROGRAMS.items():
        pytest.importorskip(package, reason=f"{name} is not installed")
        code = SETUP + program.format(line=lines[name.removesuffix(" sync")], count=TEXTS)
        command = [sys.executable, "-c", code, secure["url"], secure["token"]]
        assert _printed(command, SSL_CERT_FILE=secure["certificate"]) == str(TEXTS)


@pytest.mark.prove
@pytest.mark.parametrize("tls", [[], ["--tls"]])
def test_node(replay: Any, lines: dict[str, str], node_modules: Path, tmp_path: Path, tls: list[str]) -> None:
    """The certificate as NODE_EXTRA_CA_CERTS."""
    said = replay("--dialect", "mediation", *tls)
    program = tmp_path / "client.js"
    program.write_text(NODE.format(line=lines["ws"], count=TEXTS))
    environment = {"PATH": os.environ["PATH"], "NODE_PATH": str(node_modules / "node_modules")}
    if tls:
        environment["NODE_EXTRA_CA_CERTS"] = said["certificate"]
    assert _printed(["node", str(program), said["url"], said["token"]], **environment) == str(TEXTS)


@pytest.mark.prove
@pytest.mark.parametrize("allowed", [True, False])
def test_browser(replay: Any, lines: dict[str, str], browser: Any, allowed: bool) -> None:
    """With its origin let in by --origin; without, an error."""
    said = replay("--dialect", "mediation", *(["--origin", browser.origin] if allowed else []))
    page = PAGE.format(line=lines["browser"], count=TEXTS).encode()
    seen = asyncio.run(browser.visit(page, json.dumps([said["url"], said["token"]])))
    assert seen == (str(TEXTS) if allowed else "error")


@pytest.mark.parametrize(
    "package, variable, code",
    [
        ("httpx", "SSL_CERT_FILE", "import httpx; print(httpx.post(sys.argv[1]).status_code)"),
        ("requests", "REQUESTS_CA_BUNDLE", "import requests; print(requests.post(sys.argv[1]).status_code)"),
    ],
    ids=["httpx", "requests"],
)
def test_rest_clients(replay: Any, package: str, variable: str, code: str) -> None:
    """The variable each REST client takes its certificates from."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    pytest.importorskip(package, reason=f"{package} is not installed")
    said = replay("--dialect", "mediation", "--tls")
    command = [sys.executable, "-c", f"import sys; {code}", said["token_url"], ""]
    assert _printed(command, **{variable: said["certificate"]}) in ("400", "401")
