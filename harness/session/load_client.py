"""One client of a load: it does what was recorded when it is due, whatever the service does meanwhile.

1. Every connection and request begins at its recorded distance from the client's intended start.
2. A latency counts from the intended time: of a connection to its handshake, of a send to the first message of the
   type that answered it when recorded, of a request to the end of its answer.
3. The load's own lateness is taken only where it slept towards a time: being held up by the service is not lateness
   of ours, it is in the latency.
4. A client that ended the connection itself does so at its recorded time, or when it has its answers, at most
   ``GRACE_S`` later.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from harness.clock import Clock
from harness.errors import ServiceError
from harness.metrics.latency import LatencyBook
from harness.recording.entry import HttpRequest
from harness.replayer.places import type_of
from harness.replayer.steps import Action, Step, Track
from harness.session.load_script import LoadScript
from harness.wire.rest import RestClient
from harness.wire.stream import Link, LinkClosed, dial
from harness.wire.tap import NullTap

__all__ = ["GRACE_S", "LoadClient", "LoadResult", "LoadTarget"]

GRACE_S = 5.0
"""How long a service may take to end a connection, or to answer, after the recorded end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadTarget:
    """Where a session is played: ``gateway_url`` None leaves the requests out."""

    stream_url: str
    gateway_url: str | None
    token: SecretStr


@dataclass(slots=True, kw_only=True)
class LoadResult:
    """What a load came to; durations in ``book`` under ``connect``, ``reply``, ``request`` and ``schedule_lag``.

    Args:
        clients: how many there were.
        seconds: over how long they began.
        sent: messages sent.
        received: messages received.
        requests: requests answered.
        failed: connections and requests that were refused or broke.
        unanswered: sends whose answer never came.
        skipped: requests of the recordings that were not played.
        cut_off: clients that were not over in time.
    """

    clients: int
    seconds: float
    sent: int = 0
    received: int = 0
    requests: int = 0
    failed: int = 0
    unanswered: int = 0
    skipped: int = 0
    cut_off: int = 0
    book: LatencyBook = field(default_factory=LatencyBook, repr=False)

    @property
    def sound(self) -> bool:
        """True if every client got everything it waited for."""
        return not (self.failed or self.unanswered or self.cut_off)

    def figures(self) -> dict[str, Any]:
        """The figures as JSON values."""
        counts = ("sent", "received", "requests", "failed", "unanswered", "skipped", "cut_off")
        told = {name: getattr(self, name) for name in ("clients", "seconds", *counts)}
        return {**told, "latency_ms": self.book.summary()}


class LoadClient:
    """One client of the load.

    Args:
        number: of the client, from 0.
        script: what it plays.
        target: where.
        start_ns: when it is to begin.
        result: what it adds to.
        rest: sends its requests.
        clock: stamps and waits.
    """

    def __init__(
        self,
        number: int,
        script: LoadScript,
        target: LoadTarget,
        start_ns: int,
        *,
        result: LoadResult,
        rest: RestClient,
        clock: Clock,
    ) -> None:
        self._number = number
        self._script = script
        self._target = target
        self._start_ns = start_ns
        self.result = result
        self._rest = rest
        self._clock = clock

    async def run(self) -> None:
        """Play the session to its end."""
        async with asyncio.TaskGroup() as group:
            for track in self._script.tracks:
                group.create_task(self._connection(track))
            if self._target.gateway_url is not None:
                for request in self._script.requests:
                    group.create_task(self._request(request, self._target.gateway_url))
        self.result.cut_off -= 1

    async def until(self, t_us: int) -> int:
        """Wait for a recorded time; returns when it was meant to be."""
        due_ns = self._start_ns + (t_us - self._script.began_us) * 1000
        if due_ns > self._clock.monotonic_ns():
            await self._clock.sleep_until(due_ns)
            self._since("schedule_lag", due_ns)
        return due_ns

    def said(self, data: str | bytes) -> str | bytes:
        """``data`` with this client's own ids."""
        return self._script.said(data, self._number)

    def _since(self, stage: str, due_ns: int) -> None:
        self.result.book.record(stage, max(0, self._clock.monotonic_ns() - due_ns))

    async def _request(self, request: HttpRequest, gateway_url: str) -> None:
        assert request.body is not None
        due_ns = await self.until(request.t)
        url = urlsplit(gateway_url)
        body = self.said(request.body)
        try:
            await self._rest.post(
                f"{url.scheme}://{url.netloc}{request.url}",
                service="gateway",
                body=body if isinstance(body, str) else body.decode(),
                headers={"authorization": f"Bearer {self._target.token.get_secret_value()}"},
            )
        except ServiceError:
            self.result.failed += 1
            return
        self.result.requests += 1
        self._since("request", due_ns)

    async def _connection(self, track: Track) -> None:
        due_ns = await self.until(track.t_us)
        try:
            link = await dial(
                self._target.stream_url,
                token=self._target.token,
                conn="w1",
                attempt=1,
                tap=NullTap(),
                clock=self._clock,
                subprotocol=track.subprotocol,
            )
        except ServiceError:
            self.result.failed += 1
            return
        self._since("connect", due_ns)
        await _Talk(link, track, self).run()


class _Talk:
    """What is said on one connection, both ways."""

    def __init__(self, link: Link, track: Track, client: LoadClient) -> None:
        self._link = link
        self._track = track
        self._client = client
        self._asked: list[tuple[int, str]] = []
        self._answers = _answers(track)
        self._changed = asyncio.Event()
        self._over = False

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                reader = group.create_task(self._hear())
                await self._say()
                async with asyncio.timeout(GRACE_S):
                    await reader
        except* (TimeoutError, LinkClosed, ServiceError):
            self._client.result.failed += 1
        finally:
            self._client.result.unanswered += len(self._asked)
            await self._link.close()

    async def _say(self) -> None:
        for index, step in enumerate(self._track.steps):
            if step.action is Action.EXPECT and step.data is not None:
                due_ns = await self._client.until(step.t_us)
                if index in self._answers:
                    self._asked.append((due_ns, self._answers[index]))
                await self._link.send(self._client.said(step.data))
                self._client.result.sent += 1
            elif step.action is Action.EXPECT_CLOSE:
                await self._client.until(step.t_us)
                await self._all_answered()
                await self._link.close(step.code or 1000)

    async def _all_answered(self) -> None:
        """Wait for the answers still to come, not longer than the grace; rule 4."""
        try:
            async with asyncio.timeout(GRACE_S):
                while self._asked and not self._over:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return

    async def _hear(self) -> None:
        try:
            while True:
                received = await self._link.receive()
                self._client.result.received += 1
                if self._asked:
                    self._answered(received.data, received.at_ns)
        except LinkClosed as closed:
            self._over = True
            self._changed.set()
            if not _as_recorded(self._track.steps[-1], closed):
                self._client.result.failed += 1

    def _answered(self, data: str | bytes, at_ns: int) -> None:
        kind = type_of(data)
        found = next((i for i, (_, wanted) in enumerate(self._asked) if wanted == kind), None)
        if found is not None:
            due_ns, _ = self._asked.pop(found)
            self._changed.set()
            self._client.result.book.record("reply", max(0, at_ns - due_ns))


def _answers(track: Track) -> dict[int, str]:
    """For each of the client's sends that was answered: the type of the first message of the service after it."""
    found: dict[int, str] = {}
    for step in track.steps:
        if step.action is Action.SEND and _is_of_client(track.steps, step.parent):
            found.setdefault(step.parent, type_of(step.data))
    return found


def _as_recorded(last: Step, closed: LinkClosed) -> bool:
    """True if the connection ended as in the recording: by the same side, and by a service with the same code."""
    match last.action:
        case Action.EXPECT_CLOSE:
            return closed.by == "us"
        case Action.CLOSE:
            return closed.code == (last.code or 1005)
        case _:
            return True


def _is_of_client(steps: tuple[Step, ...], parent: int) -> bool:
    return parent >= 0 and not steps[parent].ours
