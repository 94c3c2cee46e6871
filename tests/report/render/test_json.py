"""report.json as text."""

from __future__ import annotations

import json

from harness.report.render.json import render_json


def test_ascii_and_equal() -> None:
    """ASCII only, one newline at the end, and it reads back equal."""
    report = {"a": "\u202e\x1b é", "b": [1.5]}
    text = render_json(report)
    assert text.isascii() and text.endswith("}\n")
    assert json.loads(text) == report
