"""The state machine, in plain numbers: milliseconds in, commands out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError, ReplayIncomplete, ReplayStalled, UnexpectedMessage
from harness.recording.entry import AnyEntry, Play, WsAbort, WsAccept, WsControl, WsMessage, WsOpen
from harness.replayer.match import Level
from harness.replayer.script import Close, Command, Drop, Fail, Ping, Script, Send, State, checked_speed
from harness.replayer.steps import tracks_of

MS = 1_000_000


def script_of(tape: Any, **options: Any) -> Script:
    (track,) = tracks_of("one", tape.entries)
    return Script(track, **options)


def sent(commands: list[Command]) -> list[str | bytes]:
    return [command.data for command in commands if isinstance(command, Send)]


def failure(commands: list[Command]) -> Any:
    (fail,) = [command for command in commands if isinstance(command, Fail)]
    return fail.error


def test_instant_is_order_only(tape: Any) -> None:
    """Without a speed everything whose parent happened leaves at once, and nothing else."""
    script = script_of(tape().opened().sends("a", 5).gets("1", 900).gets("2", 9000).sends("b", 9001).gets("3", 9002))
    assert script.connected(0) == []
    assert script.due_ns is None
    assert sent(script.received("a", 7)) == ["1", "2"]
    assert sent(script.received("b", 8)) == ["3"]
    assert script.done
    assert script.unplayed() == []
    assert script.stalled_ns is None


def test_gates_hang_on_live_times(tape: Any) -> None:
    """A message is due the recorded distance, over the speed, after its parent really happened."""
    script = script_of(tape().opened(100).gets("0", 150).sends("a", 200).gets("1", 300).gets("2", 500), speed=2)
    script.connected(1000 * MS)
    assert script.due_ns == 1025 * MS
    assert sent(script.tick(1025 * MS - 1)) == []
    assert sent(script.tick(1025 * MS)) == ["0"]
    assert script.due_ns is None
    assert sent(script.received("a", 4000 * MS)) == []
    assert script.due_ns == 4050 * MS


def test_deadlines_do_not_drift(tape: Any) -> None:
    """One that left late does not make the next one late."""
    script = script_of(tape().opened().sends("a").gets("1", 100).gets("2", 200), speed=1)
    script.connected(0)
    script.received("a", 0)
    assert sent(script.tick(190 * MS)) == ["1"]
    assert script.due_ns == 200 * MS
    assert sent(script.tick(500 * MS)) == ["2"]


def test_an_earlier_parent(tape: Any) -> None:
    """What answers an earlier send does not wait for the later one, but keeps wire order."""
    made = tape().opened().sends("a", 0).sends("b", 10).gets("1", 20, re=3).gets("2", 30, re=4)
    script = script_of(made, speed=1)
    script.connected(0)
    script.received("a", 0)
    assert sent(script.tick(25 * MS)) == ["1"]
    assert script.due_ns is None
    script.received("b", 100 * MS)
    assert script.due_ns == 120 * MS


def test_an_early_send_is_taken(tape: Any) -> None:
    """A timer of the client may fire before a message it followed when recorded."""
    script = script_of(tape().opened().sends("a").gets("1", 1000).sends("b", 1001).gets("2", 1005), speed=1)
    script.connected(0)
    script.received("a", 0)
    assert script.received("b", 999 * MS) == []
    assert sent(script.tick(1004 * MS)) == ["1", "2"]


def test_times_that_run_back_do_not_matter(tape: Any) -> None:
    """A recording whose times decrease is played without waiting."""
    script = script_of(tape().opened(50).gets("1", 10), speed=1)
    assert sent(script.connected(0)) == ["1"]


def test_a_stall_names_what_it_waits_for(tape: Any) -> None:
    """Recorded gap over speed plus patience after everything before it was done, the client is overdue."""
    script = script_of(tape().opened().gets("0", 100).sends({"type": "subscribe"}, 300), speed=2)
    script.connected(0)
    assert script.stalled_ns is None
    script.tick(50 * MS)
    assert script.stalled_ns == 50 * MS + 100 * MS + 5000 * MS
    assert script.tick(5149 * MS) == []
    error = failure(commands := script.tick(5150 * MS))
    assert isinstance(error, ReplayStalled)
    assert error.waiting_for == "one: send #1 (entry 4, subscribe) like {type: subscribe}"
    assert error.after_s == pytest.approx(5.1)
    assert commands[1] == Close(code=4400, reason="replay: waited too long for the client")
    assert script.state is State.FAILED
    assert script.client_closed(4400, 1) == []
    assert script.unplayed() == ["one: send #1 (entry 4, subscribe)"]


def test_patience_is_settable(tape: Any) -> None:
    """The close of the client is waited for as well, at instant speed without its gap."""
    script = script_of(tape().opened().closes(1000, 9000), patience_ns=7)
    script.connected(0)
    assert script.stalled_ns == 7


def test_compare_first_then_advance(tape: Any) -> None:
    """Strict: another message fails, names the nearest send and what differs, and leaves the script where it was."""
    script = script_of(tape().opened().sends({"type": "a", "x": 1}).gets("1").sends({"type": "b", "x": 2}))
    script.connected(0)
    error = failure(commands := script.received('{"type":"b","x":3}', 1))
    assert isinstance(error, UnexpectedMessage)
    assert error.what == "send #1 on one: connection w1 (entry 1) where send #1 (entry 3, a) was expected"
    assert error.nearest == "send #2 (entry 5, b)"
    assert error.differences == ("/x: another number",)
    assert commands[1:] == [Close(code=4400, reason="replay: unexpected message")]
    assert len(script.unplayed()) == 3
    assert script.received("more", 2) == []
    assert script.tick(3) == []


def test_more_than_was_recorded(tape: Any) -> None:
    """A send where nothing is expected is a failure too."""
    script = script_of(tape().opened().sends("a").closes())
    script.connected(0)
    script.received("a", 1)
    error = failure(script.received("b", 2))
    assert (error.nearest, error.differences) == ("", ())
    assert "nothing more" in error.fix


def test_lenient_goes_on(tape: Any) -> None:
    """Lenient notes a difference and answers as recorded; an extra send is noted and left alone."""
    script = script_of(tape().opened().sends("a").gets("1").closes(), lenient=True)
    script.connected(0)
    commands = script.received("b", 1)
    assert isinstance(failure(commands), UnexpectedMessage)
    assert sent(commands) == ["1"]
    assert isinstance(failure(script.received("c", 2)), UnexpectedMessage)
    assert script.client_closed(1000, 3) == []
    assert script.state is State.ENDED


def test_levels_and_ignored_members(tape: Any) -> None:
    """The level and ``play.ignore`` decide what matches."""
    made = tape().opened().sends({"count": 1}, play=Play(ignore=("/count",))).sends({"a": 1})
    script = script_of(made, level=Level.SUBSET)
    script.connected(0)
    assert script.received('{"count":9}', 1) == []
    assert script.received('{"a":1,"b":2}', 1) == []
    assert script.done


def test_optional_sends_may_be_left_out(tape: Any) -> None:
    """They are neither waited for nor missed, also when a later one comes."""
    made = (
        tape().opened().sends("a").sends("b", play=Play(optional=True)).sends("c").sends("d", play=Play(optional=True))
    )
    script = script_of(made)
    script.connected(0)
    script.received("a", 1)
    assert script.stalled_ns is not None
    assert script.received("c", 2) == []
    assert script.done
    assert script.unplayed() == []
    assert script.client_closed(1000, 3) == []


def test_an_optional_send_that_differs(tape: Any) -> None:
    """A message that is neither the optional send nor the next one is a failure; nor is the end a send."""
    script = script_of(tape().opened().sends("b", play=Play(optional=True)).sends("c"))
    script.connected(0)
    assert isinstance(failure(script.received("x", 1)), UnexpectedMessage)
    script = script_of(tape().opened().sends("b", play=Play(optional=True)).closes())
    script.connected(0)
    assert isinstance(failure(script.received("x", 1)), UnexpectedMessage)


@pytest.mark.parametrize(
    "code, by, command",
    [
        (4008, "peer", Close(code=4008, reason="bye")),
        (None, "peer", Close(code=None, reason="bye")),
        (1006, "peer", Drop()),
    ],
)
def test_endings_by_the_service(tape: Any, code: int | None, by: str, command: Command) -> None:
    """The recorded end comes at its time; then only the client's close is left."""
    script = script_of(tape().opened().sends("a").gets("1", 10).closes(code, 20, by=by, reason="bye"), speed=1)
    script.connected(0)
    script.received("a", 0)
    assert script.tick(20 * MS)[1:] == [command]
    assert script.state is State.CLOSING
    assert script.received("late", 21 * MS) == []
    assert script.client_closed(4008, 22 * MS) == []
    assert script.done


def test_an_abort_of_the_service(tape: Any) -> None:
    """An abort is played as a drop."""
    made = tape().opened()
    script = script_of(made.add(WsAbort(n=3, t=0, conn="w1", error="reset")))
    assert script.connected(0) == [Drop()]


@pytest.mark.parametrize(
    "recorded, live, fits", [(1000, 1000, True), (None, 1005, True), (1000, 1001, False), (1006, 1000, True)]
)
def test_the_client_closes(tape: Any, recorded: int | None, live: int, fits: bool) -> None:
    """With the recorded code; where it had aborted, any end is right."""
    script = script_of(tape().opened().sends("a").closes(recorded))
    script.connected(0)
    script.received("a", 1)
    commands = script.client_closed(live, 2)
    assert (commands == []) is fits
    if not fits:
        assert str(failure(commands)).startswith(
            "unexpected close 1001 by the client; nearest recorded: one: the client's"
        )
    assert script.unplayed() == []


def test_the_client_leaves_early(tape: Any) -> None:
    """What was not played is named."""
    script = script_of(tape().opened().sends("a").gets("1", 100).closes(), speed=1)
    script.connected(0)
    script.received("a", 0)
    error = failure(script.client_closed(1000, 1))
    assert isinstance(error, ReplayIncomplete)
    assert error.unplayed == ("one: the message of entry 4", "one: the client's close 1000 (entry 5)")


def test_a_recording_without_an_end(tape: Any) -> None:
    """Where no end was recorded, any end is right once all is played, and nobody is hurried."""
    script = script_of(tape().opened().sends("a").gets("1"))
    script.connected(0)
    script.received("a", 1)
    assert script.stalled_ns is None
    assert script.client_closed(1006, 2) == []


def test_pings(tape: Any) -> None:
    """A recorded ping is a ping."""
    made = tape().opened().add(WsControl(n=3, t=0, conn="w1", dir="in", opcode="ping", base64="c3J2"))
    assert script_of(made).connected(0) == [Ping(data=b"srv")]


def test_a_timer_of_the_client(tape: Any, sub: Any) -> None:
    """What is missing may be asked for again; of a conversation nobody subscribed, or as a fresh start, it is a failure."""
    script = script_of(tape().opened().sends(sub("i-1"), 1).gets("1", 2).closes(1000, 3))
    script.connected(0)
    script.received(json.dumps(sub("i-1")), 0)
    assert script.received(json.dumps(sub("i-1", resume_after_seq=3)), 0) == []
    assert failure(script.received(json.dumps(sub("i-2", resume_after_seq=3)), 0))
    script = script_of(tape().opened().sends(sub("i-1"), 1).gets("1", 2).closes(1000, 3))
    script.connected(0)
    script.received(json.dumps(sub("i-1")), 0)
    assert failure(script.received(json.dumps(sub("i-1")), 0))


@pytest.mark.parametrize("resumed", [False, True])
def test_an_update_once_more(tape: Any, sub: Any, resumed: bool) -> None:
    """On a connection that resumed an update may come that was lost before; on the first one there was none to lose."""
    subscribe = sub("i-1", **({"resume_after_seq": 3} if resumed else {}))
    script = script_of(tape().opened().sends(subscribe, 1).gets("1", 2).closes(1000, 3))
    script.connected(0)
    script.received(json.dumps(subscribe), 0)
    commands = script.received('{"type":"context_window.update","interaction_id":"i-1","token_count":24}', 0)
    assert (commands == []) == resumed


def test_unsent(tape: Any) -> None:
    """A message that could not be sent, and those after it, count as not played."""
    script = script_of(tape().opened().gets("1").gets("2").gets("3"))
    commands = script.connected(0)
    assert isinstance(commands[1], Send)
    script.unsent(commands[1].step)
    assert script.unplayed() == ["one: the message of entry 4", "one: the message of entry 5"]


@pytest.mark.parametrize("speed", [0, -1, 2e6, float("nan"), float("inf")])
def test_bad_speeds(speed: float) -> None:
    """A speed is a number above 0."""
    with pytest.raises(ConfigError, match="speed"):
        checked_speed(speed)


def test_the_table_holds(tape: Any) -> None:
    """What cannot happen in a state is a fault of ours."""
    script = script_of(tape().opened())
    with pytest.raises(RuntimeError, match="state NEW"):
        script.tick(0)
    with pytest.raises(RuntimeError, match="state NEW"):
        script.received("a", 0)
    with pytest.raises(RuntimeError, match="state NEW"):
        script.client_closed(1000, 0)
    script.connected(0)
    with pytest.raises(RuntimeError, match="state OPEN"):
        script.connected(0)


@given(
    gaps=st.lists(st.integers(0, 500), max_size=12), speed=st.sampled_from([None, 0.5, 1, 10]), late=st.integers(0, 900)
)
def test_speed_changes_times_never_order(gaps: list[int], speed: float | None, late: int) -> None:
    """However fast, and however late each tick, messages leave once, in order, none before its time."""
    at = 0
    entries: list[AnyEntry] = [WsOpen(n=1, t=0, conn="w", url="/s"), WsAccept(n=2, t=0, conn="w", re=1)]
    times = [at := at + gap for gap in gaps]
    messages = [WsMessage(n=3 + i, t=t * 1000, conn="w", dir="in", text=str(i)) for i, t in enumerate(times)]
    (track,) = tracks_of("one", [*entries, *messages])
    script = Script(track, speed=speed)
    got = sent(script.connected(0))
    while (due := script.due_ns) is not None:
        assert speed is not None
        assert due == round(times[len(got)] * MS / speed)
        got += sent(script.tick(due + late * MS))
    assert got == [str(i) for i in range(len(gaps))]
