"""Outbox, couriers and breaker at work, on a clock that moves by itself."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from harness.clock import VirtualClock
from harness.errors import ConfigError, SinkError
from harness.sinks.base import Parcel, Sink
from harness.sinks.breaker import Breaker
from harness.sinks.courier import CourierOptions
from harness.sinks.dispatch import Dispatch
from harness.sinks.outbox import Errand, Outbox
from harness.wire.backoff import Backoff


def parcel(number: int) -> Parcel:
    return Parcel(key=f"k{number}", kind="delivery", conversation="c", number=number, body={"summary": str(number)})


class Stub:
    """A sink whose behaviour is a function of the parcel and the time."""

    def __init__(self, behave: Callable[[Parcel], Awaitable[None]], name: str = "stub") -> None:
        self.name = name
        self.behave = behave
        self.tries: list[int] = []
        self.taken: list[int] = []

    async def deliver(self, parcel: Parcel) -> None:
        self.tries.append(parcel.number)
        await self.behave(parcel)
        self.taken.append(parcel.number)


async def fine(_: Parcel) -> None:
    """Takes everything."""


class Bench:
    """A dispatch over some sinks, and what was told."""

    def __init__(self, folder: Path, *sinks: Sink, **options: int | float) -> None:
        self.clock = VirtualClock(auto=True)
        self.told: list[tuple[str, int, str]] = []
        self.folder = folder
        self.sinks = sinks
        self.options = CourierOptions(**options)  # type: ignore[arg-type]

    def dispatch(self, *, drain_s: float = 60.0, told: Callable[[Errand, str], None] | None = None) -> Dispatch:
        return Dispatch(
            self.folder / "outbox.sqlite3",
            deliveries=self.sinks,
            quarantine=(),
            clock=self.clock,
            rng=random.Random(3),
            told=told or self.tell,
            options=self.options,
            drain_s=drain_s,
        )

    def tell(self, errand: Errand, state: str) -> None:
        self.told.append((errand.sink, errand.parcel.number, state))

    def run(self, numbers: Sequence[int], *, drain_s: float = 60.0) -> Dispatch:
        async def main() -> Dispatch:
            async with self.dispatch(drain_s=drain_s) as dispatch:
                for number in numbers:
                    await dispatch.put(parcel(number))
            return dispatch

        return asyncio.run(main())


def test_in_order(tmp_path: Path) -> None:
    """Every sink gets every parcel once, in order, and each end is told."""
    one, other = Stub(fine, "one"), Stub(fine, "other")
    bench = Bench(tmp_path, one, other)
    assert bench.run(range(250)).pending == 0
    assert one.taken == other.taken == list(range(250))
    assert len(bench.told) == len(set(bench.told)) == 500


def test_down_and_healed(tmp_path: Path) -> None:
    """A sink that is down for 20 s gets everything, keys unique; it is asked seldom meanwhile, and nothing dies of it."""
    bench = Bench(tmp_path)

    async def down(_: Parcel) -> None:
        if bench.clock.monotonic_ns() < 20_000_000_000:
            raise SinkError("k", "down")

    sink = Stub(down)
    bench.sinks = (sink,)
    dispatch = bench.run(range(300))
    assert sorted(sink.taken) == list(range(300)) and len(set(sink.taken)) == 300
    assert dispatch.pending == 0 and {state for *_, state in bench.told} == {"done"}
    assert len(sink.tries) - 300 < 40


def test_poison(tmp_path: Path) -> None:
    """A parcel that a working sink refuses is given up, at once where the refusal is final; the others arrive."""

    async def picky(parcel: Parcel) -> None:
        if parcel.number in (2, 5):
            raise SinkError(parcel.key, "no", final=parcel.number == 2)

    sink = Stub(picky)
    bench = Bench(tmp_path, sink, attempts=3)
    bench.run(range(40))
    assert [number for _, number, state in bench.told if state == "dead"] == [2, 5] and len(sink.taken) == 38
    assert sink.tries.count(2) == 1 and sink.tries.count(5) == 3
    dead = Outbox(tmp_path / "outbox.sqlite3").stored(state="dead")
    assert [one.sinks["stub"]["problem"] for one in dead] == ["no", "no"]


def test_slow(tmp_path: Path) -> None:
    """A sink that never answers is timed out; who puts parcels in never waits for it."""
    stuck = asyncio.Event()

    async def never(_: Parcel) -> None:
        await stuck.wait()

    sink = Stub(never)
    bench = Bench(tmp_path, sink, timeout_s=0.01)
    dispatch = bench.run([1], drain_s=0.0)
    assert dispatch.pending == 1 and bench.told == []
    sink.behave = fine
    bench.run([])
    assert sink.taken == [1]


def test_cancelled_in_flight(tmp_path: Path) -> None:
    """A delivery cut off by the end of the run stays pending, and is made again under the same key."""
    begun: list[str] = []
    under_way = asyncio.Event()

    async def slow(parcel: Parcel) -> None:
        begun.append(parcel.key)
        under_way.set()
        if len(begun) == 1:
            await asyncio.Event().wait()

    bench = Bench(tmp_path, Stub(slow))

    async def cut_off() -> None:
        async with bench.dispatch(drain_s=0.0) as dispatch:
            await dispatch.put(parcel(1))
            await under_way.wait()

    asyncio.run(cut_off())
    bench.run([])
    assert begun == ["k1", "k1"] and [state for *_, state in bench.told] == ["done"]


def test_who_cannot_be_told(tmp_path: Path) -> None:
    """An audit log that refuses a result stops deliveries: the next put fails, and the parcel stays pending."""
    sink = Stub(fine)
    bench = Bench(tmp_path, sink)

    tried = asyncio.Event()

    def refuse(errand: Errand, state: str) -> None:
        tried.set()
        raise SinkError(errand.parcel.key, "the audit log is full")

    async def main() -> None:
        async with bench.dispatch(told=refuse) as dispatch:
            await dispatch.put(parcel(1))
            await tried.wait()
            for number in range(2, 200):
                await dispatch.put(parcel(number))

    with pytest.raises(SinkError, match="audit log is full"):
        asyncio.run(main())
    outbox = Outbox(tmp_path / "outbox.sqlite3")
    assert outbox.pending("stub", 1)[0].parcel.number == 1 and sink.taken == [1]


def test_an_outbox_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that refuses is a SinkError, from the put or from the end of the run."""

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    bench = Bench(tmp_path, Stub(fine))
    with monkeypatch.context() as patch, pytest.raises(SinkError, match="refused the parcel"):
        patch.setattr(Outbox, "put", full)
        bench.run([1])
    with monkeypatch.context() as patch, pytest.raises(SinkError, match="outbox failed"):
        patch.setattr(Outbox, "settle", full)
        bench.run([2])


def test_one_name_twice(tmp_path: Path) -> None:
    """Two sinks of one name could not be told apart later."""
    with pytest.raises(ConfigError, match="name"):
        Bench(tmp_path, Stub(fine), Stub(fine)).dispatch()


def test_breaker() -> None:
    """It opens at the threshold, waits longer each time, honours what the far side asks for, closes on success."""
    breaker = Breaker(Backoff(random.Random(1), base_s=1.0, cap_s=4.0), threshold=2)
    breaker.failed(0)
    assert (breaker.state, breaker.may_try_at_ns()) == ("closed", 0)
    breaker.failed(10, 7.0)
    assert breaker.state == "open" and 7_000_000_010 <= breaker.may_try_at_ns() <= 8_000_000_010
    breaker.succeeded()
    assert (breaker.state, breaker.may_try_at_ns()) == ("closed", 0)
