"""The script of every fixture, rehearsed without a socket: its times at any speed, and each way a client can go wrong."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ReplayError, ReplayIncomplete, ReplayStalled, UnexpectedMessage
from harness.recording.reader import read_recording
from harness.replayer.match import Level
from harness.replayer.script import PATIENCE_NS, Close, Fail, Script, Send, State
from harness.replayer.steps import Action, Step, Track, tracks_of, with_end
from harness.scenario.files import compose_files


@pytest.fixture(scope="module")
def tracks(root: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Track]:
    """Every connection of every scenario and of every committed recording."""
    made = compose_files(sorted((root / "fixtures" / "scenarios").glob("*.yaml")), tmp_path_factory.mktemp("all"), 7)
    files = [*made, *sorted((root / "recordings").glob("*.rec.jsonl"))]
    found = [with_end(one) for path in files for one in tracks_of(path.name, read_recording(path).entries)]
    return [track for track in found if track.steps]


@dataclass
class Rehearsal:
    """One run of a script with a client that does what was recorded, but for ``change``.

    ``change`` is asked before each of the client's steps: the text to send, None to leave the step out, ``...`` to hang
    up instead. With ``stays`` it never ends the connection.
    """

    script: Script
    change: Callable[[Step], Any] = lambda step: step.data
    stays: bool = False
    sent: dict[int, int] = field(default_factory=dict)
    errors: list[ReplayError] = field(default_factory=list)
    closes: list[int | None] = field(default_factory=list)

    def run(self) -> list[ReplayError]:
        """Play to the end, each of the client's steps at its recorded time; the failures."""
        script, now_ns = self.script, 0
        self._note(script.connected(now_ns), now_ns)
        for index, step in enumerate(script.track.steps):
            now_ns = self._until(index, now_ns)
            if step.ours or script.state is not State.OPEN:
                continue
            now_ns = max(now_ns, round((step.t_us - script.track.t_us) * 1000 / (script.progress.speed or 1e12)))
            stalled_ns = script.stalled_ns
            if stalled_ns is None or stalled_ns <= now_ns:
                self._note(script.tick(stalled_ns or now_ns), stalled_ns or now_ns)
            if script.state is not State.OPEN:
                continue
            given = self.change(step)
            if given is ...:
                self._note(script.client_closed(1000, now_ns), now_ns)
            elif step.action is Action.EXPECT_CLOSE and not self.stays:
                self._note(script.client_closed(step.code or 1005, now_ns), now_ns)
            elif step.action is Action.EXPECT and given is not None:
                self._note(script.received(given, now_ns), now_ns)
        while script.state is State.OPEN and (script.due_ns or script.stalled_ns) is not None:
            now_ns = max(now_ns, min(ns for ns in (script.due_ns, script.stalled_ns) if ns is not None))
            self._note(script.tick(now_ns), now_ns)
        if script.state is not State.ENDED:
            self._note(script.client_closed(self.closes[-1] or 1005 if self.closes else 1006, now_ns), now_ns)
        return self.errors

    def _until(self, index: int, now_ns: int) -> int:
        """Play until the service's step ``index`` has left; nothing to do for one of the client's."""
        script = self.script
        while script.track.steps[index].ours and index not in self.sent and (due := script.due_ns) is not None:
            now_ns = max(now_ns, due)
            self._note(script.tick(now_ns), now_ns)
        return now_ns

    def _note(self, commands: list[Any], now_ns: int) -> None:
        for command in commands:
            if isinstance(command, Send):
                self.sent[command.step] = now_ns
            elif isinstance(command, Fail):
                self.errors.append(command.error)
            elif isinstance(command, Close):
                self.closes.append(command.code)


def sends(track: Track) -> list[Step]:
    return [step for step in track.steps if step.action is Action.EXPECT and not step.optional]


def only(changed: Step, given: Any) -> Callable[[Step], Any]:
    """Every step as recorded, but ``changed``."""
    return lambda step: given if step.n == changed.n else step.data


def mutations(text: str, ignored: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    """(what was done, JSON pointer, the text): every leaf changed, every member left out, every object with one more."""
    value = json.loads(text)
    for pointer, path in places(value, "", ()):
        if any(pointer == one or pointer.startswith(f"{one}/") for one in ignored):
            continue
        if path:
            yield "missing", pointer, json.dumps(changed(value, path, lambda at, key: at.pop(key)))
        leaf = at_path(value, path)
        if isinstance(leaf, dict):
            more = changed(value, (*path, "added"), lambda at, key: at.update({key: 1}))
            yield "not recorded", f"{pointer}/added", json.dumps(more)
        elif not isinstance(leaf, list):
            other = not leaf if isinstance(leaf, bool) else leaf + 1 if isinstance(leaf, int | float) else f"{leaf}x"
            made = changed(value, path, lambda at, key, other=other: at.__setitem__(key, other))
            yield "another", pointer, json.dumps(made)


def places(value: Any, pointer: str, path: tuple[Any, ...]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    yield pointer, path
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in members:
        yield from places(below, f"{pointer}/{key}", (*path, key))


def at_path(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def changed(value: Any, path: tuple[Any, ...], change: Callable[..., Any]) -> Any:
    made = copy.deepcopy(value)
    change(at_path(made, path[:-1]), path[-1])
    return made


@pytest.mark.parametrize("level", list(Level))
def test_as_recorded(tracks: list[Track], level: Level) -> None:
    """A client that does what was recorded is right, at every level."""
    for track in tracks:
        script = Script(track, level=level)
        assert Rehearsal(script).run() == [], track.label
        assert script.done and script.unplayed() == []


def test_the_recorded_times(tracks: list[Track], figure: Any) -> None:
    """At speed 1 every message leaves at its recorded time, to the nanosecond; at x10 in a tenth of it."""
    messages = 0
    for track in tracks:
        once, tenth = Rehearsal(Script(track, speed=1)), Rehearsal(Script(track, speed=10))
        assert once.run() == tenth.run() == []
        recorded = {i: (step.t_us - track.t_us) * 1000 for i, step in enumerate(track.steps) if i in once.sent}
        assert once.sent == recorded, track.label
        assert tenth.sent == {i: t_ns // 10 for i, t_ns in recorded.items()}, track.label
        messages += len(recorded)
    figure("messages due at their recorded time, and at x10 in a tenth of it, on a virtual clock", messages)


def test_every_changed_send(tracks: list[Track], figure: Any) -> None:
    """Each member of each send changed, left out or added: refused with 4400, and the difference is named."""
    count = 0
    for track in tracks:
        for one in sends(track):
            assert isinstance(one.data, str)
            for what, pointer, text in mutations(one.data, one.ignore):
                played = Rehearsal(Script(track), only(one, text))
                (error,) = played.run()
                assert isinstance(error, UnexpectedMessage)
                shorter = what == "missing" and pointer.rpartition("/")[2].isdecimal()
                named = f"{pointer.rpartition('/')[0]}: array of" if shorter else f"{pointer}: {what}"
                assert error.nearest == one.label
                assert any(one_.startswith(named) for one_ in error.differences), (named, error.differences)
                assert error.fix and played.closes == [4400]
                count += 1
    figure("sends changed in one place, each refused with its difference named", count)


def test_every_missing_send(tracks: list[Track], figure: Any) -> None:
    """Each send left out: the next thing the client does, or its silence, is a failure that names what is missing."""
    count = 0
    for track in tracks:
        for one in sends(track):
            played = Rehearsal(Script(track), only(one, None))
            errors = played.run()
            assert errors, f"{track.label} without {one.label}"
            assert isinstance(errors[0], ReplayStalled | UnexpectedMessage | ReplayIncomplete)
            assert one.label in str(errors[0])
            count += 1
    figure("sends left out, each found missing", count)


def test_every_early_stop(tracks: list[Track], figure: Any) -> None:
    """The client hangs up before each of its steps: what was not played is named."""
    count = 0
    for track in tracks:
        for one in sends(track):
            played = Rehearsal(Script(track), only(one, ...))
            (error,) = played.run()
            assert isinstance(error, ReplayIncomplete)
            assert f"{track.recording}: {one.label}" in error.unplayed
            assert error.unplayed == tuple(played.script.unplayed())
            count += 1
    figure("early stops, each found", count)


def test_one_message_too_many(tracks: list[Track], figure: Any) -> None:
    """What comes when nothing more is expected is a failure, on every connection that ends with the client."""
    count = 0
    for track in tracks:
        if track.steps[-1].action is not Action.EXPECT_CLOSE:
            continue

        class Eager(Rehearsal):
            def _note(self, commands: list[Any], now_ns: int) -> None:
                super()._note(commands, now_ns)
                script = self.script
                if script.state is State.OPEN and script.progress.expected is script.track.steps[-1]:
                    super()._note(script.received('{"type":"more"}', now_ns), now_ns)

        (error, *_) = Eager(Script(track)).run()
        assert isinstance(error, UnexpectedMessage)
        assert "nothing more from the client" in error.fix
        count += 1
    figure("messages too many, each refused", count)


def test_the_wait_for_a_send_is_named(tracks: list[Track]) -> None:
    """A client that is silent is told which send is waited for, and how long that took."""
    for track in tracks[:5]:
        played = Rehearsal(Script(track, speed=1), lambda step: None, stays=True)
        error = played.run()[0]
        assert isinstance(error, ReplayStalled)
        assert "waiting for" in str(error) and "send #1" in str(error)
        gap_s = (track.steps[0].t_us - track.t_us) / 1e6
        assert error.after_s == pytest.approx(gap_s + PATIENCE_NS / 1e9)
