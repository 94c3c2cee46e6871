"""A client that does what was not recorded, against ``harness replay`` as a command: told, counted, and nothing hangs."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from harness.recording.reader import find_recordings, read_recording
from harness.replayer.steps import Action, Step, Track, tracks_of
from harness.scenario.files import compose_files

NAMES = ("bank-statement-review", "telco-sim-swap", "retail-points-login", "airline-lost-bag")


@pytest.fixture(scope="module")
def folder(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four composed conversations."""
    files = [root / "fixtures" / "scenarios" / f"{name}.yaml" for name in NAMES]
    made = tmp_path_factory.mktemp("composed")
    compose_files(files, made, 7)
    return made


@pytest.fixture
def started() -> Iterator[Any]:
    """Start the command with arguments; whatever still runs at the end is stopped."""
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: object) -> Replay:
        line = [sys.executable, "-m", "harness", "replay", "--json", *map(str, arguments)]
        process = subprocess.Popen(line, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        running.append(process)
        return Replay(process)

    yield start
    for process in running:
        process.kill()
        process.communicate()


class Replay:
    """The running command, and a client of it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        self.at = json.loads(process.stdout.readline())
        form = {"grant_type": "client_credentials"}
        with httpx.Client(trust_env=False) as http:
            answer = http.post(self.at["token_url"], data=form, auth=(self.at["client_id"], self.at["client_secret"]))
        self.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def dial(self) -> ClientConnection:
        return connect(self.at["stream_url"], additional_headers=self.headers, proxy=None)

    def play(self, track: Track, *, changed: int = 0, left_out: int = 0, stop: int = 0) -> int | None:
        """Do what was recorded, but for one send: with a member more, not at all, or hang up there; the close code."""
        with self.dial() as ws, contextlib.suppress(ConnectionClosed):
            for step in track.steps:
                if step.action is Action.EXPECT and step.number == stop:
                    break
                self._do(ws, step, changed, left_out)
            if left_out or changed:
                ws.recv()
        return ws.close_code

    @staticmethod
    def _do(ws: ClientConnection, step: Step, changed: int, left_out: int) -> None:
        if step.action is Action.EXPECT and step.number != left_out:
            assert isinstance(step.data, str)
            ws.send(json.dumps({**json.loads(step.data), "extra": "Ann"}) if step.number == changed else step.data)
        elif step.action is Action.SEND:
            ws.recv()

    def ended(self, with_signal: int | None = None) -> tuple[int, list[str]]:
        """The exit code, and what was said on stderr."""
        if with_signal is not None:
            self.process.send_signal(with_signal)
        _, said = self.process.communicate(timeout=60)
        return self.process.returncode, said.splitlines()


def track_of(path: Path) -> Track:
    return next(track for track in tracks_of(path.name, read_recording(path).entries) if track.steps)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_problems_are_told_at_an_interrupt(started: Any, folder: Path, number: int) -> None:
    """Exit code 1, one line for each client that went wrong, and none for what nobody came for."""
    replay = started(folder, "--patience", "1s")
    first, second, third, _ = (track_of(path) for path in find_recordings([folder]))
    assert replay.play(first, changed=2) == 4400
    assert replay.play(second, left_out=2) == 4400
    assert replay.play(third, stop=2) == 1000
    with replay.dial() as ws:
        ws.send(third.steps[0].data)
        with pytest.raises(ConnectionClosed):
            ws.recv()
    code, said = replay.ended(number)
    assert code == 1
    wrong = [line.removeprefix("harness: ") for line in said]
    assert len(wrong) == 4
    assert wrong[0].startswith(f"unexpected send #2 on {first.label}; nearest recorded: send #2 ")
    assert "/extra: not recorded" in wrong[0] and "Ann" not in wrong[0]
    assert (
        "stalled for" in wrong[1] and f"waiting for {second.recording}: send #2 " in wrong[1] and " like {" in wrong[1]
    )
    assert "recorded steps were not played" in wrong[2] and f"{third.recording}: send #2 " in wrong[2]
    assert wrong[3].startswith("unexpected first message of a connection")


def test_nothing_wrong_at_an_interrupt(started: Any, folder: Path) -> None:
    """Exit code 0: a client that was right, and recordings nobody asked for."""
    replay = started(folder)
    track = track_of(find_recordings([folder])[0])
    assert replay.play(track) == 1000
    assert replay.ended(signal.SIGINT) == (0, [])


@pytest.mark.parametrize(
    "change,words",
    [
        ({"changed": 1}, "/extra: not recorded"),
        ({"changed": 2}, "/extra: not recorded"),
        ({"left_out": 1}, "waiting for the first message of a connection, such as send #1 (entry"),
        ({"left_out": 2}, "waiting for"),
        ({"stop": 1}, "connection that ended without a message"),
        ({"stop": 2}, "were not played"),
    ],
)
def test_once(started: Any, folder: Path, change: dict[str, int], words: str) -> None:
    """With --once the command ends by itself, with exit code 1, the difference and what is left unplayed."""
    path = find_recordings([folder])[0]
    replay = started(path, "--once", "--patience", "1s")
    replay.play(track_of(path), **change)
    code, said = replay.ended()
    assert code == 1
    assert any(words in line for line in said), said
    assert any(line.startswith("harness: not played: ") for line in said)


def test_an_extra_connection(started: Any, folder: Path) -> None:
    """The second client of a recording finds nothing left; the failure says how to serve it twice."""
    path = find_recordings([folder])[0]
    replay = started(path)
    replay.play(track_of(path))
    with replay.dial() as ws, pytest.raises(ConnectionClosed, match="no recorded connection left"):
        ws.recv()
    code, said = replay.ended(signal.SIGINT)
    assert (code, len(said)) == (1, 1)
    assert "every recorded connection on this path was taken: serve the recording once per client" in said[0]


def test_a_token_is_wanted_before_anything_is_served(started: Any, folder: Path) -> None:
    """Another address than loopback without a token: one line, exit code 2."""
    line = [sys.executable, "-m", "harness", "replay", "--listen", "0.0.0.0", str(folder)]
    done = subprocess.run(line, text=True, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("harness: --listen: '0.0.0.0' is not allowed; expected a loopback address")
    assert len(done.stderr.splitlines()) == 1
