"""The only use of websockets' private parts: every frame both ways, in wire order, as it is parsed and serialised.

1. What is wrapped, on the protocol instance of one connection: ``send_request``, ``process_response``, ``recv_frame``,
   ``send_frame``. ``process_event`` alone would give the wrong order: a pong leaves before its ping is reported.
2. ``recv_frame`` is told before the library acts on the frame, so that its answer stands behind it.
3. The time of what is received is taken before the library parses it; all frames of one read share it.
4. It holds for the versions of ``HOLDS_FOR``, by a contract test. With any other :func:`hooks_hold` is False, and the
   connection is tapped message by message: pings, fragments and handshake headers are then not recorded.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame
from websockets.http11 import Request, Response

from harness.clock import Clock
from harness.wire.frames import ConnectionTeller
from harness.wire.tap import safe_pairs

__all__ = ["HOLDS_FOR", "hooks_hold", "tapped_connection"]

HOLDS_FOR = ("15", "16", "17")
"""Major versions of websockets whose private methods these hooks were tested with."""

_HOOKS = ("send_request", "process_response", "recv_frame", "send_frame")


def hooks_hold(version: str | None = None) -> bool:
    """True if frames can be tapped with the installed websockets (or with ``version``)."""
    found = version or importlib.metadata.version("websockets")
    return found.split(".", 1)[0] in HOLDS_FOR and all(hasattr(ClientProtocol, name) for name in _HOOKS)


def tapped_connection(teller: ConnectionTeller, clock: Clock) -> Callable[..., ClientConnection]:
    """What to pass as ``create_connection``: a connection that tells ``teller`` of every frame."""

    def create(protocol: ClientProtocol, **options: Any) -> ClientConnection:
        return _Tapped(teller, clock, protocol, **options)

    return create


class _Tapped(ClientConnection):
    def __init__(self, teller: ConnectionTeller, clock: Clock, protocol: ClientProtocol, **options: Any) -> None:
        self._teller = teller
        self._now_ns = clock.monotonic_ns
        self._came_ns = 0
        self._peer_ended = False
        _wrap(protocol, "send_request", self._on_request)
        _wrap(protocol, "recv_frame", self._on_received)
        _wrap(protocol, "send_frame", self._on_sent)
        judge = protocol.process_response
        protocol.process_response = lambda response: self._on_response(judge, response)  # type: ignore[method-assign]
        super().__init__(protocol, **options)

    def data_received(self, data: bytes) -> None:
        self._came_ns = self._now_ns()
        super().data_received(data)

    def eof_received(self) -> None:
        self._came_ns = self._now_ns()
        self._peer_ended = True
        super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._teller.accepted:
            error = "connection lost without a close frame" if exc is None else "connection reset"
            by_peer = self._peer_ended or exc is not None
            self._teller.lost("peer" if by_peer else "us", error, self._now_ns())
        super().connection_lost(exc)

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


def _wrap(protocol: ClientProtocol, name: str, told: Callable[[Any], None]) -> None:
    original = getattr(protocol, name)

    def wrapped(value: Any) -> None:
        told(value)
        original(value)

    setattr(protocol, name, wrapped)


def _pairs(message: Request | Response) -> list[tuple[str, str]]:
    return safe_pairs(message.headers.raw_items())
