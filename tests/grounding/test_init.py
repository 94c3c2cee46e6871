"""What the package offers."""

import pytest

from harness import grounding


def test_every_export_exists() -> None:
    """``__all__`` and the lazy names agree."""
    assert all(getattr(grounding, name) is not None for name in grounding.__all__)


def test_an_unknown_name_is_refused() -> None:
    """A wrong name raises AttributeError."""
    with pytest.raises(AttributeError, match="nonsense"):
        _ = grounding.nonsense
