"""The package's door."""

import pytest

from harness import judges


def test_everything_promised_is_there() -> None:
    """``__all__`` and the lazy door agree; nothing else is found."""
    assert all(getattr(judges, name) for name in judges.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        _ = judges.nothing
