"""The choices a pipeline runs under."""

from __future__ import annotations

from typing import Any

import pytest

from harness.dialects.mediation import make_subscription
from harness.errors import ConfigError
from harness.pipeline.policy import PipelinePolicy


@pytest.mark.parametrize(
    "change",
    [
        {"fatal_lengths": ("compression_ratio",)},
        {"retain_tokens": 100},
        {"max_streaming_tokens": 100},
        {"context_window_threshold": 100},
        {"reorder_window": 8},
        {"gateway_validation": False},
        {"generate": 3},
        {"judges": ("local",)},
    ],
)
def test_every_choice_is_in_the_digest(change: dict[str, Any]) -> None:
    """Another choice is another policy."""
    assert PipelinePolicy(**change).digest() != PipelinePolicy().digest()


def test_the_digest_names_rules_and_lexicons_and_not_the_subscription() -> None:
    """What was asked for is on the wire."""
    policy = PipelinePolicy()
    asked = PipelinePolicy(subscription=make_subscription({"summary_matrix": {"min_tokens": 60}}))
    assert policy.digest("a", "b") == asked.digest("a", "b") != policy.digest("a", "c")
    assert policy.digest().startswith("sha256:")
    assert len(policy.digest()) == 71


@pytest.mark.parametrize(
    "change, name",
    [
        ({"fatal_lengths": ("too_long",)}, "fatal_lengths"),
        ({"generate": 0}, "generate"),
        ({"generate": -1}, "generate"),
    ],
)
def test_a_choice_that_would_fail_later_is_refused(change: dict[str, Any], name: str) -> None:
    """With its name, before the first message."""
    with pytest.raises(ConfigError) as caught:
        PipelinePolicy(**change)
    assert caught.value.name == name
