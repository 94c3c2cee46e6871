"""Labels that move along."""

from __future__ import annotations

import itertools
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from harness.recorder.edits import EditedString
from harness.report.labels import Label
from harness.session.label_shift import shifted, write_labels


def label(start: int | None, end: int | None, **more: Any) -> Label:
    fields: dict[str, Any] = {
        "id": "l1",
        "conversation": "c",
        "seq": 2,
        "path": "/text",
        "recording": "sha256:old",
        "kind": "span",
        "start": start,
        "end": end,
        **more,
    }
    known = {name: fields[name] for name in fields if name in Label.__struct_fields__}
    required = {"annotator": "x", "annotator_kind": "CODE", "guideline": "scenario", "at": "2026-01-01T00:00:00Z"}
    return Label(**{**{k: v for k, v in required.items() if k in Label.__struct_fields__}, **known})


def edited(*edits: tuple[int, int, int], seq: int | None = 2, path: str = "/text") -> EditedString:
    return EditedString(conversation="c", seq=seq, path=path, edits=edits)


def moved(start: int, end: int, *edits: tuple[int, int, int]) -> tuple[int | None, int | None]:
    (one,) = shifted([label(start, end)], [edited(*edits)], "sha256:new")
    assert one.recording == "sha256:new"
    return one.start, one.end


def test_places() -> None:
    """Before an edit nothing moves, on it the label takes its size, behind it by the difference."""
    edit = (10, 20, 25)
    assert moved(0, 10, edit) == (0, 10)
    assert moved(10, 20, edit) == (10, 35)
    assert moved(20, 30, edit) == (35, 45)
    assert moved(12, 15, edit) == (10, 35)
    assert moved(5, 30, edit, (32, 33, 0)) == (5, 45)
    assert moved(40, 50, edit, (32, 36, 0)) == (51, 61)


def test_left_alone() -> None:
    """A whole message, another string, another message: only the recording changes."""
    labels = [label(None, None), label(3, 9, path="/other"), label(3, 9, seq=5)]
    assert [(one.start, one.end) for one in shifted(labels, [edited((0, 1, 9))], "x")] == [
        (None, None),
        (3, 9),
        (3, 9),
    ]


def test_repetitions() -> None:
    """Labels are about the first of two messages with the same number."""
    (one,) = shifted([label(5, 6)], [edited((0, 1, 2)), edited((0, 1, 9))], "x")
    assert (one.start, one.end) == (6, 7)


@given(st.text("abc", min_size=1, max_size=20), st.data())
def test_text_is_kept(text: str, data: st.DataObject) -> None:
    """A label outside every edit marks the same characters after them."""
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), min_size=2, max_size=2)) | {0, len(text)})
    start, end = data.draw(st.sampled_from(list(itertools.pairwise(cuts))))
    edits, new = [], ""
    for a, b in itertools.pairwise(cuts):
        if (a, b) != (start, end):
            size = data.draw(st.integers(0, 9))
            edits.append((a, b, size))
            new += "x" * size
        else:
            new += text[a:b]
    first, last = moved(start, end, *edits)
    assert new[first:last] == text[start:end]


def test_lines() -> None:
    """A labels file is one JSON object a line."""
    lines = write_labels([label(1, 2), label(3, 4)]).splitlines()
    assert [json.loads(line)["start"] for line in lines] == [1, 3]
    assert write_labels([]) == b""
