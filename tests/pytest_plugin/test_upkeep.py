"""Recordings that need a look."""

from __future__ import annotations

from pathlib import Path

from harness.pytest_plugin.upkeep import expired, unused


def test_folders_without_recordings(tmp_path: Path) -> None:
    """An empty or missing folder has nothing to tell of, and a file that is no recording has no age."""
    assert unused(tmp_path / "absent", set()) == []
    assert expired(tmp_path, set(), 1) == []
    (tmp_path / "bad.rec.jsonl").write_text("no header\n")
    assert expired(tmp_path, set(), 1) == []
    assert len(unused(tmp_path, set())) == 1


def test_young_recordings(root: Path) -> None:
    """A recording younger than the limit is not told of."""
    assert expired(root / "recordings", set(), 365_000) == []
    assert unused(root / "recordings", set((root / "recordings").resolve().glob("*.rec.jsonl"))) == []
