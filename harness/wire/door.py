"""The back door of a websockets connection: bytes that its public API does not send. The only module that uses it.

1. Everything here rests on parts of websockets that its documentation does not promise. ``tests/wire/test_door.py`` is the
   contract, run against every supported version; :func:`usable` says whether this one keeps it, and callers have the
   public API to fall back on.
2. Ready-made frames are written only while the connection is open and no fragmented message of the library's own is
   under way, and the transport's back-pressure is waited for as the library does. That holds with extensions negotiated too:
   an uncompressed frame is legal between compressed ones (RFC 7692 6).
"""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import sys
import termios
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame
from websockets.protocol import State

from harness.wire.ready_frames import PONG

__all__ = ["delivered", "mute_pongs", "pause_reading", "ready", "reset", "usable", "write", "write_now"]

_LOOK_AGAIN_S = 0.001
"""How often a send queue is looked at."""

_IN_PROGRESS = ("send_in_progress", "fragmented_send_waiter")
"""The attribute that is set while a fragmented message is sent: since websockets 16, and before."""


def usable(ws: ServerConnection) -> bool:
    """True if this version of websockets has what :func:`write` needs."""
    return (
        callable(getattr(ws.transport, "write", None))
        and callable(getattr(ws, "drain", None))
        and any(hasattr(ws, name) for name in _IN_PROGRESS)
    )


async def write(ws: ServerConnection, frames: bytes) -> bool:
    """Write whole frames; False if the connection is not open any more: they may not have been sent."""
    connection: Any = ws
    while (under_way := _under_way(connection)) is not None:
        await asyncio.shield(under_way)
    if not _is(connection, State.OPEN):
        return False
    connection.transport.write(frames)
    try:
        await connection.drain()
    except (OSError, ConnectionClosed):
        return False
    return not _is(connection, State.CLOSED)


def ready(ws: ServerConnection) -> bool:
    """True if frames can be written without waiting for anything."""
    connection: Any = ws
    open_ = _is(connection, State.OPEN) and not connection.transport.is_closing()
    return usable(ws) and open_ and not getattr(connection, "paused", True) and _under_way(connection) is None


def write_now(ws: ServerConnection, frames: bytes) -> None:
    """Write whole frames; only where :func:`ready`."""
    ws.transport.write(frames)


def _is(connection: Any, state: State) -> bool:
    return connection.protocol.state is state


def _under_way(connection: Any) -> asyncio.Future[None] | None:
    for name in _IN_PROGRESS:
        found: asyncio.Future[None] | None = getattr(connection, name, None)
        if found is not None:
            return found
    return None


def mute_pongs(ws: ServerConnection) -> None:
    """From now on leave the far side's pings unanswered."""
    protocol: Any = ws.protocol
    send_frame = protocol.send_frame

    def muted(frame: Frame) -> None:
        if frame.opcode != PONG:
            send_frame(frame)

    protocol.send_frame = muted


def pause_reading(ws: ServerConnection, seconds: float) -> None:
    """Leave what the far side sends in its socket buffers for so long."""
    transport: Any = ws.transport
    transport.pause_reading()
    asyncio.get_running_loop().call_later(seconds, _resume, transport)


def _resume(transport: Any) -> None:
    if not transport.is_closing():
        transport.resume_reading()


async def delivered(ws: ServerConnection) -> None:
    """Return when nothing of what was written is left on this machine's side of the socket, or the socket is gone."""
    transport: Any = ws.transport
    raw: socket.socket | None = transport.get_extra_info("socket")
    # There is no event to wait for: the kernel tells nobody when the far side has acknowledged everything.
    while not transport.is_closing() and (transport.get_write_buffer_size() or _queued(raw)):  # noqa: ASYNC110
        await asyncio.sleep(_LOOK_AGAIN_S)


def _queued(raw: socket.socket | None) -> int:
    """Bytes in the socket's send queue the far side has not acknowledged (Linux; elsewhere 0: nobody can say)."""
    found = bytearray(4)
    if raw is None:
        return 0
    try:
        fcntl.ioctl(raw.fileno(), termios.TIOCOUTQ, found)
    except (OSError, ValueError):
        return 0
    return int.from_bytes(found, sys.byteorder)


def reset(ws: ServerConnection) -> None:
    """Abort with a TCP reset (RST): what was not read yet is lost on both sides."""
    raw: socket.socket | None = ws.transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    ws.transport.abort()
