"""The live client: CPU per received and captured 1 KB message, beside what one writes with the library's own loop.

1. The service is a process of its own (``wire_ends.py``), the same for both; it is not counted.
2. Ours stamps every message, hears every frame, and hands each message to a tap that writes it to a file and to the reader.
   Nothing is searched or replaced: the pipeline and the redaction have rows of their own.
3. The rival is ``async for``, ``json.loads``, ``json.dumps`` of an envelope with the time, ``write``.
"""

from __future__ import annotations

import asyncio
import atexit
import functools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from websockets.asyncio.client import connect

from harness.clock import SystemClock
from harness.wire.stream import dial
from harness.wire.tap import NullTap

HERE = Path(__file__).resolve().parent
MESSAGES = 40_000


@functools.cache
def _service() -> str:
    process = subprocess.Popen([sys.executable, str(HERE / "wire_ends.py")], stdin=-1, stdout=-1, text=True)
    atexit.register(process.kill)
    assert process.stdout is not None
    return f"ws://127.0.0.1:{int(process.stdout.readline())}/s"


class Spool(NullTap):
    """Every message with its time, to a file."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def ws_message(self, conn: str, direction: str, data: Any, at_ns: int, fragments: Any = ()) -> None:
        raw = data.encode() if isinstance(data, str) else data
        self._file.write(b"%d %d\n" % (at_ns, len(raw)) + raw)


async def _ours(url: str) -> None:
    with tempfile.TemporaryFile(buffering=1 << 18) as file:
        token = SecretStr("x")
        link = await dial(url, token=token, conn="w1", attempt=1, tap=Spool(file), clock=SystemClock())
        await link.send(f"{MESSAGES:08d}")
        for _ in range(MESSAGES):
            await link.receive()
        await link.close()


async def _naive(url: str) -> None:
    with tempfile.TemporaryFile("w", buffering=1 << 18) as file:
        async with connect(url, proxy=None) as ws:
            await ws.send(f"{MESSAGES:08d}")
            left = MESSAGES
            async for text in ws:
                file.write(json.dumps({"t": time.time(), "message": json.loads(text)}) + "\n")
                left -= 1
                if not left:
                    break


def _run(client: Callable[[str], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    return lambda: asyncio.run(client(_service()))


def rows() -> list[dict[str, Any]]:
    return [
        {
            "name": "client",
            "unit": "us/message",
            "per": MESSAGES,
            "ours": _run(_ours),
            "against": {"async for": _run(_naive)},
            "target": 1 / 2.5,
        }
    ]
