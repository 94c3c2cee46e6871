"""Record and replay contact-centre mediation sessions; validate, ground and redact their summaries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness._version import __version__

if TYPE_CHECKING:
    from harness.session.streamer import StreamMetrics, SummaryStreamer

__all__ = ["StreamMetrics", "SummaryStreamer", "__version__"]

_HOME = {"StreamMetrics": "session.streamer", "SummaryStreamer": "session.streamer"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
