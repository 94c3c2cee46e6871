"""The token budget in action: what the client sends for it, and what it lets through, over a whole session."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from harness.pipeline.policy import PipelinePolicy
from harness.wire.serve import Peer

POLICY = PipelinePolicy(gateway_validation=False, generate="never", retain_tokens=4)
LIMITS = {"max_streaming_tokens": 40, "context_window_threshold": 20}
TEXT = "The customer says that the router is broken since the storm and wants a technician to come home."
"""24 tokens: one of them crosses the threshold."""


def played(kit: SimpleNamespace, service: Any) -> Any:
    ears = kit.Listener()

    async def main() -> None:
        async with kit.client_of(service, ears, policy=POLICY) as client:
            await client.run()

    asyncio.run(main())
    return ears


def updates(service: Any) -> list[tuple[int, int]]:
    sent = [sent for sent in service.sent if sent["type"] == "context_window.update"]
    return [(update["token_count"], update["retain_tokens"]) for update in sent]


def test_one_update_per_crossing(kit: SimpleNamespace) -> None:
    """Three crossings, three updates, each answered before the next; nothing is cut."""

    async def handler(peer: Peer, service: Any) -> None:
        await service.hear(peer)
        await peer.send(kit.message("subscribed", 1, limits=LIMITS))
        seq = 2
        for _ in range(3):
            await peer.send(kit.summary(seq, TEXT))
            assert (await service.hear(peer))["type"] == "context_window.update"
            await peer.send(kit.message("context_window.updated", seq + 1, token_count=4))
            seq += 2
        await peer.send(kit.end(seq))
        while True:
            await service.hear(peer)

    service = kit.Service(handler)
    ears = played(kit, service)
    assert updates(service) == [(24, 4), (28, 4), (28, 4)]
    assert not [o for o in ears.final if o.budget is not None and o.budget.truncated]


def test_cut_before_the_window_is_emptied(kit: SimpleNamespace) -> None:
    """Without an answer there is one update however much comes, and text beyond the maximum ends with a word."""
    texts = [kit.summary(seq, TEXT) for seq in range(2, 6)]
    service = kit.Service(kit.plays(kit.message("subscribed", 1, limits=LIMITS), *texts, kit.end(6)))
    ears = played(kit, service)
    assert len(updates(service)) == 1
    first, second, *rest = [o for o in ears.final if o.event == "summary.completed"]
    assert not first.budget.truncated
    assert second.budget.truncated and second.budget.kept < second.budget.tokens == 24
    kept = second.payload["summary"]
    assert TEXT.startswith(kept) and TEXT[len(kept)] == " "
    assert second.budget.total <= 40
    assert [o.payload["summary"] for o in rest] == ["", ""]
    assert all("truncated" in o.reasons for o in (second, *rest))


def test_once_over_a_reconnect(kit: SimpleNamespace) -> None:
    """A connection lost between update and answer: the update is not sent again, the answer comes with the resume."""

    async def first(peer: Peer, service: Any) -> None:
        await service.hear(peer)
        await peer.send(kit.message("subscribed", 1, limits=LIMITS))
        await peer.send(kit.summary(2, TEXT))
        await service.hear(peer)
        await peer.close(1001)

    async def second(peer: Peer, service: Any) -> None:
        assert (await service.hear(peer))["resume_after_seq"] == 2
        await peer.send(kit.message("context_window.updated", 3, token_count=4))
        await peer.send(kit.summary(4, TEXT))
        await service.hear(peer)
        await peer.send(kit.end(5))
        while True:
            await service.hear(peer)

    service = kit.Service(first, second)
    played(kit, service)
    assert updates(service) == [(24, 4), (28, 4)]


def test_the_window_is_forgotten_or_kept(kit: SimpleNamespace) -> None:
    """With ``preserve_context_window`` a summary after the update still finds its ground; without it, it does not."""
    from harness.dialects.mediation import make_subscription

    def verdicts(*, preserve: bool) -> list[str]:
        async def handler(peer: Peer, service: Any) -> None:
            await service.hear(peer)
            await peer.send(kit.message("subscribed", 1, limits=LIMITS))
            await peer.send(kit.said(2, "My router stopped working and I need a technician."))
            await peer.send(kit.summary(3, "The customer's router stopped working and a technician is needed. " * 2))
            await service.hear(peer)
            await peer.send(kit.message("context_window.updated", 4, token_count=4))
            await peer.send(kit.summary(5, "The customer's router stopped working."))
            await peer.send(kit.end(6))
            while True:
                await service.hear(peer)

        directives = {"extraction_directives": {"preserve_context_window": preserve}}
        policy = PipelinePolicy(
            subscription=make_subscription(directives), gateway_validation=False, generate="never", retain_tokens=4
        )
        ears = kit.Listener()

        async def main() -> None:
            async with kit.client_of(kit.Service(handler), ears, policy=policy) as client:
                await client.run()

        asyncio.run(main())
        return [o.verdict for o in ears.final if o.event == "summary.completed"]

    assert verdicts(preserve=True) == ["accepted", "accepted"]
    assert verdicts(preserve=False) == ["accepted", "quarantined"]
