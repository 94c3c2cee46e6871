from __future__ import annotations

import pytest

import harness.recording
from harness.recording.entry import Header
from harness.recording.writer import RecordingWriter


def test_the_package_gives_what_it_names() -> None:
    """Every exported name is loaded when it is asked for."""
    assert harness.recording.Header is Header
    assert harness.recording.RecordingWriter is RecordingWriter
    assert all(getattr(harness.recording, name) for name in harness.recording.__all__)


def test_other_names_are_refused() -> None:
    """As any module does."""
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = harness.recording.nothing
