"""Connections one after the other: dialling ahead, leaving, and what happens when the queue is full."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from harness.client import ClientOptions
from harness.clock import SystemClock
from harness.errors import ConnectionLost
from harness.pipeline.outcome import Outcome
from harness.wire.dialler import LinkState
from harness.wire.serve import Peer, PeerClosed, Refusal

QUICK: dict[str, Any] = {"heartbeat_timeout_s": 0, "gap_timeout_s": 30}


def played(kit: SimpleNamespace, service: Any, **more: Any) -> Any:
    """One session with real timers, to its end; what was heard."""
    ears = kit.Listener()

    async def main() -> None:
        options = ClientOptions(**{**QUICK, **more})
        async with kit.client_of(service, ears, clock=SystemClock(), options=options) as client:
            await client.run()

    asyncio.run(main())
    return ears


def test_make_before_break(kit: SimpleNamespace) -> None:
    """At ``closing`` the next connection is open before the old one ends; nothing is lost and nothing comes twice."""
    second_open = asyncio.Event()

    async def first(peer: Peer, service: Any) -> None:
        await service.hear(peer)
        for text in (kit.subscribed(), kit.said(2), kit.message("closing", 3, grace_s=5), kit.said(4)):
            await peer.send(text)
        await second_open.wait()
        await peer.send(kit.said(5))
        await peer.close(1001)

    async def second(peer: Peer, service: Any) -> None:
        second_open.set()
        subscription = await service.hear(peer)
        for seq in range(subscription["resume_after_seq"] + 1, 8):
            await peer.send(kit.said(seq))
        await peer.send(kit.end(8))
        while True:
            await service.hear(peer)

    service = kit.Service(first, second)
    ears = played(kit, service)
    assert ears.accepted == [1, 2, 3, 4, 5, 6, 7, 8]
    assert len(ears.final) == 8
    assert service.most_open == 2
    assert service.opened == 2
    assert [sent.get("resume_after_seq") for sent in service.sent if sent["type"] == "subscribe"] == [None, 5]


def test_a_service_that_cannot_be_dialled_ahead(kit: SimpleNamespace) -> None:
    """A service that refuses while it closes is dialled as after any loss, and the session goes on."""

    refused = asyncio.Event()

    def admit(handshake: Any) -> Refusal | None:
        """The first connection, and then none before that one is over."""
        service.handshakes.append(handshake)
        if len(service.handshakes) > 2:
            refused.set()
        return Refusal(status=503) if len(service.handshakes) > 1 and service.open else None

    async def leave(peer: Peer) -> None:
        await refused.wait()
        await peer.close(1012)

    first = kit.plays(kit.subscribed(), kit.message("closing", 2, grace_s=1), then=leave)
    service = kit.Service(first, kit.plays(kit.end(3)))
    service.admit = admit
    ears = played(kit, service)
    assert ears.accepted == [1, 2, 3]
    assert service.most_open == 1


def test_refused_ahead_for_good(kit: SimpleNamespace) -> None:
    """A failure of the dial ahead does not end the connection there is; it is met again when that is over."""
    refused = asyncio.Event()

    def admit(_: Any) -> Refusal | None:
        service.handshakes.append(_)
        if len(service.handshakes) == 1:
            return None
        refused.set()
        return Refusal(status=404)

    async def first(peer: Peer, held: Any) -> None:
        await held.hear(peer)
        for text in (kit.subscribed(), kit.message("closing", 2, grace_s=1)):
            await peer.send(text)
        await refused.wait()
        await peer.send(kit.said(3))
        await peer.close(1001)

    service = kit.Service(first)
    service.admit = admit
    ears = kit.Listener()

    async def main() -> None:
        async with kit.client_of(service, ears, clock=SystemClock(), options=ClientOptions(**QUICK)) as client:
            with pytest.raises(ConnectionLost, match="404"):
                await client.run()

    asyncio.run(main())
    assert ears.accepted == [1, 2, 3]
    assert len(service.handshakes) == 3


def test_the_end_after_all(kit: SimpleNamespace) -> None:
    """A connection dialled ahead that is not needed any more is closed."""
    codes: list[int] = []
    second_open = asyncio.Event()

    async def first(peer: Peer, service: Any) -> None:
        await service.hear(peer)
        await peer.send(kit.subscribed())
        await peer.send(kit.message("closing", 2, grace_s=5))
        await second_open.wait()
        await peer.send(kit.end(3))
        while True:
            await service.hear(peer)

    async def second(peer: Peer, _: Any) -> None:
        second_open.set()
        try:
            await peer.recv()
        except PeerClosed as closed:
            codes.append(closed.code)

    ears = played(kit, kit.Service(first, second))
    assert ears.accepted == [1, 2, 3]
    assert codes == [1001]


def test_the_connection_ahead_ends_first(kit: SimpleNamespace) -> None:
    """A connection dialled ahead that is gone when it is needed is replaced."""
    second_gone = asyncio.Event()

    async def first(peer: Peer, service: Any) -> None:
        await service.hear(peer)
        await peer.send(kit.subscribed())
        await peer.send(kit.message("closing", 2, grace_s=5))
        await second_gone.wait()
        await peer.close(1001)

    async def second(peer: Peer, _: Any) -> None:
        await peer.close(1000)
        second_gone.set()

    service = kit.Service(first, second, kit.plays(kit.end(3)))
    assert played(kit, service).accepted == [1, 2, 3]
    assert service.opened == 3


def test_an_announcement_that_is_judged_after_the_end(kit: SimpleNamespace) -> None:
    """``closing`` behind a hole is released when the session has failed already: nothing is dialled for it, nothing breaks."""

    async def broken(peer: Peer) -> None:
        await peer.close(1002)

    service, ears = kit.Service(kit.plays(kit.message("closing", 3, grace_s=1), then=broken)), kit.Listener()

    async def main() -> None:
        options = ClientOptions(**QUICK)
        async with kit.client_of(service, ears, clock=SystemClock(), options=options) as client:
            with pytest.raises(ConnectionLost):
                await client.run()

    asyncio.run(main())
    assert [(outcome.event, outcome.verdict) for outcome in ears.final][:1] == [("closing", "accepted")]
    assert service.opened == 3


def test_no_dial_ahead_in_a_replay(kit: SimpleNamespace) -> None:
    """Without timers the next connection is dialled when the old one is over, as recorded."""

    async def leave(peer: Peer) -> None:
        await asyncio.sleep(0.1)
        await peer.close(1001)

    first = kit.plays(kit.subscribed(), kit.message("closing", 2, grace_s=1), then=leave)
    service = kit.Service(first, kit.plays(kit.end(3)))
    played(kit, service, give_up_after={})
    assert service.most_open == 1


@pytest.mark.parametrize("when", ["open", "waiting", "dialling"])
def test_leaving(kit: SimpleNamespace, when: str) -> None:
    """Told to leave, the client closes with 1001 and stops at once, whatever it was doing."""
    codes: list[int] = []
    here = asyncio.Event()
    hold = asyncio.Event()

    async def stay(peer: Peer, service: Any) -> None:
        await service.hear(peer)
        await peer.send(kit.subscribed())
        here.set()
        try:
            await peer.recv()
        except PeerClosed as closed:
            codes.append(closed.code)

    refusals = [Refusal(status=503, headers=[("retry-after", "200")])] if when == "waiting" else []
    service = kit.Service(stay, admit=refusals)
    ears = kit.Listener()

    def told(state: LinkState) -> None:
        if state.phase == "waiting" or (when == "dialling" and state.phase == "dialling"):
            here.set()

    async def main() -> None:
        options = ClientOptions(**QUICK, on_state=told)
        async with (
            kit.client_of(service, ears, clock=SystemClock(), options=options) as client,
            asyncio.TaskGroup() as group,
        ):
            running = group.create_task(client.run())
            await here.wait()
            if when == "open":
                while not ears.final:  # noqa: ASYNC110 - any deadline is the one around all of it
                    await asyncio.sleep(0.01)
            async with asyncio.timeout(60):
                await client.leave()
                await running
            hold.set()

    asyncio.run(main())
    assert codes == ([1001] if when == "open" else [])
    assert len(ears.final) == (1 if when == "open" else 0)


# -- the queue ---------------------------------------------------------------------------------------------------------


def flooded(kit: SimpleNamespace, count: int, *, dropped: int = 0, **more: Any) -> tuple[Any, Any]:
    """A session of ``count`` utterances whose first outcome is held until the queue is full (and so many were dropped);
    the most that waited, what was heard.
    """
    all_sent = asyncio.Event()

    async def flood(peer: Peer, service: Any) -> None:
        await service.hear(peer)
        await peer.send(kit.subscribed())
        for seq in range(2, count + 2):
            await peer.send(kit.said(seq, f"This is sentence {seq}."))
        await peer.send(kit.end(count + 2))
        all_sent.set()
        while True:
            await service.hear(peer)

    async def slow(outcome: Outcome, _: int) -> None:
        if outcome.number == 1:
            await all_sent.wait()
            while peak() < more["queue_messages"] or len(ears.drops) < dropped:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)

    service, ears = kit.Service(flood), kit.Listener()
    peak: Callable[[], int]

    async def main() -> int:
        nonlocal peak
        options = ClientOptions(**QUICK, **more)
        async with kit.client_of(service, ears, clock=SystemClock(), options=options, handle=slow) as client:
            peak = partial(getattr, client, "queue_peak")
            await client.run()
            return int(client.queue_peak)

    return asyncio.run(main()), ears


def test_a_full_queue_blocks(kit: SimpleNamespace) -> None:
    """With the policy ``block`` nothing is lost: what finds no room waits."""
    peak, ears = flooded(kit, 300, queue_messages=20)
    assert ears.accepted == list(range(1, 303))
    assert not ears.gaps and not ears.drops
    assert peak == 20


def test_a_full_queue_drops(kit: SimpleNamespace) -> None:
    """With the policy ``drop`` every message that finds no room has one outcome that says so, and a gap of its own."""
    peak, ears = flooded(kit, 300, dropped=250, queue_messages=20, queue_policy="drop")
    assert [outcome.seq for outcome in ears.final] == list(range(1, 303))
    dropped = [outcome for outcome in ears.final if outcome.stage == "queue"]
    assert len(dropped) >= 250
    assert {(outcome.verdict, tuple(outcome.reasons)) for outcome in dropped} == {("rejected", ("dropped",))}
    assert [(gap.from_seq, gap.to_seq, gap.reason) for gap in ears.gaps] == [(o.seq, o.seq, "dropped") for o in dropped]
    assert [event.seq for event in ears.drops] == [outcome.seq for outcome in dropped]
    assert ears.final[-1].event == "end" and ears.final[-1].verdict == "accepted"
    assert all("sentence" not in repr(outcome.payload) for outcome in dropped)
    assert peak <= 22


def test_the_keepalive_is_answered_behind_a_full_queue(kit: SimpleNamespace) -> None:
    """While the pipeline stands still and the queue is full, the service's pings are answered: the link stays up."""
    pongs = 0

    async def flood(peer: Peer, service: Any) -> None:
        nonlocal pongs
        await service.hear(peer)
        await peer.send(kit.subscribed())
        for seq in range(2, 400):
            await peer.send(kit.said(seq))
        for _ in range(3):
            waiter = await peer._ws.ping()
            async with asyncio.timeout(20):
                await waiter
            pongs += 1
        answered.set()
        await peer.send(kit.end(400))
        while True:
            await service.hear(peer)

    answered = asyncio.Event()

    async def stuck(outcome: Outcome, _: int) -> None:
        if outcome.number == 2:
            await answered.wait()

    service, ears = kit.Service(flood), kit.Listener()

    async def main() -> None:
        options = ClientOptions(**QUICK, queue_messages=10)
        async with kit.client_of(service, ears, clock=SystemClock(), options=options, handle=stuck) as client:
            await client.run()

    asyncio.run(main())
    assert pongs == 3
    assert service.opened == 1
    assert ears.accepted == list(range(1, 401))
