"""What every test shares: hypothesis profiles, the figures of ``make prove``, and where the project lies.

1. ``HARNESS_TEST_PROFILE`` picks the counts: ``fast`` (default, the same examples every time, whatever else runs), ``prove``, or the fuzzer's
   ``ci`` and ``nightly``.
2. A test that measures something says so with the ``figure`` fixture; all figures are printed at the end.
3. No test imports another test file: helpers are fixtures, so that the suite also runs beside an installed wheel.
4. Child processes import the same ``harness`` as the tests, whatever folder they run in.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

import harness
from harness.fuzz.profiles import register
from harness.recording.entry import WsMessage
from harness.recording.reader import read_recording

PROFILE = os.environ.get("HARNESS_TEST_PROFILE", "fast")

settings.register_profile(
    "fast", max_examples=25, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("prove", max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
register()
settings.load_profile(PROFILE)
if PROFILE == "fast" and hasattr(providers, "_get_local_constants"):
    # Numbers and words found in the modules that happen to be loaded would be drawn too, and with them other examples
    # in a whole run than in a single test, or under xdist.
    _none = type(providers._local_constants)()
    providers._get_local_constants = lambda: _none

assert harness.__file__ is not None
os.environ["PYTHONPATH"] = str(Path(harness.__file__).parent.parent)
os.environ["PYTHONSAFEPATH"] = "1"

_FIGURE = "figure: "

collect_ignore_glob = ["*.rec.jsonl*"]
"""Recordings under tests/ are material; those of recordings/ are checked by `pytest recordings`."""


@pytest.fixture(scope="session")
def profile() -> str:
    """``fast`` or ``prove``."""
    return PROFILE


@pytest.fixture(scope="session")
def root() -> Path:
    """The clone: the folder that holds pyproject.toml, fixtures/ and tests/."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str, object], None]:
    """Call it with a name and a value to have them printed at the end of the run."""

    def keep(name: str, value: object) -> None:
        record_property(_FIGURE + name, str(value))

    return keep


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    figures = [
        (str(name).removeprefix(_FIGURE), value)
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if getattr(report, "when", "") == "call" and str(name).startswith(_FIGURE)
    ]
    if figures:
        terminalreporter.section("figures")
        for name, value in sorted(figures, key=lambda pair: pair[0]):
            terminalreporter.write_line(f"{name}: {value}")


def pytest_report_header() -> str:
    return f"harness {harness.__version__} from {harness.__file__}, profile {PROFILE}"


@pytest.fixture
def entry_of() -> Callable[[Path, int], int]:
    """The number of the entry of a recording that holds the message of a given seq."""

    def find(recording: Path, seq: int) -> int:
        entries = read_recording(recording).entries
        return next(one.n for one in entries if isinstance(one, WsMessage) and one.text and f'"seq":{seq},' in one.text)

    return find
