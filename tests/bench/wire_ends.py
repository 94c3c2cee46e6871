"""Both ends of a stream, in a process of their own: a service that pours messages out, and a client that takes them in.

Commands come on stdin, one line of JSON each, answers go to stdout: {"port": P, "messages": N} streams N messages from the
service through whatever listens on port P and answers when the client has all of them. Neither end parses anything: their
cost is not what is measured.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import sys

SIZE = 1024
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame() -> bytes:
    """One message of the stream: 1 KB of JSON in an unmasked text frame."""
    text = json.dumps({"type": "utterance", "text": ""})
    text = text[:-2] + "x" * (SIZE - len(text)) + text[-2:]
    return b"\x81\x7e" + SIZE.to_bytes(2, "big") + text.encode()


class Service:
    """Answers the handshake, then streams as many messages as the first one asks for."""

    def __init__(self) -> None:
        self._batch = frame() * 64

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:  # somebody looked whether the port is open
            writer.close()
            return
        key = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key:"))
        accept = base64.b64encode(hashlib.sha1(key.split(b":")[1].strip() + GUID).digest())
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
        writer.write(b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        asked = await reader.readexactly(2 + 4 + 8)
        mask, masked = asked[2:6], asked[6:]
        left = int(bytes(value ^ mask[index % 4] for index, value in enumerate(masked)))
        while left > 0:
            writer.write(self._batch)
            await writer.drain()
            left -= 64
        await reader.read(1)  # a close frame, or the end
        writer.close()


async def take(port: int, messages: int) -> None:
    """Connect, ask for ``messages`` and read them."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    key = base64.b64encode(b"0123456789abcdef").decode()
    writer.write(
        f"GET /s HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"\x81\x88\0\0\0\0" + b"%08d" % messages)
    left = messages * len(frame())
    while left > 0:
        data = await reader.read(1 << 20)
        if not data:
            raise ConnectionError("the stream ended early")
        left -= len(data)
    writer.write(b"\x88\x82\0\0\0\0\x03\xe8")
    writer.close()


async def main() -> None:
    server = await asyncio.start_server(Service().serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        asked = json.loads(line)
        await take(asked["port"], asked["messages"])
        print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
