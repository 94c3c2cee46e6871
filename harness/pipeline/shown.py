"""Paths as they may be shown: a key that holds a value stands there as a placeholder."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from harness.dialects.json_paths import KEY, renamed
from harness.pipeline.outcome import PathSpan
from harness.text.placeholder import placeholder

__all__ = ["shown_path"]


def shown_path(spans: Iterable[PathSpan]) -> Callable[[str], str]:
    """What to show in the place of a path of a message with these ``spans``."""
    names = {span.path.removesuffix(KEY): placeholder(span.type) for span in spans if span.path.endswith(KEY)}
    return (lambda path: renamed(path, names)) if names else str
