"""What one writes in ten minutes: a recording proxy of websockets' server and client; prints its port."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed


async def main(upstream: str, path: str) -> None:
    with Path(path).open("w") as spool:  # noqa: ASYNC230 - before anything is served

        async def pump(source: Any, target: Any, direction: str) -> None:
            try:
                async for message in source:
                    await target.send(message)
                    spool.write(json.dumps({"dir": direction, "text": message}) + "\n")
            except ConnectionClosed:
                pass
            await target.close()

        async def relay(client: Any) -> None:
            async with connect(upstream, compression=None, proxy=None) as service:
                await asyncio.gather(pump(client, service, "out"), pump(service, client, "in"))
            spool.truncate(0)

        async with serve(relay, "127.0.0.1", 0, compression=None) as server:
            print(server.sockets[0].getsockname()[1], flush=True)
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
