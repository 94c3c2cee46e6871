"""The bounded queue between reader and pump.

1. Messages count, control items do not: a full queue never keeps the session from ending.
2. ``put`` waits for room: the back-pressure. What happens before it is the reader's business.
3. ``idle`` returns when everything that was put in has been worked off, not only taken out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.dialects.base import Event
from harness.wire.stream import Received

__all__ = ["Ask", "Dropped", "Ended", "GiveUp", "Intake", "Item", "Repeat"]


@dataclass(slots=True)
class GiveUp:
    """The hole behind message ``place`` of a conversation has been open for too long."""

    conversation: str
    place: int


@dataclass(slots=True)
class Ask:
    """The hole behind message ``place`` of a conversation has been open for a while: the service may send it again."""

    conversation: str
    place: int


@dataclass(slots=True)
class Repeat:
    """What was said about ``about`` went with its connection, and the next one has brought no answer."""

    about: str


@dataclass(slots=True)
class Dropped:
    """A message that goes no further: what it was, without its text; ``fault`` is the stage and reason of its outcome."""

    event: Event
    fault: tuple[str, str]
    at_ns: int
    handle: Any


@dataclass(slots=True)
class Ended:
    """Ends the pump when everything before it is done."""


Item = Received | Dropped | Ask | Repeat | GiveUp | Ended


class Intake:
    """A queue of at most ``limit`` messages."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: asyncio.Queue[Item] = asyncio.Queue()
        self._room = asyncio.Event()
        self.depth = 0
        """Messages that wait."""
        self.peak = 0
        """The most that ever waited."""

    @property
    def full(self) -> bool:
        """No further message may come in."""
        return self.depth >= self._limit

    async def put(self, received: Received) -> None:
        """Add a message, when there is room for it."""
        while self.full:
            self._room.clear()
            await self._room.wait()
        self.add(received)

    def add(self, item: Item) -> None:
        """Add what must come in, room or not."""
        self.depth += isinstance(item, Received)
        self.peak = max(self.peak, self.depth)
        self._items.put_nowait(item)

    async def take(self) -> Item:
        """The next item; say :meth:`done` when it is worked off."""
        item = await self._items.get()
        if isinstance(item, Received):
            self.depth -= 1
            self._room.set()
        return item

    def rest(self) -> Iterator[Item]:
        """What is left when nobody takes any more; messages that were received are judged even so."""
        while not self._items.empty():
            yield self._items.get_nowait()

    def done(self) -> None:
        """The item last taken is worked off."""
        self._items.task_done()

    async def idle(self) -> None:
        """Return when nothing is left to do."""
        await self._items.join()
