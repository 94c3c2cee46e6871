"""The harness's proxy in a process of its own: ``proxy_ours.py UPSTREAM SPOOL raw|decoded``; prints its port.

``raw``: every chunk is relayed, stamped and kept in the spool, its frames are decoded afterwards by whoever reads that.
``decoded``: every chunk is relayed; its frames are decoded behind that, and every message goes to the spool.
Nothing is searched, replaced or scanned: that has rows of its own.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any, BinaryIO

from harness.clock import SystemClock
from harness.wire.frames import Told
from harness.wire.overheard import Body
from harness.wire.proxy import Proxy
from harness.wire.relay import Capture
from harness.wire.tap import NullTap


class Messages(NullTap):
    """Every message with its time, to a file."""

    def __init__(self, spool: BinaryIO) -> None:
        self._spool = spool

    def ws_message(self, conn: str, direction: str, data: Any, at_ns: int, fragments: Any = ()) -> None:
        raw = data.encode() if isinstance(data, str) else data
        self._spool.write(b"%d %d\n" % (at_ns, len(raw)) + raw)


class Chunks:
    """Every chunk with its time, to a file."""

    def __init__(self, spool: BinaryIO) -> None:
        self._spool = spool

    def asked(self, service: str, events: object, at_ns: int) -> None: ...

    def sent(self, data: bytes, at_ns: int) -> None:
        self._spool.write(b"o %d %d\n" % (at_ns, len(data)))
        self._spool.write(data)

    def answered(self, data: bytes, at_ns: int) -> None:
        self._spool.write(b"i %d %d\n" % (at_ns, len(data)))
        self._spool.write(data)

    def ended(self, by: object, error: str, at_ns: int) -> None:
        self._spool.truncate(0)  # one run's worth of disk is enough
        self._spool.seek(0)


class Nobody:
    """Listens to nothing."""

    def message(self, told: Told) -> None: ...

    def sent(self, text: str) -> None: ...

    def body(self, body: Body) -> None: ...


class RawProxy(Proxy):
    """Captures chunks as they are."""

    spool: BinaryIO

    def capture(self) -> Capture:
        return Chunks(self.spool)


async def main(upstream: str, path: str, mode: str) -> None:
    with Path(path).open("wb", buffering=0 if mode == "raw" else 1 << 18) as spool:  # noqa: ASYNC230 - before anything is served
        kind = RawProxy if mode == "raw" else Proxy
        proxy = kind({"stream": upstream}, tap=Messages(spool), listener=Nobody(), clock=SystemClock())
        if isinstance(proxy, RawProxy):
            proxy.spool = spool
        async with proxy:
            print(proxy.ports["stream"], flush=True)
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
