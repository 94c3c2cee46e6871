"""The connections of a session, one after the other, and what comes over them into the queue.

1. The reader waits for the queue at most, never for the pipeline or a sink. With the policy ``drop`` it does not wait
   for the queue either: a message that finds it full is dropped, with an outcome that says so. Messages that steer the
   session (subscribed, closing, end) are never dropped. One beyond the dialect's size is rejected unread.
2. However a connection ends, the session goes on until the dialler says otherwise; a normal close is a drop as well,
   unless the dialect ends its sessions so.
3. A connection resumes after the last message nothing is missing before: it is subscribed when everything the one before
   it brought is through the pipeline.
4. A service that announces its end (``closing``) is dialled again at once, while the old connection goes on. The new one
   is subscribed when the old one is over: nothing is lost, and nothing comes twice.
5. Told to leave, it waits for nothing any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, NoReturn, TypeVar

from harness.client.intake import Dropped, Intake
from harness.client.options import ClientOptions, Observer
from harness.client.outgoing import Outgoing
from harness.clock import Clock
from harness.dialects.base import Dialect, Event, Lifecycle, Malformed, Other
from harness.dialects.strict_json import MAX_BYTES
from harness.errors import ServiceError
from harness.pipeline.chain import DROPPED
from harness.wire.dialler import Dialler
from harness.wire.stream import Link, LinkClosed, Received

__all__ = ["Reader"]

T = TypeVar("T")

_TOO_LARGE = ("decode", "too_large")
_GOING_AWAY = 1001
_NORMAL = 1000


class Reader:
    """Reads the stream until the session is over.

    Args:
        dialler: makes connections.
        intake: where messages go.
        outgoing: is told which connection is subscribed.
        dialect: what a subscription looks like, and which messages steer.
        observer: hears of drops.
        subscribe: what to send on a new connection, as texts.
        progress: changes with every valid message.
        heard: told when a connection began and when a message came, monotonic ns.
        clock: stamps.
        options: see :class:`ClientOptions`.
    """

    def __init__(
        self,
        dialler: Dialler,
        intake: Intake,
        *,
        outgoing: Outgoing,
        dialect: Dialect,
        observer: Observer,
        subscribe: Callable[[], Sequence[str]],
        progress: Callable[[], object],
        heard: Callable[[int], None],
        clock: Clock,
        options: ClientOptions,
    ) -> None:
        self._dialler = dialler
        self._intake = intake
        self._outgoing = outgoing
        self._dialect = dialect
        self._observer = observer
        self._subscribe_texts = subscribe
        self._progress = progress
        self._heard = heard
        self._clock = clock
        self._options = options
        self._group: asyncio.TaskGroup | None = None
        self._finished = False
        self._waiting: asyncio.Task[Any] | None = None
        self._ahead: asyncio.Task[Link | None] | None = None

    async def run(self, group: asyncio.TaskGroup) -> None:
        """Read to the end; tasks of its own run in ``group``.

        Raises:
            ServiceError: the link could not be kept.
        """
        self._group = group
        try:
            while not self._finished:
                link = await self._next()
                if link is None:
                    continue
                before = self._progress()
                code = await self._listen(link)
                self._finished |= code == _NORMAL and self._dialect.ends_with_close
                if not self._finished:
                    valid, pause = self._progress() != before, self._ahead is None
                    await self._unless_left(self._dialler.lost(link, code, valid=valid, pause=pause))
        finally:
            self._group = None  # what is judged after this moves nothing any more
            await self._close_ahead()

    async def finish(self, code: int = _NORMAL) -> None:
        """No more is wanted: close the connection with ``code`` and let :meth:`run` return."""
        self._finished = True
        if self._waiting is not None:
            self._waiting.cancel()
        if self._outgoing.link is not None:
            await self._outgoing.link.close(code)

    def move(self) -> None:
        """The service will end the connection: dial the next one now; rule 4."""
        if self._ahead is None and not self._finished and self._group is not None:
            self._ahead = self._group.create_task(self._dial_ahead())

    # -- connections ---------------------------------------------------------------------------------------------------

    async def _next(self) -> Link | None:
        """The connection that was dialled ahead, else a new one; None when there is none yet."""
        if self._ahead is not None:
            link = await self._unless_left(_result_of(self._ahead))
            if self._finished:
                return None
            self._ahead = None
            if link is not None and link.is_open:
                return link
        return None if self._finished else await self._unless_left(self._dialler.dial())

    async def _dial_ahead(self) -> Link | None:
        """Dial until it works; a failure is met again, and raised, when the old connection is over."""
        try:
            while not self._finished:
                link = await self._dialler.dial()
                if link is not None:
                    return link
        except ServiceError:
            pass
        return None

    async def _close_ahead(self) -> None:
        ahead, self._ahead = self._ahead, None
        if ahead is None:
            return
        if not ahead.done():
            ahead.cancel()
            await asyncio.wait([ahead])
        link = None if ahead.cancelled() or ahead.exception() else ahead.result()
        if link is not None:
            await link.close(_GOING_AWAY)

    async def _unless_left(self, work: Coroutine[Any, Any, T]) -> T | None:
        """What ``work`` returns or raises; None when told to leave before."""
        assert self._group is not None
        self._waiting = task = self._group.create_task(_caught(work))
        try:
            await asyncio.wait([task])
        finally:
            self._waiting = None
        if task.cancelled():
            work.close()  # told to leave before it had begun
            return None
        result = task.result()
        if isinstance(result, ServiceError):
            raise result
        return result

    # -- one connection ------------------------------------------------------------------------------------------------

    async def _listen(self, link: Link) -> int | None:
        """Stay until the connection has ended and all it brought is through the pump; returns the close code."""
        self._heard(self._clock.monotonic_ns())
        try:
            if self._finished:
                await link.close(_GOING_AWAY)
            await self._subscribe(link)
            await self._hear(link)
        except LinkClosed as closed:
            self._outgoing.link = None
            await self._intake.idle()
            return closed.code
        finally:
            self._outgoing.link = None
            await link.close(_GOING_AWAY)

    async def _subscribe(self, link: Link) -> None:
        for number, text in enumerate(self._subscribe_texts()):
            if self._options.subscriptions is not None:
                await self._options.subscriptions.turn()
            await link.send(text)
            if number == 0:
                self._outgoing.begin()
        await self._outgoing.resume(link)
        if self._finished:  # told to leave meanwhile
            await link.close(_GOING_AWAY)

    async def _hear(self, link: Link) -> NoReturn:
        take: Callable[[Received], Awaitable[None]]
        take = self._take_or_drop if self._options.queue_policy == "drop" else self._intake.put
        while True:
            received = await link.receive()
            self._heard(received.at_ns)
            if len(received.data) > MAX_BYTES:  # looking into it would hold everybody up for long
                self._put_aside(received, Malformed(reason=_TOO_LARGE[1]), _TOO_LARGE)
            else:
                await take(received)

    async def _take_or_drop(self, received: Received) -> None:
        if self._intake.full:
            await asyncio.sleep(0)  # the pump may not have had its turn
        if self._intake.full:
            event = self._dialect.decode(received.data)
            if not isinstance(event, Lifecycle):
                self._put_aside(received, _without_text(event), DROPPED)
                return
        self._intake.add(received)

    def _put_aside(self, received: Received, event: Event, fault: tuple[str, str]) -> None:
        self._observer.dropped(received.handle, event, fault[1])
        self._intake.add(Dropped(event, fault, received.at_ns, received.handle))


def _without_text(event: Event) -> Event:
    """Who and where of a message, and nothing of what it says."""
    if isinstance(event, Malformed | Other):
        return Other(type="unknown", conversation=event.conversation, seq=event.seq)
    known = {"type": event.type, "interaction_id": event.conversation}
    payload = known if event.seq is None else {**known, "seq": event.seq}
    return Lifecycle(type=event.type, conversation=event.conversation, seq=event.seq, payload=payload)


async def _caught(work: Coroutine[Any, Any, T]) -> T | ServiceError:
    """A failure of the service as a value: it ends the session in order, not the task group."""
    try:
        return await work
    except ServiceError as error:
        return error


async def _result_of(task: asyncio.Task[T]) -> T:
    return await asyncio.shield(task)
