"""Names and settings are checked before anything is dialled or written."""

from __future__ import annotations

import pytest

from harness.errors import ConfigError
from harness.session.setup import checked_name, live_run, safe_name
from harness.settings import load_settings


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "-x", "x" * 101])
def test_names_that_lead_elsewhere(name: str) -> None:
    """A run's name is one plain folder name."""
    with pytest.raises(ConfigError, match="--name"):
        checked_name(name)


def test_good_name() -> None:
    """Letters, digits, dot, dash and underscore are fine."""
    assert checked_name("run-1.b_2") == "run-1.b_2"


@pytest.mark.parametrize(("given", "expected"), [("a/../b", "a-..-b"), ("...", "conversation"), ("é x", "x")])
def test_safe_name(given: str, expected: str) -> None:
    """Whatever a service calls a conversation, its file name stays in the folder."""
    assert safe_name(given) == expected
    assert "/" not in safe_name(given)


def test_live_run_takes_the_settings() -> None:
    """Time limits come from the settings, the key from the seed."""
    settings = load_settings(
        endpoint="http://127.0.0.1:9", client_id="a", client_secret="b", gap_timeout_s=1.5, reconnect_attempts=3
    )
    live = live_run(settings, seed=4)
    assert live.options.gap_timeout_s == 1.5
    assert live.options.attempts == 3
    assert live.key.id == "seed-4"
