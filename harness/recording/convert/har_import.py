"""A HAR file (HTTP Archive 1.2, with ``_webSocketMessages``) as entries. Pure.

1. Times of messages are seconds (Chromium) or milliseconds (others): whatever lies beyond the year 5000 when it is
   read as seconds is milliseconds.
2. Entries are ordered by our own order where a file has it, else by time; ``re`` is the last send on the connection.
3. Texts are as they were found: they must be searched for personal data before they are written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from harness.errors import RecordingFormatError
from harness.recording.convert.exchanges import chunks_of, moment, path_of, service_of, unbased
from harness.recording.convert.har_model import HarEntry, HarMessage, Pair, read_har
from harness.recording.entry import (
    AnyEntry,
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

__all__ = ["Imported", "from_har"]

_FAR = 1e11
"""Seconds of the year 5138; milliseconds of 1973."""

_NAMES = {9: "ping", 10: "pong"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """Entries of another form, and the first moment (UTC)."""

    created: datetime
    entries: list[AnyEntry] = field(repr=False)


def from_har(data: bytes, path: Path | str = "har") -> Imported:
    """The entries in a HAR file, ``n`` given anew.

    Raises:
        RecordingFormatError: it is no HAR file, or one with dates or addresses that are none.
    """
    log = read_har(data, path).log
    if not log.entries:
        raise RecordingFormatError("it holds no exchange", path=path)
    started = [moment(entry.started, f"entry {i}", path) for i, entry in enumerate(log.entries)]
    created = moment(log.about.created, "_recording", path) if log.about and log.about.created else min(started)
    items: list[_Item] = []
    for index, (entry, when) in enumerate(zip(log.entries, started, strict=True)):
        reader = _Reader(entry, index, _us(when - created), created, path)
        items += reader.websocket() if reader.is_websocket else reader.http()
    ordered = all(item.order is not None for item in items)
    items.sort(key=lambda item: (item.order or 0) if ordered else item.t)
    return Imported(created=created, entries=_numbered(items))


@dataclass(slots=True, kw_only=True)
class _Item:
    t: int
    order: int | None
    entry: AnyEntry


def _numbered(items: Iterable[_Item]) -> list[AnyEntry]:
    """Entries with their ``n``, and the last send on their connection as what they answer."""
    last: dict[str, int] = {}
    entries: list[AnyEntry] = []
    for n, item in enumerate(items, 1):
        entry = item.entry
        changes: dict[str, Any] = {"n": n}
        conn = str(getattr(entry, "conn", ""))
        inbound = isinstance(entry, (HttpResponse, HttpChunk, HttpError, WsAccept, WsReject))
        if inbound or (isinstance(entry, WsMessage) and entry.dir == "in"):
            changes["re"] = last.get(conn, n)
        elif isinstance(entry, (HttpRequest, WsOpen, WsMessage)):
            last[conn] = n
        entries.append(msgspec.structs.replace(entry, **changes))
    return entries


class _Reader:
    """One entry of a HAR file."""

    def __init__(self, entry: HarEntry, index: int, t: int, created: datetime, path: Path | str) -> None:
        self._entry = entry
        self._where = f"entry {index}"
        self._t = t
        self._created = created
        self._path = path
        self.is_websocket = entry.resource_type == "websocket" or entry.messages is not None
        self._conn = entry.conn or f"{'w' if self.is_websocket else 'h'}{index + 1}"
        self._service = entry.service or service_of(entry.request.url, stream=self.is_websocket)
        self._url = path_of(entry.request.url, self._where, path)

    def http(self) -> list[_Item]:
        entry, conn = self._entry, self._conn
        post = entry.request.post
        found: list[AnyEntry] = [
            HttpRequest(
                n=0,
                t=self._t,
                service=self._service,
                conn=conn,
                method=entry.request.method,
                url=self._url,
                headers=_headers(entry.request.headers),
                body=post.text if post else None,
            )
        ]
        head_t = self._t + round(max(entry.timings.wait, 0) * 1000)
        if entry.response.status > 0:
            head = _headers(entry.response.headers)
            found.append(HttpResponse(n=0, t=head_t, conn=conn, re=0, status=entry.response.status, headers=head))
            last_t = head_t + round(max(entry.timings.receive, 0) * 1000)
            pieces = [(last_t, 0)] if entry.chunks is None else list(entry.chunks)
            found += chunks_of(self._body(), pieces, conn=conn, re=0, first_n=0)
        if entry.error is not None:
            found.append(HttpError(n=0, t=head_t, conn=conn, re=0, error=entry.error))
        return self._items(found)

    def websocket(self) -> list[_Item]:
        entry, conn = self._entry, self._conn
        url, kept = self._url, _headers(entry.request.headers)
        found: list[AnyEntry] = [WsOpen(n=0, t=self._t, conn=conn, attempt=entry.attempt, url=url, headers=kept)]
        t = self._t + round(max(entry.timings.wait, 0) * 1000)
        status, heads = entry.response.status, _headers(entry.response.headers)
        if status == 101:
            found.append(WsAccept(n=0, t=t, conn=conn, re=0, status=status, headers=heads))
        elif status > 0:
            body = entry.response.content.text
            found.append(WsReject(n=0, t=t, conn=conn, re=0, status=status, headers=heads, body=body))
        items = self._items(found)
        items += [self._message(message) for message in entry.messages or ()]
        return items + self._end()

    def _message(self, message: HarMessage) -> _Item:
        t, dir_ = self._us_of(message.time), "out" if message.type == "send" else "in"
        common: dict[str, Any] = {"n": 0, "t": t, "conn": self._conn, "dir": dir_}
        entry: AnyEntry
        if message.opcode in _NAMES:
            unbased(message.data, self._where, self._path)
            entry = WsControl(**common, opcode=_NAMES[message.opcode], base64=message.data)  # type: ignore[arg-type]
        elif message.opcode == 1:
            size = len(message.data.encode("utf-8", "surrogatepass"))
            entry = WsMessage(**common, text=message.data, size=size, fragments=message.fragments)
        else:
            size = len(unbased(message.data, self._where, self._path))
            entry = WsMessage(**common, base64=message.data, size=size, fragments=message.fragments)
        return _Item(t=t, order=message.order, entry=entry)

    def _end(self) -> list[_Item]:
        end = self._entry.end
        if end is None:
            return []
        t = self._us_of(end.time)
        entry: AnyEntry
        if end.error is not None:
            entry = WsAbort(n=0, t=t, conn=self._conn, error=end.error, by=end.by)
        else:
            entry = WsClose(n=0, t=t, conn=self._conn, by=end.by, code=end.code, reason=end.reason, clean=end.clean)
        return [_Item(t=t, order=end.order, entry=entry)]

    def _items(self, entries: Sequence[AnyEntry]) -> list[_Item]:
        """With our own times and order, where the file has them for every one."""
        times, orders = self._entry.times, self._entry.orders
        if len(times) == len(entries):
            entries = [msgspec.structs.replace(e, t=max(t, 0)) for e, t in zip(entries, times, strict=True)]
        own = orders if len(orders) == len(entries) else (None,) * len(entries)
        return [_Item(t=e.t, order=order, entry=e) for e, order in zip(entries, own, strict=True)]

    def _body(self) -> str | bytes:
        content = self._entry.response.content
        if content.encoding == "base64":
            return unbased(content.text or "", self._where, self._path)
        return content.text or ""

    def _us_of(self, time: float) -> int:
        """Microseconds since the recording began."""
        seconds = time / 1000 if abs(time) > _FAR else time
        if not abs(seconds) < _FAR:
            raise RecordingFormatError(f"{self._where}: a time is out of range", path=self._path)
        return max(0, round((seconds - self._created.timestamp()) * 1e6))


def _headers(pairs: Iterable[Pair]) -> tuple[tuple[str, str], ...]:
    return tuple((pair.name, pair.value) for pair in pairs)


def _us(delta: timedelta) -> int:
    return max(0, delta // timedelta(microseconds=1))
