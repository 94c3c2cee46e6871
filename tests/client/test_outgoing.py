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
