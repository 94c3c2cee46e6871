"""Pinning a run, and holding another against it."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.errors import ConfigError, RecordingFormatError, RecordingNotFound, UnsupportedVersion
from harness.report.baseline import approve, pinned_side, read_baseline, write_baseline
from harness.report.compare import Side, compare_sides, side_of
from harness.report.model import build_report


@pytest.fixture
def side(make: SimpleNamespace) -> Any:
    """The side of a run over recordings of these ids."""

    def build(*ids: str, **changes: Any) -> Side:
        outcomes = {one: [make.outcome(1, conversation=f"c-{one}", spans=(make.span(0, 4),))] for one in ids}
        labels = {one: [make.label("l1", "span", conversation=f"c-{one}", end=4, label="PHONE")] for one in ids}
        sessions = [
            make.session(
                changes.get("outcomes", outcomes[one]),
                labels=labels[one],
                recording_id=one,
                recording_path=f"{one}.rec.jsonl",
                sha256=f"sha256:{one}",
                baseline=None,
            )
            for one in ids
        ]
        return side_of(build_report(make.run(*sessions)))._replace(times={f"c-{one}": {"p50_ms": 2.0} for one in ids})

    return build


def test_pinned_compares_as_itself(side: Any, tmp_path: Path) -> None:
    """A run held against its own pin is the same, also after a trip to the disk."""
    write_baseline(tmp_path / "pin.json", approve(None, side("a", "b")))
    run = side("a", "b")
    pinned = pinned_side(read_baseline(tmp_path / "pin.json"), run)
    found = compare_sides(pinned, run)
    assert found["identical"]
    assert {row["verdict"] for row in found["figures"] if row["kind"] == "accuracy"} == {"ok"}
    assert pinned._replace(name=run.name) == run


def test_approving_a_subset_keeps_the_rest(side: Any, make: SimpleNamespace) -> None:
    """Recordings that are not in the approved run stay as they were pinned."""
    first = approve(None, side("a", "b"))
    second = approve(first, side("b", outcomes=[make.outcome(1, conversation="c-b")]))
    assert second["recordings"].keys() == {"a", "b"}
    assert second["recordings"]["a"] == first["recordings"]["a"]
    assert second["recordings"]["b"] != first["recordings"]["b"]


def test_forget(side: Any) -> None:
    """Only a recording named is taken away, and one that is not pinned cannot be."""
    both = approve(None, side("a", "b"))
    assert approve(both, side("b"), forget=["a.rec.jsonl"])["recordings"].keys() == {"b"}
    with pytest.raises(ConfigError, match="--forget"):
        approve(both, side("b"), forget=["z.rec.jsonl"])


def test_what_is_not_pinned(side: Any) -> None:
    """A recording that is not pinned is refused; so is a pinned one that was not run, but for a subset."""
    both = approve(None, side("a", "b"))
    with pytest.raises(ConfigError, match=r"not pinned, first c\.rec\.jsonl"):
        pinned_side(both, side("a", "b", "c"))
    with pytest.raises(ConfigError, match=r"were not run, first b\.rec\.jsonl"):
        pinned_side(both, side("a"))
    assert compare_sides(pinned_side(both, side("a"), subset=True), side("a"))["identical"]


def test_untimed(side: Any) -> None:
    """A baseline of an untimed run has no times."""
    run = side("a")._replace(times=None)
    assert pinned_side(approve(None, run), run).times is None


def test_one_recording_a_line(side: Any, tmp_path: Path) -> None:
    """The file is JSON in which a recording is a line: what changed is seen in a difference."""
    write_baseline(tmp_path / "pin.json", approve(None, side("a", "b")))
    text = (tmp_path / "pin.json").read_text()
    assert len(text.splitlines()) == 4
    assert json.loads(text)["recordings"].keys() == {"a", "b"}


@pytest.mark.parametrize(
    "content,error",
    [
        (None, RecordingNotFound),
        ("{", RecordingFormatError),
        ("[]", RecordingFormatError),
        ('{"format":"other","version":1}', RecordingFormatError),
        ('{"format":"mediation-baseline","version":9}', UnsupportedVersion),
        ('{"format":"mediation-baseline","version":1,"digest":"sha256:0","recordings":{}}', RecordingFormatError),
    ],
)
def test_bad_files(tmp_path: Path, content: str | None, error: type[Exception]) -> None:
    """What is no baseline, of a later version, or changed by hand is refused with the way out."""
    if content is not None:
        (tmp_path / "pin.json").write_text(content)
    with pytest.raises(error) as caught:
        read_baseline(tmp_path / "pin.json")
    assert caught.value.fix  # type: ignore[attr-defined]


def test_a_folder_is_no_baseline(tmp_path: Path) -> None:
    """What cannot be read says why."""
    with pytest.raises(RecordingFormatError, match="cannot be read"):
        read_baseline(tmp_path)
