"""What we send, over connections that end."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from harness.client.outgoing import Outgoing
from harness.wire.stream import Link, LinkClosed


class Wire:
    """A link that takes so many messages, then is closed."""

    def __init__(self, takes: int) -> None:
        self.left = takes
        self.sent: list[str] = []

    async def send(self, text: str) -> None:
        if not self.left:
            raise LinkClosed(1001, "peer")
        self.left -= 1
        self.sent.append(text)


def test_nothing_is_lost_with_a_connection() -> None:
    """What could not be sent goes out on the next connection, in order, once."""

    async def main() -> None:
        outgoing, first, second, third = Outgoing(), Wire(1), Wire(1), Wire(5)
        await outgoing.send("a")
        await outgoing.resume(cast(Link, first))
        await outgoing.send("b")
        await outgoing.send("c")
        with pytest.raises(LinkClosed):
            await outgoing.resume(cast(Link, second))
        await outgoing.resume(cast(Link, third))
        await outgoing.send("d")
        assert (first.sent, second.sent, third.sent) == (["a"], ["b"], ["c", "d"])

    asyncio.run(main())


def test_what_a_connection_took_along() -> None:
    """A message whose answer did not come on its connection is known on the next one, until it is answered or said again."""

    async def main() -> None:
        outgoing, first, second = Outgoing(), Wire(5), Wire(5)
        outgoing.begin()
        await outgoing.resume(cast(Link, first))
        await outgoing.send("update", "i-1")
        await outgoing.send("update", "i-2")
        assert outgoing.unanswered() == {}
        outgoing.link = None
        outgoing.begin()
        await outgoing.resume(cast(Link, second))
        outgoing.answered("i-2")
        assert outgoing.unanswered() == {"i-1": "update"}
        await outgoing.say("update", "i-1")
        assert outgoing.unanswered() == {} and second.sent == ["update"]

    asyncio.run(main())


def test_what_is_of_no_use_later() -> None:
    """What is said now or never is not kept for the next connection; what is booked waits for its own."""

    async def main() -> None:
        outgoing, first, second = Outgoing(), Wire(1), Wire(5)
        await outgoing.say("nobody there")
        outgoing.begin()
        await outgoing.book("later", 2)
        await outgoing.resume(cast(Link, first))
        await outgoing.book("now", 1)
        await outgoing.say("too late")
        outgoing.link = None
        outgoing.begin()
        await outgoing.resume(cast(Link, second))
        assert (first.sent, second.sent) == (["now"], ["later"])

    asyncio.run(main())
