"""The labels file has the fields of the format, in order, and never a value."""

from __future__ import annotations

import json

from harness.scenario.labels import LabelBook, encode_labels
from harness.scenario.markup import parse_markup


def test_a_line_has_every_field_in_order() -> None:
    """Fields that are empty are written as null."""
    book = LabelBook("c-1", "2026-03-14T09:00:00.000Z")
    book.spans(3, "/text", parse_markup("at {{EMAIL|a@b.co}}"))
    (line,) = encode_labels(book.labels, "sha256:00").splitlines()
    assert json.loads(line) == {
        "v": 1,
        "id": "c-1:l1",
        "conversation": "c-1",
        "seq": 3,
        "path": "/text",
        "recording": "sha256:00",
        "kind": "span",
        "start": 3,
        "end": 9,
        "label": "EMAIL",
        "verdict": None,
        "annotator": "scenario",
        "annotator_kind": "CODE",
        "guideline": "scenario",
        "supersedes": None,
        "at": "2026-03-14T09:00:00.000Z",
    }
    assert list(json.loads(line))[:4] == ["v", "id", "conversation", "seq"]
    assert b"a@b.co" not in line


def test_pieces_count_as_one_value() -> None:
    """Two pieces of one number are one number."""
    book = LabelBook("c", "t")
    text = parse_markup("{{PHONE|1234}} {{PHONE|5678}}")
    ids = book.delta_ids(text)
    book.delta(1, ids, text, (0, 2), 0)
    book.delta(2, ids, text, (2, 9), 1)
    assert book.counts() == {"PHONE": 2}
    assert [label.id for label in book.labels] == ["c:l1#0", "c:l1#1", "c:l2#1"]
