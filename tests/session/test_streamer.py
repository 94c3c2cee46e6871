"""``SummaryStreamer``: what reaches the callback, what is counted, and how a stream ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

import harness
from harness import SummaryStreamer
from harness.clock import SystemClock
from harness.dialects.mediation import MediationDialect
from harness.errors import AuthError, ConfigError, SinkError
from harness.replayer.faults import parse_fault
from harness.replayer.service import ReplayService
from harness.session.chaos.campaign import call
from harness.session.keys import new_key_file
from harness.session.replay import conversations_of
from harness.settings import load_settings
from harness.sinks.audit_verify import verify_audit

CALL = call()
(CONVERSATION,) = conversations_of(CALL)


class Knowledge:
    """A knowledge base: takes summaries, after ``failures`` failed calls."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.taken: list[dict[str, Any]] = []
        self.first = asyncio.Event()

    async def __call__(self, summary: dict[str, Any]) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the knowledge base is busy")
        self.taken.append(summary)
        self.first.set()


def served(work: Callable[[dict[str, Any]], Awaitable[None]], *faults: str, **options: Any) -> None:
    """Run ``work`` with the settings that lead to a service that plays the call."""

    async def main() -> None:
        service = ReplayService(
            [CALL],
            dialect=MediationDialect(),
            clock=SystemClock(),
            lenient=True,
            faults=[parse_fault(fault) for fault in faults],
            **options,
        )
        async with asyncio.timeout(60), service:
            given = {"endpoint": service.endpoint, "client_id": service.client_id}
            await work({**given, "client_secret": service.client_secret})

    asyncio.run(main())


def audited(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "audit.jsonl").read_text().splitlines()
    return [record for record in map(json.loads, lines) if record["record"] == "message"]


def test_every_checked_summary_reaches_the_callback(tmp_path: Path) -> None:
    """Redacted, with what the checks say of it, counted, timed and audited under the key of the settings."""
    knowledge, key = Knowledge(), new_key_file(tmp_path / "a.key")

    async def work(given: dict[str, Any]) -> None:
        streamer = SummaryStreamer(
            knowledge, [CONVERSATION], folder=tmp_path / "s", key_file=tmp_path / "a.key", **given
        )
        metrics = await streamer.run()
        assert metrics is streamer.metrics
        assert (metrics.messages, metrics.accepted, metrics.rejected, metrics.quarantined) == (14, 14, 0, 0)
        assert (metrics.summaries, metrics.delivered, metrics.failed) == (1, 1, 0)
        assert (metrics.pii_values, metrics.hallucinations_flagged) == (1, 0)
        assert metrics.latency_ms["message"]["n"] == 14
        assert metrics.latency_slo_rate is not None

    served(work)
    (summary,) = knowledge.taken
    assert summary["interaction_id"] == CONVERSATION
    assert summary["hallucination_check_passed"]
    assert len(audited(tmp_path / "s")) == 14
    found = verify_audit(tmp_path / "s" / "audit.jsonl", key.secret)
    assert (found.fault, found.messages, found.keyed) == (None, 14, True)


def test_a_callback_that_fails_is_tried_again(tmp_path: Path) -> None:
    """Nothing is lost by it, and the audit does not wait for it."""
    knowledge = Knowledge(failures=1)

    async def work(given: dict[str, Any]) -> None:
        metrics = await SummaryStreamer(knowledge, [CONVERSATION], folder=tmp_path, drain_s=30, **given).run()
        assert (metrics.delivered, metrics.failed) == (1, 0)

    served(work, "drop:code=1011,at=type:utterance,nth=3")
    assert len(knowledge.taken) == 1
    assert len({record["seq"] for record in audited(tmp_path)}) == 14


def test_a_block_ends_the_stream_in_order(tmp_path: Path) -> None:
    """Leaving it, or ``stop``, takes no more; what came is audited and the log is sealed."""
    knowledge = Knowledge()

    async def work(given: dict[str, Any]) -> None:
        async with SummaryStreamer(knowledge, [CONVERSATION], folder=tmp_path, **given) as streamer:
            await asyncio.wait_for(knowledge.first.wait(), 30)
        assert streamer.metrics.messages == len(audited(tmp_path))
        assert streamer.metrics.rejected == 0

    served(work, "stall:s=600,at=type:end")
    assert json.loads((tmp_path / "audit.jsonl").read_text().splitlines()[-1])["final"]


def test_the_failure_of_the_service_is_raised_by_its_type(tmp_path: Path) -> None:
    """After the log was sealed; in a block, when it is left."""

    async def work(given: dict[str, Any]) -> None:
        with pytest.raises(AuthError):
            await SummaryStreamer(
                Knowledge(), [CONVERSATION], folder=tmp_path, settings=load_settings(**{**given, "client_secret": "x"})
            ).run()
        given["client_secret"] = "x"
        with pytest.raises(AuthError):
            async with SummaryStreamer(Knowledge(), [CONVERSATION], folder=tmp_path, **given) as streamer:
                assert streamer._following is not None
                await asyncio.wait([streamer._following])

    served(work)
    assert json.loads((tmp_path / "audit.jsonl").read_text().splitlines()[-1])["final"]


def test_an_error_in_the_block_is_the_one_that_is_seen(tmp_path: Path) -> None:
    """Though the stream failed too."""

    async def work(given: dict[str, Any]) -> None:
        given["client_secret"] = "x"
        with pytest.raises(KeyError, match="mine"):
            async with SummaryStreamer(Knowledge(), [CONVERSATION], folder=tmp_path, **given):
                raise KeyError("mine")

    served(work)


def test_more_sinks_get_the_same_summaries(tmp_path: Path) -> None:
    """Each by its name; one that never takes anything is failed, and the callback is not held up by it."""
    knowledge = Knowledge()

    class Broken:
        name = "broken"

        async def deliver(self, parcel: Any) -> None:
            raise SinkError(parcel.key, "out of order")

    async def work(given: dict[str, Any]) -> None:
        metrics = await SummaryStreamer(
            knowledge, [CONVERSATION], folder=tmp_path, sinks=[Broken()], drain_s=0.2, **given
        ).run()
        assert metrics.delivered == 1

    served(work)


@pytest.mark.parametrize("conversations", [[], "telco-1"])
def test_conversations_are_a_list(conversations: Any) -> None:
    """A single id in its place would be taken for a list of letters."""
    with pytest.raises(ConfigError):
        SummaryStreamer(Knowledge(), conversations)


def test_settings_are_given_once() -> None:
    """As a whole, or by name."""
    with pytest.raises(ConfigError):
        SummaryStreamer(Knowledge(), ["a"], settings=load_settings(), drain_s=1)


def test_the_top_of_the_package_has_nothing_else() -> None:
    """An unknown name is an AttributeError, as of any module."""
    with pytest.raises(AttributeError, match="Streamr"):
        harness.Streamr  # noqa: B018
