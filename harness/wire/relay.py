"""Bytes from a client to a service and back: relayed first, told afterwards.

1. What comes is written to the other side before anything looks at it. Only the head of a request is read before, to
   send it to the right service under that service's own name (``Host``).
2. Back-pressure is passed on: a side that cannot take more stops the other side's reading; so does a recording that is
   behind by more than ``MAX_BEHIND`` bytes.
3. The end of one direction is passed on as such, a reset as a reset.
4. A service that cannot be reached is a connection that is reset: the nearest to what the client would have seen.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast

from harness.wire.http1 import Data, Event, Head, Http1Error, Http1Reader, Raw
from harness.wire.tap import LOST, By, how_lost

__all__ = ["MAX_BEHIND", "Capture", "Relay", "Upstream"]

MAX_BEHIND = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """A service: ``name`` is its role; ``authority`` what ``Host`` says."""

    name: str
    host: str
    port: int
    tls: ssl.SSLContext | None
    authority: str


class Capture(Protocol):
    """Takes note of what was relayed; must return at once."""

    def asked(self, service: str, events: list[Event], at_ns: int) -> None: ...

    def sent(self, data: bytes, at_ns: int) -> None: ...

    def answered(self, data: bytes, at_ns: int) -> None: ...

    def ended(self, by: By, error: str, at_ns: int) -> None: ...


class _Side(asyncio.Protocol):
    """One of the two connections of a relay."""

    def __init__(self, relay: Relay) -> None:
        self.relay: Relay | None = relay
        """None once it was left for another service."""
        self.transport: asyncio.Transport | None = None
        self.eof = False
        self.full = False
        self.gone = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        with contextlib.suppress(OSError, AttributeError):
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def pause_writing(self) -> None:
        self.full = True
        if self.relay is not None:
            self.relay.balance()

    def resume_writing(self) -> None:
        self.full = False
        if self.relay is not None:
            self.relay.balance()

    def eof_received(self) -> bool:
        self.eof = True
        if self.relay is not None:
            self.relay.half_closed(self)
        # A TLS transport cannot stay half open.
        return self.transport is not None and self.transport.get_extra_info("sslcontext") is None

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone = True
        if self.relay is not None:
            self.relay.lost(self, exc)


class _ClientSide(_Side):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self.relay is not None:
            self.relay.begun()

    def data_received(self, data: bytes) -> None:
        if self.relay is not None:
            self.relay.from_client(data)


class _ServiceSide(_Side):
    def data_received(self, data: bytes) -> None:
        if self.relay is not None:
            self.relay.from_service(data)


class Relay:
    """One connection of a client, and the connection to the service behind it.

    Args:
        route: path of a request -> the service it is for.
        capture: is told of everything behind the relaying.
        spawn: runs a dial.
        now_ns: the time.
        on_begin: called when the client has connected.
        on_end: called when both sides are gone.
    """

    def __init__(
        self,
        route: Callable[[str], Upstream],
        capture: Capture,
        spawn: Callable[[Relay, Upstream], None],
        now_ns: Callable[[], int],
        on_begin: Callable[[Relay], None],
        on_end: Callable[[Relay], None],
    ) -> None:
        self.client = _ClientSide(self)
        self._service: _ServiceSide | None = None
        self._route = route
        self._capture = capture
        self._spawn = spawn
        self._now_ns = now_ns
        self._on_begin = on_begin
        self._on_end = on_end
        self._requests = Http1Reader(requests=True)
        self._upstream: Upstream | None = None
        self._dialling = False
        self._pending: list[bytes] = []
        self._raw = False
        self._upgrading = False
        self._answer = b""
        self._held: list[bytes] = []
        self._behind = False
        self._first_end: tuple[By, str] | None = None
        self._ended_ns = 0
        self._ended = False

    def begun(self) -> None:
        self._on_begin(self)

    # -- moving ----------------------------------------------------------------------------------------------------

    def from_client(self, data: bytes) -> None:
        at_ns = self._now_ns()
        service = self._service
        if self._raw and service is not None and service.transport is not None:
            service.transport.write(data)
            self._capture.sent(data, at_ns)
        elif self._upgrading:
            # A client waits for the answer before it sends frames; one that does not is held until it is there.
            self._held.append(data)
            self.balance()
        else:
            self._requests_from(data, at_ns)

    def _requests_from(self, data: bytes, at_ns: int) -> None:
        events: list[Event] = []
        try:
            for event in self._requests.feed(data):
                if isinstance(event, Raw):
                    self._held.append(event.raw)
                    continue
                events.append(event)
                if isinstance(event, Head):
                    self._send_to(self._route(event.start[1].partition("?")[0]), event)
                elif isinstance(event, Data):
                    self._write(event.raw)
        except Http1Error:
            self._end_began("us", "the client sent no HTTP request")
            self.abort()
        if events and self._upstream is not None:
            self._capture.asked(self._upstream.name, events, at_ns)

    def _send_to(self, upstream: Upstream, head: Head) -> None:
        if self._upstream is not upstream:
            self._part()
            self._upstream, self._dialling = upstream, True
            self._spawn(self, upstream)
        self._upgrading = head.upgrade
        self._write(_renamed(head, upstream.authority))

    def _write(self, data: bytes) -> None:
        if self._service is None or self._service.transport is None:
            self._pending.append(data)
            self.balance()
        else:
            self._service.transport.write(data)

    def from_service(self, data: bytes) -> None:
        at_ns = self._now_ns()
        transport = self.client.transport
        assert transport is not None
        transport.write(data)
        self._capture.answered(data, at_ns)
        if self._upgrading:
            self._judge(data)

    def _judge(self, data: bytes) -> None:
        self._answer += data[:16]
        status = self._answer[9:12]
        if len(status) < 3 or status == b"100":
            return
        self._upgrading, self._answer = False, b""
        self._raw = status == b"101"
        if not self._raw:
            self._requests = Http1Reader(requests=True)
        held, self._held = self._held, []
        for piece in held:
            self.from_client(piece)
        self.balance()

    # -- connecting ------------------------------------------------------------------------------------------------

    def service_side(self) -> _ServiceSide:
        """The protocol for a dial that was asked for."""
        return _ServiceSide(self)

    def connected(self, side: _ServiceSide) -> None:
        """The dial succeeded."""
        self._dialling = False
        assert side.transport is not None
        if self.client.gone:
            side.relay = None
            side.transport.abort()
            self._maybe_ended()
            return
        self._service = side
        for data in self._pending:
            side.transport.write(data)
        self._pending.clear()
        if self.client.eof:
            self.half_closed(self.client)
        self.balance()

    def refused(self, error: str) -> None:
        """The dial failed."""
        self._dialling = False
        self._end_began("peer", error)
        self.abort()
        self._maybe_ended()

    def _part(self) -> None:
        """Leave the service of the requests before; their answers have come, since HTTP clients wait for them."""
        if self._service is not None and self._service.transport is not None:
            old, self._service = self._service, None
            old.relay = None
            if old.transport is not None:
                old.transport.close()

    # -- ending ----------------------------------------------------------------------------------------------------

    def half_closed(self, side: _Side) -> None:
        other = self._other(side)
        self._end_began(_who(side), LOST)
        if other is None or other.transport is None:
            if side is self.client and not self._dialling:
                self._hang_up()
            return
        if other.eof or not other.transport.can_write_eof():
            other.transport.close()
            if side.transport is not None:
                side.transport.close()
        elif not other.transport.is_closing():
            with contextlib.suppress(OSError):
                other.transport.write_eof()

    def lost(self, side: _Side, exc: Exception | None) -> None:
        self._end_began(_who(side), how_lost(exc))
        other = self._other(side)
        if other is not None and other.transport is not None and not other.gone:
            if exc is None:
                other.transport.close()
            else:
                _reset(other.transport)
        self._maybe_ended()

    def _end_began(self, by: By, error: str) -> None:
        if self._first_end is None:
            self._first_end, self._ended_ns = (by, error), self._now_ns()

    def abort(self) -> None:
        """Reset both sides."""
        for side in (self.client, self._service):
            if side is not None and side.transport is not None and not side.gone:
                _reset(side.transport)

    def _hang_up(self) -> None:
        if self.client.transport is not None:
            self.client.transport.close()

    def _other(self, side: _Side) -> _Side | None:
        return self._service if side is self.client else self.client

    def _maybe_ended(self) -> None:
        service_gone = self._service is None or self._service.gone
        if self.client.gone and service_gone and not self._dialling and not self._ended:
            self._ended = True
            by, error = self._first_end or ("us", LOST)
            self._capture.ended(by, error, self._ended_ns or self._now_ns())
            self._on_end(self)

    # -- back-pressure ---------------------------------------------------------------------------------------------

    def behind(self, behind: bool) -> None:
        """The recording is behind, or is not any more."""
        self._behind = behind
        self.balance()

    def balance(self) -> None:
        """Each side reads if what it reads has somewhere to go."""
        service = self._service
        blocked = self._behind or bool(self._pending) or bool(self._held)
        _read(self.client, not (blocked or (service is not None and service.full)))
        if service is not None:
            _read(service, not (self._behind or self.client.full))


def _who(side: _Side) -> By:
    return "us" if isinstance(side, _ClientSide) else "peer"


def _read(side: _Side, wanted: bool) -> None:
    if side.transport is None or side.gone or side.transport.is_closing():
        return
    if wanted:
        side.transport.resume_reading()
    else:
        side.transport.pause_reading()


def _reset(transport: asyncio.Transport) -> None:
    """End a connection as its other half was ended: with a reset, which ``abort`` alone does not send."""
    with contextlib.suppress(OSError, AttributeError):
        linger = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()


def _renamed(head: Head, authority: str) -> bytes:
    """The head with the service's own name in ``Host``; everything else as the client wrote it."""
    lines = head.raw.split(b"\r\n")
    host = b"Host: " + authority.encode("latin-1")
    return b"\r\n".join(host if line[:5].lower() == b"host:" else line for line in lines)
