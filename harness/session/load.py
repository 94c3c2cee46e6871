"""Load on a service at loopback, from recordings: an open model, so that a slow service cannot slow the load down.

1. Clients begin at times fixed before the run, evenly over its seconds; each plays the sends of one recorded session at
   their recorded distances from its own intended start, whether or not the service has answered.
2. A latency is counted from the INTENDED time of a send to the first message that comes for it: what a service makes
   clients wait for is in the figure, not left out (coordinated omission).
3. ``schedule_lag`` is how late the load itself was; where it is not small, the figures are of this machine.
4. Bounded: so many clients, so many seconds, then everything is cut off. Loopback only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from harness.clock import SystemClock
from harness.dialects.mediation_addresses import is_loopback
from harness.errors import ConfigError, ServiceError
from harness.metrics.latency import LatencyBook
from harness.recording.reader import Recording
from harness.replayer.steps import Action, Step, Track, tracks_of
from harness.wire.stream import Link, LinkClosed, dial
from harness.wire.tap import NullTap

__all__ = ["MAX_CLIENTS", "MAX_SECONDS", "LoadResult", "run_load"]

MAX_CLIENTS = 10_000
MAX_SECONDS = 3600.0
_GRACE_S = 5.0


@dataclass(slots=True, kw_only=True)
class LoadResult:
    """What a load came to; durations in ``book`` under ``reply``, ``connect`` and ``schedule_lag``."""

    clients: int
    seconds: float
    sent: int = 0
    received: int = 0
    failed: int = 0
    unanswered: int = 0
    book: LatencyBook = field(default_factory=LatencyBook, repr=False)

    def figures(self) -> dict[str, Any]:
        """The figures as JSON values."""
        counts = {name: getattr(self, name) for name in ("clients", "seconds", "sent", "received", "failed")}
        return {**counts, "unanswered": self.unanswered, "latency_ms": self.book.summary()}


async def run_load(
    recordings: Sequence[Recording], *, stream_url: str, token: SecretStr, clients: int, seconds: float
) -> LoadResult:
    """Put ``clients`` clients on the stream at ``stream_url`` within ``seconds``.

    Raises:
        ConfigError: an argument is out of its bounds, or the recordings hold no connection to play.
    """
    if not is_loopback(stream_url):
        raise ConfigError("--url", stream_url, "an address on loopback", fix="load tests of other hosts are not ours")
    if not 1 <= clients <= MAX_CLIENTS:
        raise ConfigError("--clients", clients, f"1 to {MAX_CLIENTS}")
    if not 0 < seconds <= MAX_SECONDS:
        raise ConfigError("--seconds", seconds, f"above 0, at most {MAX_SECONDS:g}")
    tracks = [t for r in recordings for t in tracks_of(r.path.name, r.entries) if t.first_send is not None]
    if not tracks:
        raise ConfigError("FILE", "no connection", "recordings of clients that send something")
    result = LoadResult(clients=clients, seconds=seconds)
    clock = SystemClock()
    began_ns = clock.monotonic_ns()
    try:
        async with asyncio.timeout(seconds + _GRACE_S), asyncio.TaskGroup() as group:
            for number in range(clients):
                start_ns = began_ns + round(seconds * 1e9 * number / clients)
                track = tracks[number % len(tracks)]
                group.create_task(_Client(track, result, clock, start_ns).run(stream_url, token))
    except TimeoutError:
        pass
    return result


class _Client:
    """One client of the load."""

    def __init__(self, track: Track, result: LoadResult, clock: SystemClock, start_ns: int) -> None:
        self._track = track
        self._result = result
        self._clock = clock
        self._start_ns = start_ns
        self._asked: list[int] = []

    async def run(self, url: str, token: SecretStr) -> None:
        await self._clock.sleep_until(self._start_ns)
        self._lag(self._start_ns)
        try:
            link = await dial(url, token=token, conn="w1", attempt=1, tap=NullTap(), clock=self._clock)
        except ServiceError:
            self._result.failed += 1
            return
        self._result.book.record("connect", self._clock.monotonic_ns() - self._start_ns)
        try:
            async with asyncio.TaskGroup() as group:
                reader = group.create_task(self._hear(link))
                await self._say(link)
                async with asyncio.timeout(_GRACE_S):
                    await reader
        except* (TimeoutError, LinkClosed):
            self._result.failed += 1
        finally:
            self._result.unanswered += len(self._asked)
            await link.close()

    async def _say(self, link: Link) -> None:
        for step in self._track.steps:
            if step.action is Action.EXPECT and step.data is not None:
                await self._send(link, step)
            elif step.action is Action.EXPECT_CLOSE:
                await self._clock.sleep_until(self._due_ns(step))
                await link.close(step.code or 1000)

    async def _send(self, link: Link, step: Step) -> None:
        assert step.data is not None
        due_ns = self._due_ns(step)
        await self._clock.sleep_until(due_ns)
        self._lag(due_ns)
        index = self._track.steps.index(step)
        if any(other.action is Action.SEND and other.parent == index for other in self._track.steps):
            self._asked.append(due_ns)
        await link.send(step.data)
        self._result.sent += 1

    def _due_ns(self, step: Step) -> int:
        return self._start_ns + max(0, step.t_us - self._track.t_us) * 1000

    def _lag(self, due_ns: int) -> None:
        self._result.book.record("schedule_lag", max(0, self._clock.monotonic_ns() - due_ns))

    async def _hear(self, link: Link) -> None:
        try:
            while True:
                received = await link.receive()
                self._result.received += 1
                if self._asked:
                    self._result.book.record("reply", max(0, received.at_ns - self._asked.pop(0)))
        except LinkClosed:
            return
