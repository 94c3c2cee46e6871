"""The tap's protocol and the one that hears nothing."""

from __future__ import annotations

import inspect

from harness.wire.tap import NullTap, Tap


def test_null_tap() -> None:
    """It takes everything a tap can be told and gives nothing back."""
    tap: Tap = NullTap()
    names = [name for name in vars(Tap) if name.startswith(("ws_", "http_"))]
    assert len(names) == 12
    for name in names:
        method = getattr(tap, name)
        wanted = list(inspect.signature(getattr(Tap, name)).parameters)[1:]
        assert list(inspect.signature(method).parameters) == wanted
        assert method(*wanted) is None
