"""Cells: figures, intervals, and what is missing."""

from __future__ import annotations

from harness.report.render.view import Cell, count, milliseconds, share


def test_count() -> None:
    """Thousands are separated; a bad count is toned, 0 is not; n/a stays n/a."""
    assert count(12345).text == "12,345"
    assert (count(1, bad=True).tone, count(0, bad=True).tone) == ("bad", "")
    assert count("n/a") == Cell(text="n/a")


def test_share() -> None:
    """With interval, without, and missing."""
    assert share({"r": 0.5, "interval": {"r": [0.4, 0.6]}}, "r").note == "40.0 – 60.0 %"
    assert share({"rate": 0.5, "interval": [0.4, 0.6]}, "rate").bar == (0.5, 0.4, 0.6)
    assert share({"r": 0.5, "interval": {"r": "n/a"}}, "r").note == "no interval"
    assert share({"r": "n/a", "why": {"r": "none"}}, "r") == Cell(text="n/a", note="none")


def test_milliseconds() -> None:
    """Three digits, or why there is no figure."""
    assert [milliseconds({"x": value}, "x").text for value in (0.01234, 12.34, 1234.5)] == ["0.0123", "12.3", "1,234"]
    assert milliseconds({"x": "n/a", "why": {"x": "few"}}, "x").note == "few"
