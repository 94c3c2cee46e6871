"""Is anybody there? Pings at an interval, and a time-out for what must come back.

1. A ping leaves every ``interval_s``; when ``timeout_s`` later not a single byte has come since, the far side is dead. So
   a half-open connection is found within interval + timeout.
2. Any byte counts as life: a pong may stand behind a large message on a slow line.
3. While we do not read, because what came is not worked off yet, nothing can be heard: nobody is declared dead then, and
   an unasked pong (RFC 6455, 5.5.3) goes out in the place of the ping, so that the far side hears of us.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

__all__ = ["Keepalive", "Line"]


class Line(Protocol):
    """The connection that is kept alive."""

    @property
    def deaf(self) -> bool:
        """We do not read at the moment."""
        ...

    def ping(self, data: bytes) -> bool:
        """Send a ping; False when the connection is not open any more."""
        ...

    def pong(self) -> bool:
        """Send a pong nobody asked for; False as for :meth:`ping`."""
        ...

    def dead(self) -> None:
        """Nothing came back in time."""
        ...


class Keepalive:
    """Timers of one connection on the running event loop.

    Args:
        line: what is kept alive.
        interval_s: between pings; 0 = none.
        timeout_s: for a sign of life after a ping.
    """

    def __init__(self, line: Line, interval_s: float, timeout_s: float) -> None:
        self._line = line
        self._interval_s = interval_s
        self._timeout_s = timeout_s
        self._loop = asyncio.get_running_loop()
        self._timers: set[asyncio.TimerHandle] = set()
        self._pings = 0
        self._deaf = 0
        """Times we began to be deaf; a check that spans one says nothing."""
        self.heard = 0
        """Times something came; whoever reads the connection counts."""
        if interval_s:
            self._later(interval_s, self._beat)

    def deafened(self) -> None:
        """We stop reading."""
        self._deaf += 1

    def stop(self) -> None:
        """The connection is over."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._interval_s = 0

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        def run() -> None:
            self._timers.discard(timer)
            call()

        timer = self._loop.call_later(seconds, run)
        self._timers.add(timer)

    def _beat(self) -> None:
        if self._line.deaf:
            alive = self._line.pong()
        else:
            self._pings += 1
            alive = self._line.ping(self._pings.to_bytes(4, "big"))
            heard, deaf = self.heard, self._deaf
            if alive:
                self._later(self._timeout_s, lambda: self._judge(heard, deaf))
        if alive:
            self._later(self._interval_s, self._beat)

    def _judge(self, heard: int, deaf: int) -> None:
        if self.heard == heard and self._deaf == deaf and not self._line.deaf:
            self.stop()
            self._line.dead()
