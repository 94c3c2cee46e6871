"""The plugin's options, and the words of its mark."""

from __future__ import annotations

import argparse

import pytest

__all__ = ["MARK", "RECORD_MODES", "add_options"]

MARK = (
    "recording(name, ..., speed='instant', match='strict', mode=None): the recordings of the fixtures harness_recording "
    "and harness_replay"
)
RECORD_MODES = ("none", "once", "new_episodes", "all", "rewrite", "verify")
"""Those of :mod:`harness.session.modes`, which is not imported for ``--help``."""


def add_options(parser: pytest.Parser) -> None:
    """Tell pytest of the options."""
    group = parser.getgroup("harness", "recordings of mediation sessions")
    group.addoption(
        "--harness-record-mode",
        choices=RECORD_MODES,
        help="What a replay does with traffic nobody recorded [default: none; CI=true makes it none unless given here].",
    )
    group.addoption(
        "--harness-recordings-dir",
        metavar="DIR",
        help="Where the mark `recording` looks for names [default: the ini value harness_recordings_dir, recordings].",
    )
    group.addoption("--harness-report", metavar="DIR", help="Write the report of all replays of this run into DIR.")
    group.addoption(
        "--harness-baseline", metavar="REPORT", help="Fail where a replay differs from this earlier report."
    )
    group.addoption("--harness-expire-days", type=_days, metavar="N", help="Tell of recordings older than N days.")
    parser.addini("harness_recordings_dir", "Folder of the recordings, from the root folder.", default="recordings")
    parser.addini("harness_expire_days", "Tell of recordings older than this many days.", default="")


def _days(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("a number of days from 1 on")
    return int(text)
