"""The choices a pipeline runs under, as one value with a digest."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Literal

from harness.dialects.mediation_models import CONTEXT_WINDOW_THRESHOLD, MAX_STREAMING_TOKENS, Subscription
from harness.errors import ConfigError

__all__ = ["LENGTH_REASONS", "PipelinePolicy"]

LENGTH_REASONS = ("below_min_tokens", "above_max_tokens", "compression_ratio")


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelinePolicy:
    """Everything that may change a verdict besides the rules and the checker.

    Args:
        subscription: length matrix and directives enforced on what comes back.
        fatal_lengths: which of :data:`LENGTH_REASONS` reject a summary; the others are advisory.
        retain_tokens: what a context-window update keeps, tokens.
        max_streaming_tokens: budget per interaction unless the service's ``subscribed`` says otherwise.
        context_window_threshold: tokens at which the update is asked for, likewise.
        reorder_window: messages a hole in the order is waited for.
        gateway_validation: have the gateway validate every summary that would be accepted.
        generate: when to ask the gateway for a summary where the stream brings none: at the ``end``, ``never``,
            or after every N final customer turns.
        judges: names of judges to ask about uncertain summaries.
    """

    subscription: Subscription = field(default_factory=Subscription)
    fatal_lengths: tuple[str, ...] = ()
    retain_tokens: int = 512
    max_streaming_tokens: int = MAX_STREAMING_TOKENS
    context_window_threshold: int = CONTEXT_WINDOW_THRESHOLD
    reorder_window: int = 64
    gateway_validation: bool = True
    generate: Literal["end", "never"] | int = "end"
    judges: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check what would otherwise fail in the middle of a session.

        Raises:
            ConfigError: an unknown length reason, or a number of turns that never comes.
        """
        for reason in self.fatal_lengths:
            if reason not in LENGTH_REASONS:
                raise ConfigError("fatal_lengths", reason, "one of " + ", ".join(LENGTH_REASONS))
        if isinstance(self.generate, int) and self.generate < 1:
            raise ConfigError("generate", self.generate, "end, never or a number of customer turns from 1 on")

    def digest(self, *parts: str) -> str:
        """``sha256:…`` over these choices and the digests of the rules and lexicons given.

        The subscription is left out: what was asked for is on the wire, not in the rules.
        """
        own = asdict(self)
        del own["subscription"]
        text = json.dumps([own, *parts], sort_keys=True, separators=(",", ":"))
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
