"""An HTTP server on loopback: it moves bytes and knows nothing of recordings.

1. Loopback, unless ``remote`` says otherwise; port 0 lets the system choose; a port in use is a ConfigError with the way out.
2. Nothing is logged and no signal is caught: both belong to the program around.
3. An exception in the handler is our fault: it is answered with 500 and raised when the server is left.
4. A connection that brings no request within ``HANDSHAKE_S`` is dropped; one over the cap is answered with 503.
5. Leaving stops accepting and waits for open requests, at most ``GRACE_S``.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from harness.wire.listen import listening_socket
from harness.wire.serve import GRACE_S, HANDSHAKE_S, MAX_BYTES, QUIET

__all__ = ["Answer", "Call", "HttpServer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An HTTP request: path and query as sent, header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP response; a body that is an iterator is sent piece by piece."""

    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: bytes | AsyncIterator[bytes] = field(default=b"", repr=False)


class HttpServer:
    """An HTTP server with one handler for every route.

    Args:
        handler: answers a request.
        host: a loopback address.
        port: 0 = any free port.
        port_name: how the user calls the port, for messages.
        tls: speak TLS with this context.
        max_connections: open at once; more are answered with 503.
        remote: let ``host`` be another address than loopback.
    """

    def __init__(
        self,
        handler: Callable[[Call], Awaitable[Answer]],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        port_name: str = "port",
        tls: ssl.SSLContext | None = None,
        max_connections: int | None = None,
        remote: bool = False,
    ) -> None:
        self._remote = remote
        self._tls = tls
        self._max = max_connections
        self._handler = handler
        self._bind = (host, port, port_name)
        self._server: _QuietServer | None = None
        self._faults: list[Exception] = []
        self.port = port

    async def __aenter__(self) -> Self:
        listener = listening_socket(*self._bind, remote=self._remote)
        self.port = listener.getsockname()[1]
        self._server = _QuietServer(_uvicorn_config(self._app, self._max), self._tls)
        await self._server.open(listener)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        await self._server.close()
        if self._faults and error is None:
            raise self._faults[0]

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            body = await _body(request)
            response = Response(status_code=413) if body is None else await self._respond(request, body)
            await response(scope, receive, send)
        except ClientDisconnect:
            return
        except Exception as error:
            self._faults.append(error)
            raise

    async def _respond(self, request: Request, body: bytes) -> Response:
        call = Call(
            method=request.method,
            path=request.url.path,
            query=request.url.query,
            headers=dict(request.headers),
            body=body,
        )
        answer = await self._handler(call)
        response: Response
        if isinstance(answer.body, bytes):
            response = Response(answer.body, status_code=answer.status)
        else:
            response = StreamingResponse(answer.body, status_code=answer.status)
        response.raw_headers += [(name.lower().encode(), value.encode("latin-1")) for name, value in answer.headers]
        return response


async def _body(request: Request) -> bytes | None:
    """The request's body, None if it is over the limit."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            return None
    return bytes(body)


class _QuietProtocol(H11Protocol):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = QUIET
        self.access_log = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own type
        super().connection_made(transport)
        self.loop.call_later(HANDSHAKE_S, self._drop_if_silent)

    def _drop_if_silent(self) -> None:
        served: object = self.cycle
        if served is None:
            self.transport.close()


def _uvicorn_config(
    app: Callable[[Scope, Receive, Send], Awaitable[None]], max_connections: int | None
) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_QuietProtocol,
        interface="asgi3",
        proxy_headers=False,
        ws="none",
        lifespan="off",
        log_config=None,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
        # The library counts the connection that asks among those that are open.
        limit_concurrency=None if max_connections is None else max_connections + 1,
    )


class _QuietServer(uvicorn.Server):
    """uvicorn without its main loop, which is there for signals and for the Date header."""

    def __init__(self, config: uvicorn.Config, tls: ssl.SSLContext | None) -> None:
        super().__init__(config)
        self._tls = tls

    async def open(self, listener: socket.socket) -> None:
        self.config.load()
        self.config.ssl = self._tls
        self.lifespan = self.config.lifespan_class(self.config)
        await self.startup(sockets=[listener])

    async def close(self) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if tasks := set(self.server_state.tasks):
            _, late = await asyncio.wait(tasks, timeout=GRACE_S)
            for task in late:
                task.cancel()
        for connection in list(self.server_state.connections):
            connection.transport.close()
        # Closed transports leave on the next turns of the loop.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
