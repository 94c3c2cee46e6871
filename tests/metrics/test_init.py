"""harness.metrics exports on purpose."""

from __future__ import annotations

import pytest

from harness import metrics


def test_every_name_resolves() -> None:
    """Each exported name is there."""
    assert all(getattr(metrics, name) is not None for name in metrics.__all__)


def test_unknown_name() -> None:
    """Any other name is an AttributeError."""
    with pytest.raises(AttributeError, match="nothing_here"):
        metrics.nothing_here  # noqa: B018
