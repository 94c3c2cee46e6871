"""Record modes of a replay in a test: what reaches a live service, and what is made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.clock import SystemClock
from harness.dialects.mediation import MediationDialect
from harness.errors import ConfigError
from harness.pytest_plugin.aside import Aside
from harness.pytest_plugin.replaying import replaying
from harness.recording.reader import read_recording
from harness.replayer.service import ReplayService
from harness.session.modes import RecordMode
from harness.settings import Settings

Run = Callable[..., pytest.RunResult]

TEST = """
import pytest
from client import listen

@pytest.mark.recording("fresh")
def test_listens(harness_replay):
    assert listen(harness_replay)["seq"] == 1
    harness_replay.allow(1)
"""


@pytest.fixture
def live(small: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ReplayService]:
    """A live service on loopback that plays ``small`` again and again; the environment names it."""
    recording = read_recording(small)
    service = ReplayService([recording], dialect=MediationDialect(), clock=SystemClock(), loop=True)
    with Aside() as other, other.within(lambda: service):
        monkeypatch.setenv("HARNESS_ENDPOINT", service.endpoint)
        monkeypatch.setenv("GENESYS_CLIENT_ID", service.client_id)
        monkeypatch.setenv("GENESYS_CLIENT_SECRET", service.client_secret)
        yield service


def test_once_records_and_then_replays(
    run: Run, live: ReplayService, small: Path, client: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mode once makes the recording, with surrogates, and afterwards replays it; CI never records unless told to."""
    client().with_name("test_fresh.py").write_text(TEST)
    made = small.with_name("fresh.rec.jsonl")
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("HARNESS_RECORD_MODE", "once")
    run("test_fresh.py").assert_outcomes(errors=1)
    assert not made.exists()
    done = run("test_fresh.py", "--harness-record-mode=once")
    done.assert_outcomes(passed=1)
    done.stdout.fnmatch_lines(["recorded: fresh.rec.jsonl"])
    recording = read_recording(made)
    assert recording.header.redaction.state == "surrogate"
    assert b"415-288" not in made.read_bytes()
    monkeypatch.delenv("HARNESS_ENDPOINT")
    run("test_fresh.py", "recordings/fresh.rec.jsonl", "-k", "not parity").assert_outcomes(passed=3, deselected=1)


def test_verify_tells_of_differences(live: ReplayService, small: Path, tmp_path: Path) -> None:
    """In mode verify a client that does less than was recorded fails at the end, and nothing is written."""
    (tmp_path / "key").write_text("ab" * 32 + "\n")
    (tmp_path / "key").chmod(0o600)
    settings = Settings(key_file=tmp_path / "key")
    before = small.read_bytes()
    notes: list[str] = []
    with (
        pytest.raises(AssertionError, match="differs: "),
        replaying(
            [small], mode=RecordMode.VERIFY, settings=settings, ci=False, note=notes.append, speed=None
        ) as replay,
    ):
        assert "unplayed" not in repr(replay)
    assert (notes, small.read_bytes()) == ([], before)


def test_modes_that_need_the_file(tmp_path: Path) -> None:
    """Mode verify without a file is refused, and so is a mode that records with several files."""
    one = tmp_path / "one.rec.jsonl"
    for paths in ([one], [one, one]):
        with (
            pytest.raises(ConfigError),
            replaying(paths, mode=RecordMode.VERIFY, settings=Settings(), ci=False, note=print),
        ):
            pass
