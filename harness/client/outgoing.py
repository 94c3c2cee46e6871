"""What we send on the stream: on the connection there is, or on the next one; nothing is lost with a connection."""

from __future__ import annotations

from harness.wire.stream import Link, LinkClosed

__all__ = ["Outgoing"]


class Outgoing:
    """The sending side of a session."""

    def __init__(self) -> None:
        self.link: Link | None = None
        """The connection that is subscribed, None while there is none."""
        self._unsent: list[str] = []

    async def send(self, text: str) -> None:
        """Send ``text`` now, or when there is a connection again."""
        if self.link is None:
            self._unsent.append(text)
            return
        try:
            await self.link.send(text)
        except LinkClosed:
            self._unsent.append(text)

    async def resume(self, link: Link) -> None:
        """``link`` is subscribed: send what waited, then everything.

        Raises:
            LinkClosed: the connection is gone; what was not sent waits on.
        """
        while self._unsent:
            await link.send(self._unsent[0])
            self._unsent.pop(0)
        self.link = link
