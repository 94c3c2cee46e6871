"""What we send on the stream: on the connection there is, or on the next one; nothing is lost with a connection.

1. What has an answer is remembered until it came: a message that a connection took with it is not lost, but said again.
2. What a timer says belongs to the connection it is about: it is said there or not at all.
"""

from __future__ import annotations

import contextlib

from harness.wire.stream import Link, LinkClosed

__all__ = ["Outgoing"]


class Outgoing:
    """The sending side of a session."""

    def __init__(self) -> None:
        self.link: Link | None = None
        """The connection that is subscribed, None while there is none."""
        self.connections = 0
        """Connections that heard from us so far, the one there is included."""
        self._unsent: list[tuple[str, str]] = []
        self._asked: dict[str, tuple[str, int]] = {}
        self._booked: dict[int, list[str]] = {}

    async def send(self, text: str, about: str = "") -> None:
        """Send ``text`` now, or when there is a connection again; :meth:`answered` is told of its answer, if ``about``."""
        try:
            if self.link is not None:
                await self._sent(self.link, text, about)
                return
        except LinkClosed:
            pass
        self._unsent.append((text, about))

    async def say(self, text: str, about: str = "") -> None:
        """Send ``text`` if there is a connection; else it is of no use any more."""
        if self.link is not None:
            with contextlib.suppress(LinkClosed):
                await self._sent(self.link, text, about)

    async def book(self, text: str, connection: int) -> None:
        """Say ``text`` on connection number ``connection``: now, or when that one is subscribed."""
        if connection > self.connections:
            self._booked.setdefault(connection, []).append(text)
        else:
            await self.say(text)

    def answered(self, about: str) -> None:
        """The answer came, or none is waited for any more."""
        self._asked.pop(about, None)

    def unanswered(self) -> dict[str, str]:
        """What was sent on an earlier connection than this one and has no answer: about -> text."""
        return {about: text for about, (text, connection) in self._asked.items() if connection < self.connections}

    def begin(self) -> None:
        """The next connection hears from us for the first time."""
        self.connections += 1

    async def resume(self, link: Link) -> None:
        """``link`` is subscribed: send what waited, then everything.

        Raises:
            LinkClosed: the connection is gone; what was not sent waits on.
        """
        while self._unsent:
            await self._sent(link, *self._unsent[0])
            self._unsent.pop(0)
        self.link = link
        for text in self._booked.pop(self.connections, ()):
            await self.say(text)

    async def _sent(self, link: Link, text: str, about: str) -> None:
        await link.send(text)
        if about:
            self._asked[about] = (text, self.connections)
