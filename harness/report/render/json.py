"""``report.json``: the report itself, indented; ASCII only, so that nothing in it acts on a terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["render_json"]


def render_json(report: Mapping[str, Any]) -> str:
    """The report as indented JSON in its own order, ending in a newline."""
    return json.dumps(report, indent=2, ensure_ascii=True, allow_nan=False) + "\n"
