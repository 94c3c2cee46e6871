"""Writes what a tap hears to a recording, with personal data replaced before the disk."""

from __future__ import annotations

from harness.recorder.recorder import Recorder

__all__ = ["Recorder"]
