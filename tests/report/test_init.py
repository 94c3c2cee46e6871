"""harness.report exports on purpose."""

from __future__ import annotations

import pytest

from harness import report


def test_every_name_resolves() -> None:
    """Each exported name is there."""
    assert all(getattr(report, name) is not None for name in report.__all__)


def test_unknown_name() -> None:
    """Any other name is an AttributeError."""
    with pytest.raises(AttributeError, match="nothing_here"):
        report.nothing_here  # noqa: B018
