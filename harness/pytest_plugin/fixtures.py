"""The fixtures; what they are made of is imported when one is asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from harness.pytest_plugin.state import STATE

if TYPE_CHECKING:
    from harness.clock import VirtualClock
    from harness.pipeline.chain import Pipeline
    from harness.pytest_plugin.replaying import Replay
    from harness.pytest_plugin.reporting import Reporting
    from harness.pytest_plugin.sink import KeepingSink
    from harness.recording.reader import Recording
    from harness.settings import Settings

__all__ = [
    "harness_clock",
    "harness_config",
    "harness_pipeline",
    "harness_recording",
    "harness_replay",
    "harness_report",
    "harness_sink",
]


@pytest.fixture
def harness_config() -> Settings:
    """The settings in force, from ``HARNESS_*``, harness.toml and pyproject.toml; override it to change them."""
    from harness.settings import load_settings

    return load_settings()


@pytest.fixture
def harness_recording(request: pytest.FixtureRequest) -> Recording:
    """The recording the mark names."""
    from harness.pytest_plugin.marks import marked
    from harness.recording.reader import read_recording

    return read_recording(marked(request.node).paths[0])


@pytest.fixture
def harness_replay(request: pytest.FixtureRequest, harness_config: Settings) -> Iterator[Replay]:
    """The recordings the mark names, served on loopback while the test runs; nothing else can be reached."""
    from harness.pytest_plugin.marks import marked
    from harness.pytest_plugin.replaying import replaying

    mark, state = marked(request.node), request.config.stash[STATE]
    ci = os.environ.get("CI", "").lower() in ("true", "1")
    with replaying(
        mark.paths, mode=mark.mode, settings=harness_config, ci=ci, note=state.notes.add, **mark.options
    ) as replay:
        yield replay


@pytest.fixture
def harness_pipeline(request: pytest.FixtureRequest, harness_config: Settings) -> Pipeline:
    """A pipeline under these settings; for the recording of the mark, if the test has one."""
    from harness.dialects.mediation import MediationDialect
    from harness.pytest_plugin.play import new_pipeline

    if request.node.get_closest_marker("recording") is None:
        return new_pipeline(harness_config, MediationDialect())
    from harness.session.dialects import dialect_of
    from harness.session.replay import subscriptions

    recording: Recording = request.getfixturevalue("harness_recording")
    asked = list(subscriptions(recording).values())
    return new_pipeline(harness_config, dialect_of(recording.header), subscription=asked[0] if asked else None)


@pytest.fixture
def harness_clock() -> VirtualClock:
    """A simulated clock that moves by itself when somebody waits."""
    from harness.clock import VirtualClock

    return VirtualClock(auto=True)


@pytest.fixture
def harness_sink() -> KeepingSink:
    """A sink that keeps what it is given."""
    from harness.pytest_plugin.sink import KeepingSink

    return KeepingSink()


@pytest.fixture
def harness_report(request: pytest.FixtureRequest, harness_config: Settings) -> Reporting:
    """Replays recordings through the harness's own client, into the report of ``--harness-report``."""
    from harness.pytest_plugin.reporting import Reporting

    return Reporting(request.config.stash[STATE], harness_config)
