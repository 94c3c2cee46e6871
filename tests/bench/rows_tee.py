"""The proxy: CPU per relayed and captured 1 KB message, in the proxy's process alone.

1. Service and client are a process of their own (``wire_ends.py``), the same for every proxy; nobody counts them.
2. ``tee`` relays and captures raw; ``tee-decoded`` decodes every frame as well. No proxy searches or replaces anything.
3. mitmproxy lives in an environment of its own, ``.bench-venv``, made on the first run. What cannot be had is left out, and
   the reason is printed.
4. nginx records nothing; it is asked to relay WebSocket as its manual says, with its default buffers.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
VENV = ROOT / ".bench-venv"
MESSAGES = 40_000
SLOW = 4_000
SETTLE_S = 0.2
ENV = {**os.environ, "PYTHONPATH": str(ROOT)}


def _started(command: Sequence[str], **options: Any) -> subprocess.Popen[str]:
    process = subprocess.Popen(command, env=ENV, text=True, **options)
    atexit.register(_ended, process)
    return process


def _ended(process: subprocess.Popen[str]) -> None:
    """In order, so that nginx takes its worker with it."""
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()


@functools.cache
def _scratch() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="bench-tee-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


class Ends:
    """The service and the client."""

    def __init__(self) -> None:
        self._process = _started([sys.executable, str(HERE / "wire_ends.py")], stdin=-1, stdout=-1)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def stream(self, port: int, messages: int) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"port": port, "messages": messages}) + "\n")
        self._process.stdin.flush()
        if self._process.stdout.readline() != "done\n":
            raise RuntimeError("the stream did not come through")


@functools.cache
def ends() -> Ends:
    return Ends()


class Rival:
    """A proxy that was started: how to stream through it, and what that costs it."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self._process = process
        self._port = port

    def streams(self, messages: int) -> float:
        """CPU seconds of the proxy, its children and all their threads."""
        before = self._cpu_s()
        ends().stream(self._port, messages)
        time.sleep(SETTLE_S)  # what is put off is part of the work
        return self._cpu_s() - before

    def rss_kb(self) -> int:
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0])

    def _cpu_s(self) -> float:
        pids = [self._process.pid, *_children(self._process.pid)]
        files = [task / "schedstat" for pid in pids for task in Path(f"/proc/{pid}/task").iterdir()]
        return sum(int(file.read_text().split()[0]) for file in files) / 1e9


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@functools.cache
def _python(script: str, *arguments: str) -> Rival:
    spool = _scratch() / f"{script}-{'-'.join(arguments)}"
    command = [sys.executable, str(HERE / script), f"ws://127.0.0.1:{ends().port}", str(spool), *arguments]
    process = _started(command, stdout=-1)
    assert process.stdout is not None
    return Rival(process, int(process.stdout.readline()))


@functools.cache
def _nginx() -> Rival:
    port, folder = _free_port(), _scratch()
    temporary = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("proxy", "fastcgi", "uwsgi", "scgi"))
    (
        folder / "nginx.conf"
    ).write_text(f"""daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr crit;
events {{ worker_connections 64; }}
http {{ access_log off; client_body_temp_path {folder}/body; {temporary}
 server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{ends().port}; proxy_http_version 1.1;
  proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; }} }} }}
""")
    binary = shutil.which("nginx") or ""
    return _answering(_started([binary, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]), port)


@functools.cache
def _mitmproxy() -> Rival:
    port = _free_port()
    mode = f"reverse:http://127.0.0.1:{ends().port}"
    flows = str(_scratch() / "flows")
    options = ["--mode", mode, "--listen-host", "127.0.0.1", "--listen-port", str(port), "-w", flows, "-q"]
    return _answering(_started([str(VENV / "bin" / "mitmdump"), *options]), port)


def _answering(process: subprocess.Popen[str], port: int) -> Rival:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return Rival(process, port)
        time.sleep(0.1)
    raise RuntimeError("a proxy did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _nginx_missing() -> str:
    return "" if shutil.which("nginx") else "nginx is not installed"


def _mitmproxy_missing() -> str:
    """Why mitmproxy cannot run, '' if it can."""
    if (VENV / "bin" / "mitmdump").exists():
        return ""
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, check=False)
    if made.returncode:
        return "no virtual environment could be made for it"
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "-q", "install", "mitmproxy"]
    done = subprocess.run(pip, capture_output=True, check=False, timeout=600)
    return "" if done.returncode == 0 else "pip could not install it"


def _through(rival: Callable[[], Rival], messages: int = MESSAGES) -> Callable[[], float]:
    return lambda: rival().streams(messages)


def _growth() -> float:
    """Memory after five times the messages, as a ratio: the recording of a stream is not held in memory."""
    proxy = _python("proxy_ours.py", "decoded")
    proxy.streams(MESSAGES)
    before = proxy.rss_kb()
    proxy.streams(MESSAGES * 4)
    return proxy.rss_kb() / before


def rows() -> list[dict[str, Any]]:
    raw = functools.partial(_python, "proxy_ours.py", "raw")
    decoded = functools.partial(_python, "proxy_ours.py", "decoded")
    websockets = {"websockets": _through(functools.partial(_python, "proxy_websockets.py"))}
    unit = {"unit": "us/message", "per": MESSAGES}
    found = [
        {"name": "tee", **unit, "ours": _through(raw), "against": websockets, "target": 1 / 12},
        {"name": "tee-decoded", **unit, "ours": _through(decoded), "against": websockets, "target": 1 / 4},
        {"name": "tee-memory", "unit": "x", "value": _growth, "target": 1.25},
    ]
    slow, mitmproxy = {"unit": "us/message", "per": SLOW}, {"mitmproxy": _through(_mitmproxy, SLOW)}
    ours, nginx = _through(raw, SLOW), {"nginx": _through(_nginx)}
    return [
        *found,
        {
            "name": "tee-nginx",
            **unit,
            "ours": _through(raw),
            "against": nginx,
            "target": 1.5,
            "missing": _nginx_missing,
        },
        {
            "name": "tee-mitmproxy",
            **slow,
            "ours": ours,
            "against": mitmproxy,
            "target": 0.01,
            "missing": _mitmproxy_missing,
        },
    ]
