"""A recording as HAR (HTTP Archive 1.2, with ``_webSocketMessages``). Pure.

1. Every exchange, every WebSocket connection with its messages, pings and end, times to the microsecond, in the
   standard's own fields wherever it has one; the rest (close codes, chunks, order between connections) in fields that
   begin with an underscore, so that the way back loses nothing that crossed the wire.
2. What never crossed the wire as such (outcomes, gaps, withheld entries, checkpoints) stays behind and is counted.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from harness.recording.convert.exchanges import Exchange, address, body_of, exchanges, moment
from harness.recording.entry import (
    AnyEntry,
    Header,
    HttpChunk,
    HttpError,
    HttpRequest,
    HttpResponse,
    WsAbort,
    WsAccept,
    WsClose,
    WsControl,
    WsMessage,
    WsOpen,
    WsReject,
)

__all__ = ["to_har"]

_OPCODES = {"ping": 9, "pong": 10}
_WS = (WsOpen, WsAccept, WsReject, WsMessage, WsControl, WsClose, WsAbort)
_CARRIED = (*_WS, HttpRequest, HttpResponse, HttpChunk, HttpError)


def to_har(
    header: Header, entries: Sequence[AnyEntry], *, path: Path | str = "recording"
) -> tuple[dict[str, Any], int]:
    """The HAR value of a recording, and how many entries it cannot hold."""
    start = moment(header.created, "created", path)
    dated = [(exchange.request.t, _http(exchange, start)) for exchange in exchanges(entries)]
    dated += [(one[0].t, _websocket(one, start)) for one in _connections(entries)]
    dated.sort(key=lambda pair: pair[0])
    log = {
        "version": "1.2",
        "creator": {"name": header.tool.partition("/")[0], "version": header.tool.partition("/")[2]},
        "entries": [entry for _, entry in dated],
        "_recording": {"id": header.id, "created": header.created, "dialect": header.dialect},
    }
    return {"log": log}, sum(not isinstance(entry, _CARRIED) for entry in entries)


def _http(exchange: Exchange, start: datetime) -> dict[str, Any]:
    request, response, chunks = exchange.request, exchange.response, exchange.chunks
    body = body_of(chunks)
    times = [entry.t for entry in exchange.entries]
    head_us = (response.t if response else times[-1]) - times[0]
    own: dict[str, Any] = {
        "_service": request.service,
        "_conn": request.conn,
        "_orders": [entry.n for entry in exchange.entries],
        "_times": times,
        "_chunks": [(chunk.t, len(_piece(chunk))) for chunk in chunks],
    }
    if exchange.error:
        own["_error"] = exchange.error.error
    return (
        {
            **_entry(request.service, request.url, request.method, request.headers, start, times[0]),
            "time": (times[-1] - times[0]) / 1000,
            "response": _response(response.status if response else 0, response.headers if response else (), body),
            "timings": {"send": 0, "wait": head_us / 1000, "receive": (times[-1] - times[0] - head_us) / 1000},
        }
        | own
        | ({} if request.body is None else {"request": _posted(request)})
    )


def _posted(request: HttpRequest) -> dict[str, Any]:
    mime = next((value for name, value in request.headers if name.lower() == "content-type"), "")
    post = {"mimeType": mime, "text": request.body}
    url = address(request.service, request.url)
    return _request(request.method, url, request.headers) | {"postData": post}


def _websocket(entries: Sequence[AnyEntry], start: datetime) -> dict[str, Any]:
    opened = entries[0]
    assert isinstance(opened, WsOpen)
    answer = next((entry for entry in entries if isinstance(entry, (WsAccept, WsReject))), None)
    end = next((entry for entry in entries if isinstance(entry, (WsClose, WsAbort))), None)
    body = answer.body if isinstance(answer, WsReject) else None
    dial = [opened] if answer is None else [opened, answer]
    own: dict[str, Any] = {
        "_resourceType": "websocket",
        "_service": opened.service,
        "_conn": opened.conn,
        "_attempt": opened.attempt,
        "_orders": [entry.n for entry in dial],
        "_times": [entry.t for entry in dial],
        "_webSocketMessages": [_message(e, start) for e in entries if isinstance(e, (WsMessage, WsControl))],
    }
    if end is not None:
        own["_webSocketEnd"] = _end(end, start)
    wait_ms = (answer.t - opened.t) / 1000 if answer else 0
    return {
        **_entry(opened.service, opened.url, "GET", opened.headers, start, opened.t, scheme="wss"),
        "time": (entries[-1].t - opened.t) / 1000,
        "response": _response(answer.status if answer else 0, answer.headers if answer else (), body),
        "timings": {"send": 0, "wait": wait_ms, "receive": 0},
    } | own


def _message(entry: WsMessage | WsControl, start: datetime) -> dict[str, Any]:
    if isinstance(entry, WsControl):
        opcode, data = _OPCODES[entry.opcode], entry.base64
    else:
        opcode, data = (2, entry.base64 or "") if entry.text is None else (1, entry.text)
    message = {
        "type": "send" if entry.dir == "out" else "receive",
        "time": _seconds(start, entry.t),
        "opcode": opcode,
        "data": data,
        "_order": entry.n,
    }
    fragments = getattr(entry, "fragments", ())
    return message | ({"_fragments": fragments} if fragments else {})


def _end(entry: WsClose | WsAbort, start: datetime) -> dict[str, Any]:
    own: dict[str, Any] = {"time": _seconds(start, entry.t), "by": entry.by, "_order": entry.n}
    if isinstance(entry, WsAbort):
        return own | {"error": entry.error}
    return own | {"code": entry.code, "reason": entry.reason, "clean": entry.clean}


def _entry(
    service: str,
    path: str,
    method: str,
    headers: Sequence[tuple[str, str]],
    start: datetime,
    t: int,
    *,
    scheme: str = "https",
) -> dict[str, Any]:
    return {
        "startedDateTime": _iso(start + timedelta(microseconds=t)),
        "request": _request(method, address(service, path, scheme), headers),
        "cache": {},
    }


def _request(method: str, url: str, headers: Sequence[tuple[str, str]]) -> dict[str, Any]:
    return {
        "method": method,
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(headers),
        "queryString": [],
        "headersSize": -1,
        "bodySize": -1,
    }


def _response(status: int, headers: Sequence[tuple[str, str]], body: str | bytes | None) -> dict[str, Any]:
    mime = next((value for name, value in headers if name.lower() == "content-type"), "")
    content: dict[str, Any] = {"size": len(body or ""), "mimeType": mime}
    if isinstance(body, bytes):
        content |= {"text": base64.b64encode(body).decode(), "encoding": "base64"}
    elif body is not None:
        content["text"] = body
    return {
        "status": status,
        "statusText": "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(headers),
        "content": content,
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": -1,
    }


def _pairs(headers: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _piece(chunk: HttpChunk) -> str | bytes:
    return body_of([chunk])


def _connections(entries: Iterable[AnyEntry]) -> list[list[AnyEntry]]:
    """WebSocket connections, each from its dial on; a name that is dialled again begins another."""
    found: list[list[AnyEntry]] = []
    last: dict[str, list[AnyEntry]] = {}
    for entry in entries:
        if isinstance(entry, WsOpen):
            last[entry.conn] = [entry]
            found.append(last[entry.conn])
        elif isinstance(entry, _WS) and entry.conn in last:
            last[entry.conn].append(entry)
    return found


def _seconds(start: datetime, t: int) -> float:
    return (start + timedelta(microseconds=t)).timestamp()


def _iso(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
