"""The sinks that settings name."""

from __future__ import annotations

from harness.clock import Clock
from harness.settings import Settings
from harness.sinks.webhook import WebhookSink

__all__ = ["sinks_of"]


def sinks_of(settings: Settings, clock: Clock) -> list[WebhookSink]:
    """More places for accepted summaries than the folder of the run; whoever asks closes them.

    Raises:
        ConfigError: the webhook's address cannot be one.
    """
    if settings.webhook_url is None:
        return []
    return [WebhookSink(settings.webhook_url, clock=clock, token=settings.webhook_token)]
