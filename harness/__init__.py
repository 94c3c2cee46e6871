"""Record and replay contact-centre mediation sessions; validate, ground and redact their summaries."""

from __future__ import annotations

from harness._version import __version__

__all__ = ["__version__"]
