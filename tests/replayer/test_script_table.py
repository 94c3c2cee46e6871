"""The table at the top of ``script.py`` and the code say the same: every row is played, and no pair is left over."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from harness.replayer import script as module
from harness.replayer.script import REFUSED, Close, Command, Fail, Script, State
from harness.replayer.steps import tracks_of

MS = 1_000_000
EVENTS: dict[str, Callable[[Script], list[Command]]] = {
    "connected": lambda script: script.connected(0),
    "received": lambda script: script.received("a", 100 * MS),
    "tick": lambda script: script.tick(0),
    "step": lambda script: script.step(0),
    "client_closed": lambda script: script.client_closed(1000, 100 * MS),
}


class Row(NamedTuple):
    states: tuple[str, ...]
    events: tuple[str, ...]
    condition: str
    commands: str
    next: str


def rows() -> list[Row]:
    """The table of the docstring, but for its last line."""
    found = []
    for line in (module.__doc__ or "").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 5 and cells[0] not in ("state", "any other pair"):
            states, events = (tuple(re.split(r",\s*", cell)) for cell in cells[:2])
            found.append(Row(states, events, *cells[2:]))
    return found


class Case(NamedTuple):
    """How a row comes about: a tape, the script's options, what happened before, the event."""

    tape: Callable[[Any], Any]
    event: Callable[[Script], list[Command]]
    commands: list[str]
    options: dict[str, Any] = {}
    before: tuple[str, ...] = ("connected",)


def talk(tape: Any) -> Any:
    return tape.opened().sends("a", 100).gets("1", 200).closes(1000, 300)


def told(tape: Any) -> Any:
    return tape.opened().gets("1", 200).sends("a", 300).closes(1000, 400)


def ended(tape: Any) -> Any:
    return tape.opened().gets("1", 200).closes(4008, 200, by="peer")


AGAIN = '{"type":"subscribe","interaction_id":"i-1","resume_after_seq":1}'
SUBSCRIBE = '{"type":"subscribe","interaction_id":"i-1"}'


def subscribed(tape: Any) -> Any:
    """The message is due when it is asked for again: the look at the time is the same."""
    return tape.opened().sends(SUBSCRIBE, 100).gets("1", 200).closes(1000, 300)


LATE = 99_000 * MS
CASES: dict[tuple[str, str], Case] = {
    ("connected", ""): Case(told, EVENTS["connected"], ["Send"], before=()),
    ("received", "it is the expected send"): Case(talk, EVENTS["received"], ["Send"]),
    ("received", "a timer of the client's said it"): Case(
        subscribed,
        lambda s: s.received(AGAIN, 100 * MS),
        ["Send"],
        options={"speed": 1},
        before=("connected", "subscribe"),
    ),
    ("received", "it differs, strict"): Case(talk, lambda s: s.received("b", 0), ["Fail", "Close"]),
    ("received", "it differs, lenient"): Case(
        talk, lambda s: s.received("b", 0), ["Fail", "Send"], options={"lenient": True}
    ),
    ("tick", "nothing is due"): Case(talk, EVENTS["tick"], []),
    ("tick", "steps of ours are due"): Case(told, lambda s: s.tick(200 * MS), ["Send"], options={"speed": 1}),
    ("tick", "the recorded end is due"): Case(ended, lambda s: s.tick(LATE), ["Send", "Close"], options={"speed": 1}),
    ("tick", "the client is overdue"): Case(talk, lambda s: s.tick(LATE), ["Fail", "Close"]),
    ("step", "a message waits for it"): Case(told, EVENTS["step"], ["Send"], options={"stepping": True}),
    ("client_closed", "as recorded"): Case(talk, EVENTS["client_closed"], [], before=("connected", "received")),
    ("client_closed", "another code, or too early"): Case(talk, EVENTS["client_closed"], ["Fail"]),
}


def in_state(state: str, tape: Any) -> Script:
    """A script that has come to ``state``."""
    (track,) = tracks_of("one", (ended if state == "CLOSING" else talk)(tape()).entries)
    script = Script(track)
    steps: dict[str, tuple[str, ...]] = {
        "NEW": (),
        "OPEN": ("connected",),
        "CLOSING": ("connected",),
        "FAILED": ("connected", "differs"),
        "ENDED": ("connected", "client_closed"),
    }
    for step in steps[state]:
        script.received("b", 0) if step == "differs" else EVENTS[step](script)
    assert script.state is State[state]
    return script


def test_every_row_has_its_case() -> None:
    """A row that is added or changed in the docstring needs its case here."""
    single = {(row.events[0], row.condition) for row in rows() if row.states in (("OPEN",), ("NEW",))}
    assert single == set(CASES)
    assert {state for row in rows() for state in row.states} == {state.name for state in State}
    assert {event for row in rows() for event in row.events} == set(EVENTS)


@pytest.mark.parametrize("row", [row for row in rows() if row.states in (("OPEN",), ("NEW",))], ids=str)
def test_a_row(tape: Any, row: Row) -> None:
    """Under its condition an event yields the row's commands and leads to its state."""
    case = CASES[row.events[0], row.condition]
    (track,) = tracks_of("one", case.tape(tape()).entries)
    script = Script(track, **case.options)
    for event in case.before:
        script.received(SUBSCRIBE, 0) if event == "subscribe" else EVENTS[event](script)
    assert script.state is State[row.states[0]]
    commands = case.event(script)
    assert [type(command).__name__ for command in commands] == case.commands
    assert script.state is State[row.next]
    assert ("Fail" in row.commands) == any(isinstance(command, Fail) for command in commands)
    refused = [command.code for command in commands if isinstance(command, Close)] == [REFUSED]
    assert (f"Close({REFUSED})" in row.commands) == refused


@pytest.mark.parametrize("state", [state.name for state in State])
@pytest.mark.parametrize("event", EVENTS)
def test_every_pair(tape: Any, state: str, event: str) -> None:
    """A pair that is in no row is a fault of ours; one that ends or changes nothing does just that."""
    matching = [row for row in rows() if state in row.states and event in row.events]
    script = in_state(state, tape)
    if not matching:
        with pytest.raises(RuntimeError, match=f"in state {state}"):
            EVENTS[event](script)
        return
    commands = EVENTS[event](script)
    if all(not row.commands for row in matching):
        assert commands == []
    assert script.state.name in {state if row.next == "as was" else row.next for row in matching}
