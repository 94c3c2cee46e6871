"""The sinks that settings name."""

from __future__ import annotations

import pytest

from harness.clock import VirtualClock
from harness.errors import ConfigError
from harness.session.sinks import sinks_of
from harness.settings import load_settings


def test_webhook() -> None:
    """Without an address there is none; a bad address is refused before anything is delivered."""
    clock = VirtualClock()
    assert sinks_of(load_settings(), clock) == []
    made = sinks_of(load_settings(webhook_url="http://127.0.0.1:1/x", webhook_token="secret-1"), clock)
    assert [sink.name for sink in made] == ["webhook"]
    with pytest.raises(ConfigError, match="https"):
        sinks_of(load_settings(webhook_url="http://hooks.invalid/x"), clock)
    with pytest.raises(ConfigError) as raised:
        load_settings(webhook_token=["secret-1"])
    assert "secret-1" not in str(raised.value)
