"""Entries of a recording in the order they would cross the wire, numbered and timed.

1. Times never go back: an entry is at least ``TICK_US`` after the one before it.
2. Every HTTP exchange has a connection of its own, every dial of the stream too.
3. Nothing here knows what a conversation is; ``composer.py`` does.
"""

from __future__ import annotations

import random

from harness.recording.entry import (
    AnyEntry,
    HttpChunk,
    HttpRequest,
    HttpResponse,
    Play,
    Service,
    WsAbort,
    WsAccept,
    WsClose,
    WsMessage,
    WsOpen,
)

__all__ = ["GATEWAY_URL", "STREAM_URL", "TICK_US", "TOKEN_URL", "WireBuilder"]

TOKEN_URL = "/oauth/token"
GATEWAY_URL = "/api/v2/ai-gateway/summaries"
STREAM_URL = "/api/v2/mediation/conversations/stream"
TICK_US = 250
"""The least time between two entries, in microseconds."""

_FORM = (("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json"))
_JSON = (("content-type", "application/json"), ("accept", "application/json"))
_ANSWER = (("content-type", "application/json"),)


class WireBuilder:
    """Collects entries; ``now`` is the time of the last one in microseconds.

    Args:
        rng: where the small delays come from.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._http = 0
        self._dials = 0
        self.entries: list[AnyEntry] = []
        self.now = -TICK_US
        self.received = 0
        """Messages of the service so far."""

    @property
    def stream(self) -> str:
        """The connection id of the stream's latest dial."""
        return f"w{self._dials}"

    def delay(self, low_ms: float, high_ms: float) -> int:
        """A time ``low_ms`` .. ``high_ms`` after now, in microseconds."""
        return self.now + round((low_ms + (high_ms - low_ms) * self._rng.random()) * 1000)

    def exchange(
        self, service: Service, url: str, body: str, answer: str, *, status: int = 200, play: Play | None = None
    ) -> None:
        """One POST and its answer."""
        self._http += 1
        conn = f"h{self._http}"
        headers = _FORM if service == "token" else _JSON
        n, t = self._place(self.delay(1, 4))
        self._add(
            HttpRequest(
                n=n, t=t, service=service, conn=conn, method="POST", url=url, headers=headers, body=body, play=play
            )
        )
        request = n
        n, t = self._place(self.delay(25, 90))
        self._add(HttpResponse(n=n, t=t, conn=conn, re=request, status=status, headers=_ANSWER))
        n, t = self._place(self.delay(0.3, 2))
        self._add(HttpChunk(n=n, t=t, conn=conn, re=request, text=answer, final=True))

    def dial(self) -> None:
        """Open the stream: the k-th dial is attempt k."""
        self._dials += 1
        n, t = self._place(self.delay(2, 10))
        self._add(WsOpen(n=n, t=t, conn=self.stream, attempt=self._dials, url=STREAM_URL))
        opened = n
        n, t = self._place(self.delay(15, 45))
        self._add(WsAccept(n=n, t=t, conn=self.stream, re=opened))

    def send(self, text: str, *, play: Play | None = None) -> int:
        """The client sends; returns the entry's number."""
        n, t = self._place(self.delay(0.5, 2))
        self._add(WsMessage(n=n, t=t, conn=self.stream, dir="out", text=text, play=play))
        return n

    def receive(
        self, t: int, *, text: str | None = None, base64: str | None = None, size: int, re: int | None = None
    ) -> None:
        """The service sends, not before ``t``."""
        self.received += 1
        n, t = self._place(t)
        message = WsMessage(n=n, t=t, conn=self.stream, dir="in", re=re, text=text, base64=base64, size=size)
        self._add(message)

    def hang_up(self, t: int, code: int) -> None:
        """The service ends the connection: 1006 without a word, 1005 with an empty close, else with the code."""
        n, t = self._place(t)
        if code == 1006:
            self._add(WsAbort(n=n, t=t, conn=self.stream, error="connection reset", by="peer"))
        else:
            self._add(WsClose(n=n, t=t, conn=self.stream, by="peer", code=None if code == 1005 else code))

    def close(self) -> None:
        """The client ends the connection in good order."""
        n, t = self._place(self.delay(2, 8))
        self._add(WsClose(n=n, t=t, conn=self.stream, by="us", code=1000))

    def wait(self, low_ms: float, high_ms: float) -> None:
        """Let time pass without an entry."""
        self.now = self.delay(low_ms, high_ms)

    def _place(self, t: int) -> tuple[int, int]:
        """Number and time of the next entry, which wants to be at ``t``."""
        self.now = max(self.now + TICK_US, t)
        return len(self.entries) + 1, self.now

    def _add(self, entry: AnyEntry) -> None:
        self.entries.append(entry)
