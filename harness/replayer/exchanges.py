"""The HTTP exchanges of a recording. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from harness.recording.entry import AnyEntry, HttpChunk, HttpError, HttpRequest, HttpResponse
from harness.replayer.steps import payload_of

__all__ = ["Exchange", "Piece", "exchanges_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of a recorded body and when it came."""

    t_us: int
    data: bytes = field(repr=False)


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One recorded request and what the service answered.

    Args:
        recording: the recording's name.
        request: the request.
        response: its response; None if there was none, or a transport error.
        pieces: the body.
        takes: how many live requests were answered with it.
        hold_us: waited before the answer at any speed (faults).
        aside: made by a fault: no failure if nobody asks for it.
        fault: the fault that made or changed it, '' for one as recorded.
    """

    recording: str
    request: HttpRequest
    response: HttpResponse | None = None
    pieces: list[Piece] = field(default_factory=list, repr=False)
    text: bool = False
    takes: int = 0
    hold_us: int = 0
    aside: bool = False
    fault: str = ""

    @property
    def label(self) -> str:
        return f"{self.recording}: {self.request.method} {urlsplit(self.request.url).path} (entry {self.request.n})"

    @property
    def optional(self) -> bool:
        return self.aside or (self.request.play is not None and self.request.play.optional)


def exchanges_of(recording: str, entries: Iterable[AnyEntry]) -> list[Exchange]:
    """The HTTP exchanges of a recording that got an answer or a transport error, in order."""
    by_n: dict[int, Exchange] = {}
    latest: dict[str, Exchange] = {}
    for entry in entries:
        match entry:
            case HttpRequest():
                by_n[entry.n] = Exchange(recording=recording, request=entry)
            case HttpResponse() if (exchange := by_n.get(entry.re)) is not None:
                exchange.response = entry
                by_n[entry.n] = latest[entry.conn] = exchange
            case HttpError() if (exchange := by_n.get(entry.re)) is not None:
                exchange.response = None
                latest.pop(entry.conn, None)
                by_n[entry.n] = exchange
            case HttpChunk():
                _add_piece(by_n.get(entry.re) if entry.re is not None else latest.get(entry.conn), entry)
            case _:
                pass
    return list({id(exchange): exchange for exchange in by_n.values()}.values())


def _add_piece(exchange: Exchange | None, chunk: HttpChunk) -> None:
    data = payload_of(chunk.text, chunk.base64)
    if exchange is None or data is None:
        return
    exchange.text = exchange.text or isinstance(data, str)
    exchange.pieces.append(Piece(t_us=chunk.t, data=data.encode() if isinstance(data, str) else data))
