from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.recording.entry import (
    AnyEntry,
    Gap,
    HttpChunk,
    HttpRequest,
    HttpResponse,
    OutcomeEntry,
    Unknown,
    WsAccept,
    WsClose,
    WsControl,
    WsMessage,
    WsOpen,
)
from harness.recording.timing import Step, duration_us, parents, play_times, schedule


def send(n: int, t: int, re: int | None = None, conn: str = "w1") -> WsMessage:
    return WsMessage(n=n, t=t, conn=conn, dir="out", text="", re=re)


def come(n: int, t: int, re: int | None = None, conn: str = "w1") -> WsMessage:
    return WsMessage(n=n, t=t, conn=conn, dir="in", text="", re=re)


SESSION: list[AnyEntry] = [
    HttpRequest(n=1, t=0, service="token", conn="h1", method="POST", url="/"),
    HttpResponse(n=2, t=80, conn="h1", re=1, status=200),
    HttpChunk(n=3, t=81, conn="h1", final=True),
    WsOpen(n=4, t=90, conn="w1", url="/"),
    WsAccept(n=5, t=92, conn="w1", re=4),
    send(6, 95),
    come(7, 400),
    OutcomeEntry(n=8, t=401, of=7, event="e", stage="s", verdict="accepted"),
    WsControl(n=9, t=500, conn="w1", dir="in", opcode="ping"),
    WsControl(n=10, t=501, conn="w1", dir="out", opcode="pong"),
    come(11, 9000, re=4),
    send(12, 9001),
    Gap(n=13, t=9002, conn="w1", from_seq=1, to_seq=2, reason="hole"),
    come(14, 9500),
    WsClose(n=15, t=9600, conn="w1", by="us", code=1000),
    WsClose(n=16, t=9601, conn="w1", by="peer", code=1000),
    Unknown(n=17, t=9700, raw={"n": 17, "t": 9700, "kind": "later", "conn": "w1"}),
]


def test_every_entry_of_the_wire_has_its_parent() -> None:
    """re where given, else the last send for what came in and the last that came in for a send."""
    replies = {1: None, 2: 1, 3: 1, 4: None, 5: 4, 7: 6, 9: 6, 11: 4, 14: 12, 16: 12}
    assert parents(SESSION) == replies | {6: 5, 10: 9, 12: 11, 15: 14}


def test_a_reference_that_points_nowhere_is_not_followed() -> None:
    """Forward, dangling or to itself: the default holds, so that no replay waits for ever."""
    assert parents([send(1, 0), come(2, 1, re=9), come(3, 2, re=3), come(4, 3, re=-1)]) == {1: None, 2: 1, 3: 1, 4: 1}


def test_connections_do_not_mix() -> None:
    """The default is of the same connection; re may cross."""
    entries = [send(1, 0, conn="a"), come(2, 5, conn="b"), come(3, 6, conn="b", re=1)]
    assert parents(entries) == {1: None, 2: None, 3: 1}


def test_delays_are_counted_from_the_parent() -> None:
    """At the recorded speed, ten times it, at once, and with idle time cut."""
    steps = {step.n: step for step in schedule(SESSION)}
    assert steps[7] == Step(n=7, parent=6, after_us=305)
    assert steps[11].after_us == 8910
    assert steps[1].after_us == 0
    fast = {step.n: step.after_us for step in schedule(SESSION, speed=10)}
    assert fast[7] in (30, 31)
    assert {step.after_us for step in schedule(SESSION, speed=None)} == {0}
    capped = {step.n: step.after_us for step in schedule(SESSION, idle_cap_us=100)}
    assert capped[7] == 100
    assert capped[11] == 2 + 3 + 100 + 1 + 99 + 1 + 100


def test_an_entry_older_than_its_parent_waits_for_nothing() -> None:
    """Connections may cross; a delay is never negative."""
    entries = [send(1, 100, conn="a"), come(2, 40, conn="b", re=1)]
    assert schedule(entries)[1] == Step(n=2, parent=1, after_us=0)
    assert play_times(entries) == {2: 40, 1: 100}


@given(
    st.lists(st.integers(0, 10**10), min_size=1, max_size=20).map(sorted),
    st.sampled_from([0.5, 1.0, 3.7, 10.0]),
    st.none() | st.integers(0, 10**7),
)
def test_speed_and_cap_change_times_never_order(times: list[int], speed: float, cap: int | None) -> None:
    """Order stays, pauses never grow beyond what the speed says, the cap holds."""
    entries = [come(n, t) for n, t in enumerate(times, 1)]
    played = list(play_times(entries, speed=speed, idle_cap_us=cap).values())
    assert played == sorted(played)
    for index in range(1, len(played)):
        pause = times[index] - times[index - 1]
        assert played[index] - played[index - 1] <= min(pause, pause if cap is None else cap) / speed + 1


def test_the_duration_is_the_latest_time() -> None:
    """Also if the last entry is not the latest."""
    assert duration_us([send(1, 9), send(2, 5)]) == 9
    assert duration_us([]) == 0


@pytest.mark.parametrize("options", [{"speed": 0}, {"speed": -1.0}, {"speed": float("inf")}, {"idle_cap_us": -1}])
def test_bad_speeds_are_refused(options: dict[str, float]) -> None:
    """The value and what is allowed are named."""
    schedule_: Callable[..., object] = schedule
    with pytest.raises(ConfigError, match="is not allowed"):
        schedule_(SESSION, **options)
