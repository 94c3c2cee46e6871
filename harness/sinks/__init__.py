"""Where accepted summaries go, and where the others are kept with their reasons (``AUDIT.md``: the audit log)."""

from __future__ import annotations

from harness.sinks.base import Parcel, Sink, delivery
from harness.sinks.callback import CallbackSink
from harness.sinks.jsonl import JsonlSink
from harness.sinks.webhook import WebhookSink

__all__ = ["CallbackSink", "JsonlSink", "Parcel", "Sink", "WebhookSink", "delivery"]
