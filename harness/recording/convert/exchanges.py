"""HTTP exchanges of a recording as wholes, and the names invented for their hosts: what HAR and vcrpy share. Pure.

1. A recording knows path and query only; other forms ask for a whole address. ``https://<service>.invalid`` stands
   before the path (RFC 6761: never resolved), and is taken off again on the way back.
2. A body is text, or bytes if one of its pieces is.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from harness.errors import RecordingFormatError
from harness.recording.entry import AnyEntry, HttpChunk, HttpError, HttpRequest, HttpResponse, Service

__all__ = ["Exchange", "address", "body_of", "chunks_of", "exchanges", "moment", "path_of", "service_of", "unbased"]


@dataclass(slots=True, kw_only=True)
class Exchange:
    """A request and what came back."""

    request: HttpRequest
    response: HttpResponse | None = None
    chunks: list[HttpChunk] = field(default_factory=list)
    error: HttpError | None = None

    @property
    def entries(self) -> list[AnyEntry]:
        found = [self.request, self.response, *self.chunks, self.error]
        return [entry for entry in found if entry is not None]


def exchanges(entries: Iterable[AnyEntry]) -> list[Exchange]:
    """Every exchange, in the order of the requests; an answer goes to the last request on its connection."""
    found: list[Exchange] = []
    last: dict[str, Exchange] = {}
    for entry in entries:
        if isinstance(entry, HttpRequest):
            last[entry.conn] = Exchange(request=entry)
            found.append(last[entry.conn])
        elif isinstance(entry, (HttpResponse, HttpChunk, HttpError)) and entry.conn in last:
            _answer(last[entry.conn], entry)
    return found


def _answer(exchange: Exchange, entry: HttpResponse | HttpChunk | HttpError) -> None:
    if isinstance(entry, HttpChunk):
        exchange.chunks.append(entry)
    elif isinstance(entry, HttpResponse):
        exchange.response = entry
    else:
        exchange.error = entry


def body_of(chunks: Sequence[HttpChunk]) -> str | bytes:
    """The whole body; bytes if a piece of it is no text."""
    if all(chunk.base64 is None for chunk in chunks):
        return "".join(chunk.text or "" for chunk in chunks)
    return b"".join(
        (chunk.text or "").encode("utf-8", "surrogatepass") if chunk.base64 is None else base64.b64decode(chunk.base64)
        for chunk in chunks
    )


def chunks_of(
    body: str | bytes, pieces: Sequence[tuple[int, int]], *, conn: str, re: int, first_n: int
) -> list[HttpChunk]:
    """``body`` as chunks again.

    Args:
        pieces: (t, length in characters or bytes) of each; what they do not cover belongs to the last.
        first_n: number of the first.
    """
    chunks = []
    at = 0
    for index, (t, length) in enumerate(pieces):
        final = index == len(pieces) - 1
        part = body[at:] if final else body[at : at + length]
        at += length
        text = part if isinstance(part, str) else None
        encoded = base64.b64encode(part).decode() if isinstance(part, bytes) else None
        chunks.append(HttpChunk(n=first_n + index, t=t, conn=conn, re=re, text=text, base64=encoded, final=final))
    return chunks


def address(service: str, path: str, scheme: str = "https") -> str:
    """The invented address of ``path`` at ``service``."""
    return f"{scheme}://{service}.invalid{path if path.startswith('/') else f'/{path}'}"


def path_of(url: str, where: str, path: Path | str) -> str:
    """Path and query of an address.

    Raises:
        RecordingFormatError: it is none.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise RecordingFormatError(f"{where}: not an address", path=path) from None
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def service_of(url: str, *, stream: bool = False) -> Service:
    """Which service an address belongs to: by our invented host, else by what its path says."""
    if stream:
        return "stream"
    rest = url.partition("://")[2]
    host, _, path = rest.partition("/")
    if host in ("token.invalid", "gateway.invalid"):
        return "token" if host.startswith("token") else "gateway"
    return "token" if "oauth" in path.partition("?")[0].lower() else "gateway"


def unbased(data: str, where: str, path: Path | str) -> bytes:
    """The bytes in base64 ``data``.

    Raises:
        RecordingFormatError: it is no base64.
    """
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise RecordingFormatError(f"{where}: not base64", path=path) from None


def moment(text: str, where: str, path: Path | str) -> datetime:
    """The moment an ISO 8601 text names, UTC if it names no zone.

    Raises:
        RecordingFormatError: it names none.
    """
    try:
        when = datetime.fromisoformat(text)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise RecordingFormatError(f"{where}: not a time", path=path) from None
