"""The only use of websockets' private parts: every frame both ways, in wire order, as it is parsed and serialised.

1. What is wrapped, on the protocol instance of one connection: ``send_request``, ``process_response``, ``recv_frame``,
   ``send_frame``. ``process_event`` alone would give the wrong order: a pong leaves before its ping is reported.
2. ``recv_frame`` is told before the library acts on the frame, so that its answer stands behind it.
3. The time of what is received is taken before the library parses it; all frames of one read share it.
4. Data frames take a short way: they are read here and never reach the library, whose own reader costs three times as
   much. It still gets every control frame, and so answers pings, closes, and keeps the connection alive. What breaks the
   protocol fails the connection through the library, with the code RFC 6455 has for it. A tap that fails ends the
   connection, and whoever reads is told why.
5. It holds for the versions of ``HOLDS_FOR``, by a contract test. With any other :func:`hooks_hold` is False, and the
   connection is tapped message by message: pings, fragments and handshake headers are then not recorded.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame
from websockets.http11 import Request, Response

from harness.clock import Clock
from harness.errors import HarnessError
from harness.wire.frames import CLOSE, ConnectionTeller, Told
from harness.wire.rfc6455 import FrameError, FrameReader
from harness.wire.tap import Opaque, how_lost, safe_pairs

__all__ = ["HOLDS_FOR", "TappedConnection", "hooks_hold", "tapped_connection"]

HOLDS_FOR = ("15", "16", "17")
"""Major versions of websockets whose private methods these hooks were tested with."""

_UNREAD = 256
"""Messages that may wait for the reader before the socket is not read any more."""

_HOOKS = ("send_request", "process_response", "recv_frame", "send_frame")


def hooks_hold(version: str | None = None) -> bool:
    """True if frames can be tapped with the installed websockets (or with ``version``)."""
    found = version or importlib.metadata.version("websockets")
    return found.split(".", 1)[0] in HOLDS_FOR and all(hasattr(ClientProtocol, name) for name in _HOOKS)


def tapped_connection(teller: ConnectionTeller, clock: Clock) -> Callable[..., ClientConnection]:
    """What to pass as ``create_connection``: a connection that tells ``teller`` of every frame."""

    def create(protocol: ClientProtocol, **options: Any) -> ClientConnection:
        return TappedConnection(teller, clock, protocol, **options)

    return create


class TappedConnection(ClientConnection):
    """A connection whose messages are read with :meth:`next_message`."""

    def __init__(self, teller: ConnectionTeller, clock: Clock, protocol: ClientProtocol, **options: Any) -> None:
        self._teller = teller
        self._now_ns = clock.monotonic_ns
        self._came_ns = 0
        self._peer_ended = False
        self.failure: HarnessError | None = None
        self._reader: FrameReader | None = None
        self._news: asyncio.Future[None] | None = None
        self._lost = self._held = self._closing = False
        _wrap(protocol, "send_request", self._on_request)
        _wrap(protocol, "recv_frame", self._on_received)
        _wrap(protocol, "send_frame", self._on_sent)
        judge = protocol.process_response
        protocol.process_response = lambda response: self._on_response(judge, response)  # type: ignore[method-assign]
        super().__init__(protocol, **options)

    async def next_message(self) -> Told:
        """The next message, as the tap was told of it.

        Raises:
            ConnectionClosed: there is none any more.
            HarnessError: the tap failed.
        """
        inbox = self._teller.inbox
        if self.failure is not None:
            raise self.failure
        if self._reader is None:
            await self.recv()
            return inbox.popleft()
        while not inbox:
            if self._lost:
                raise self._why_lost()
            await self._wait()
        if self._held and len(inbox) < _UNREAD // 2:
            self._hold(False)
        return inbox.popleft()

    def _why_lost(self) -> Exception:
        return self.failure or self.protocol.close_exc

    async def _wait(self) -> None:
        self._news = asyncio.get_running_loop().create_future()
        try:
            await self._news
        finally:
            self._news = None

    def _wake(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def _hold(self, held: bool) -> None:
        self._held = held
        if held:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        self._came_ns = self._now_ns()
        try:
            self._take(data)
        except HarnessError as error:
            # The tap cannot keep what comes: nothing more may pass. The loop would swallow what is raised here.
            self.failure = error
            self._lost = True
            self.transport.abort()
            self._wake()

    def _take(self, data: bytes) -> None:
        if self._reader is not None:
            self._read(self._reader, data)
            return
        begun = self._teller.accepted
        super().data_received(data)
        if not begun and self._teller.accepted and data.endswith(b"\r\n\r\n"):
            # Nothing but the handshake: the library stands at the start of a frame, where it can be left.
            limit = self.protocol.max_message_size
            self._reader = FrameReader(deflate=bool(self.protocol.extensions), limit=limit or 1 << 62)

    def _read(self, reader: FrameReader, data: bytes) -> None:
        teller, inbox = self._teller, self._teller.inbox
        try:
            for opcode, fin, payload in reader.feed(data):
                if opcode >= CLOSE:
                    super().data_received(bytes((0x80 | opcode, len(payload))) + payload)
                    continue
                teller.frame("in", opcode, fin, payload, self._came_ns)
                if inbox and isinstance(inbox[-1].data, Opaque):
                    inbox.pop()
                    raise FrameError("text that is not UTF-8", 1007)
        except FrameError as error:
            self.protocol.fail(error.code, str(error))
            self._closing = True
            super().data_received(b"")
        if inbox:
            self._wake()
            if len(inbox) > _UNREAD and not self._held and not self._closing:
                self._hold(True)

    def eof_received(self) -> None:
        self._came_ns = self._now_ns()
        self._peer_ended = True
        super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._teller.accepted:
            by_peer = self._peer_ended or exc is not None
            self._teller.lost("peer" if by_peer else "us", how_lost(exc), self._now_ns())
        super().connection_lost(exc)
        self._lost = True
        self._wake()

    def _on_request(self, request: Request) -> None:
        self._teller.open(request.path, _pairs(request), self._now_ns())

    def _on_response(self, judge: Callable[[Response], None], response: Response) -> None:
        try:
            judge(response)
        except InvalidStatus:
            self._teller.reject(response.status_code, _pairs(response), bytes(response.body or b""), self._came_ns)
            raise
        self._teller.accept(response.status_code, _pairs(response), self._came_ns)

    def _on_received(self, frame: Frame) -> None:
        self._teller.frame("in", frame.opcode, frame.fin, bytes(frame.data), self._came_ns)

    def _on_sent(self, frame: Frame) -> None:
        self._teller.frame("out", frame.opcode, frame.fin, bytes(frame.data), self._now_ns())
        if frame.opcode == CLOSE:
            self._closing = True
            if self._held:  # the answer to it stands behind what nobody reads any more
                self._hold(False)


def _wrap(protocol: ClientProtocol, name: str, told: Callable[[Any], None]) -> None:
    original = getattr(protocol, name)

    def wrapped(value: Any) -> None:
        told(value)
        original(value)

    setattr(protocol, name, wrapped)


def _pairs(message: Request | Response) -> list[tuple[str, str]]:
    return safe_pairs(message.headers.raw_items())
