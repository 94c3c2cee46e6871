"""Settings become parts: credentials, policy, the stage timer."""

from __future__ import annotations

import pytest

from harness.clock import VirtualClock
from harness.errors import ConfigError
from harness.metrics.latency import LatencyBook
from harness.session.parts import StageTimer, addresses_of, credentials_of, policy_of, tool_name
from harness.settings import load_settings


def test_credentials() -> None:
    """Both variables are needed; the error names the one that is missing and never shows the secret."""
    with pytest.raises(ConfigError, match="GENESYS_CLIENT_ID"):
        credentials_of(load_settings(client_id="", client_secret="s3cret-x"))
    with pytest.raises(ConfigError, match="GENESYS_CLIENT_SECRET") as caught:
        credentials_of(load_settings(client_id="me", client_secret=""))
    assert "s3cret" not in str(caught.value)
    assert credentials_of(load_settings(client_id="me", client_secret="s3cret-x")).client_id == "me"


def test_policy() -> None:
    """The policy holds what the settings say; a bad subscription is refused by field."""
    policy = policy_of(load_settings(subscription={"summary_matrix": {"min_tokens": 60}}, generate="never"))
    assert policy.subscription.summary_matrix.min_tokens == 60
    assert policy.generate == "never"
    with pytest.raises(ConfigError, match="max_tokens"):
        policy_of(load_settings(subscription={"summary_matrix": {"max_tokens": 1}}))


def test_addresses() -> None:
    """One endpoint moves all three addresses."""
    found = addresses_of(load_settings(endpoint="http://127.0.0.1:1?stream=2"))
    assert found.loopback
    assert found.stream_url.startswith("ws://127.0.0.1:2/")


def test_stage_timer() -> None:
    """A stage is charged with the time since the mark before it; a new message starts afresh."""
    clock, book = VirtualClock(), LatencyBook()
    timer = StageTimer(book, clock)
    clock.advance(5_000_000)
    timer.mark("")
    clock.advance(2_000_000)
    timer.mark("decode")
    clock.advance(3_000_000)
    timer.mark("redact")
    figures = book.summary()
    assert figures["decode"]["max_ms"] == 2.0
    assert figures["redact"]["max_ms"] == 3.0


def test_tool_name() -> None:
    """The tool is named with its version."""
    assert tool_name("1.2") == "mediation-harness/1.2"
