"""Where accepted summaries go, and where the others are kept with their reasons."""

from __future__ import annotations

from harness.sinks.base import Sink, delivery
from harness.sinks.callback import CallbackSink
from harness.sinks.jsonl import JsonlSink

__all__ = ["CallbackSink", "JsonlSink", "Sink", "delivery"]
