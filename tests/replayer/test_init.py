"""What the package exports."""

from __future__ import annotations

import pytest

import harness.replayer


@pytest.mark.parametrize("name", harness.replayer.__all__)
def test_exports(name: str) -> None:
    """Every exported name is there, from its own module."""
    assert getattr(harness.replayer, name).__name__ == name


def test_nothing_else() -> None:
    """A name that is not exported is no attribute."""
    with pytest.raises(AttributeError, match="Stranger"):
        _ = harness.replayer.Stranger
