"""The hooks: what they cost, and who they live with."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.pytest_plugin.options import RECORD_MODES
from harness.pytest_plugin.plugin import pytest_addoption
from harness.session.modes import RecordMode

Run = Callable[..., pytest.RunResult]

LOADED = """
import sys

def pytest_unconfigure(config):
    names = sorted(name for name in sys.modules if name.partition(".")[0] in {known!r})
    print("LOADED", *names)
"""
HEAVY = {"harness", "asyncio", "msgspec", "pydantic", "websockets", "httpx", "uvicorn", "starlette", "click", "re2"}


def test_unused_it_imports_next_to_nothing(run: Run, project: pytest.Pytester) -> None:
    """In a project without recordings nothing but the plugin's own light modules is imported, and nothing is told."""
    project.makeconftest(LOADED.format(known=HEAVY))
    project.makepyfile("def test_nothing(): pass")
    done = run(
        *("-p", "no:anyio", "-p", "no:asyncio", "-p", "no:recording", "-p", "no:xdist", "-p", "no:hypothesispytest"),
        installed=True,
    )
    done.assert_outcomes(passed=1)
    (line,) = (line for line in done.stdout.lines if line.startswith("LOADED"))
    assert line.split()[1:] == [
        "harness",
        "harness._version",
        "harness.pytest_plugin",
        "harness.pytest_plugin.fixtures",
        "harness.pytest_plugin.options",
        "harness.pytest_plugin.plugin",
        "harness.pytest_plugin.state",
    ]
    assert "recordings ==" not in done.stdout.str()


def test_modes_are_those_of_the_session() -> None:
    """The option's words are the record modes, in their order."""
    assert tuple(RECORD_MODES) == tuple(mode.value for mode in RecordMode)


def test_asserts_of_the_package_are_not_rewritten(pytestconfig: pytest.Config) -> None:
    """A rewritten assert would show the values it compares: the package is taken off pytest's list."""

    class Hook:
        _must_rewrite = {"harness", "others"}

    class Manager:
        rewrite_hook = Hook()

    pytest_addoption(pytest.Parser(_ispytest=True), Manager())  # type: ignore[arg-type]
    assert Hook._must_rewrite == {"others"}


def test_beside_the_other_plugins(run: Run, project: pytest.Pytester, small: Path, client: Callable[[], Path]) -> None:
    """pytest-recording, pytest-asyncio in both modes and anyio load beside it, with their own options and fixtures."""
    for name in ("pytest_asyncio", "pytest_recording"):
        if importlib.util.find_spec(name) is None:  # importing pytest-recording here would warn of vcr
            pytest.skip(f"{name} is not installed (extra: test)")
    client()
    project.makepyfile(
        test_beside="""
        import asyncio
        import pytest
        from client import listen

        pytestmark = pytest.mark.recording("small")

        @pytest.mark.asyncio
        async def test_asyncio(harness_replay):
            assert (await asyncio.to_thread(listen, harness_replay))["seq"] == 1
            harness_replay.assert_all_played()

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        @pytest.mark.anyio
        async def test_anyio(anyio_backend, harness_replay, harness_report, harness_recording):
            assert (await asyncio.to_thread(listen, harness_replay))["seq"] == 1
            assert not harness_report.replay(harness_recording).problems

        @pytest.mark.vcr
        @pytest.mark.block_network
        def test_vcr(record_mode, harness_recording):
            assert record_mode == "none"
            assert harness_recording.header.id == "small"
        """
    )
    for mode in ("strict", "auto"):
        loops = "asyncio_default_fixture_loop_scope=function"
        done = run(
            *("--asyncio-mode", mode, "-o", loops, "--record-mode=none", "--harness-record-mode=none", "-W", "error"),
            installed=True,
        )
        done.assert_outcomes(passed=6)
    helped = run("--help", installed=True).stdout.str()
    assert "--record-mode" in helped
    assert "--harness-record-mode" in helped
