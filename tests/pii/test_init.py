"""The package's exports."""

from __future__ import annotations

import pytest

from harness import pii


def test_exports() -> None:
    """Every name of ``__all__`` is there, others are not."""
    assert all(getattr(pii, name) for name in pii.__all__)
    with pytest.raises(AttributeError):
        _ = pii.nothing
