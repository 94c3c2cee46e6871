"""Labels as tables."""

from __future__ import annotations

import csv
import io

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import RecordingFormatError
from harness.report.label_table import FIELDS, formula_safe, from_csv, from_jsonl, to_csv, to_jsonl
from harness.report.labels import Label

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
LABELS = st.builds(
    Label,
    id=TEXTS,
    conversation=TEXTS,
    seq=st.none() | st.integers(0, 99),
    path=TEXTS,
    kind=st.sampled_from(["span", "sentence", "message"]),
    start=st.none() | st.integers(0, 99),
    end=st.none() | st.integers(0, 99),
    label=TEXTS,
    verdict=st.none() | TEXTS.filter(bool),
    annotator=TEXTS,
    supersedes=st.none() | TEXTS.filter(bool),
)


@given(st.lists(st.tuples(TEXTS, LABELS), max_size=4))
def test_there_and_back(rows: list[tuple[str, Label]]) -> None:
    """Both tables give the same labels again, whatever stands in them."""
    wanted = [{"file": file, **msgspec.structs.asdict(label)} for file, label in rows]
    assert [row for _, row in from_csv(to_csv(rows), path="x")] == wanted
    assert [row for _, row in from_jsonl(to_jsonl(rows), path="x")] == wanted


@given(st.lists(st.tuples(TEXTS, LABELS), min_size=1, max_size=3))
def test_no_cell_is_a_formula(rows: list[tuple[str, Label]]) -> None:
    """No cell begins with a character that a spreadsheet takes for a formula."""
    cells = [cell for row in csv.reader(io.StringIO(to_csv(rows), newline="")) for cell in row]
    assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@", "|", "%", "\uff1d"))]


@pytest.mark.parametrize(
    "cell,safe",
    [
        ("=1+1", "'=1+1"),
        ("@x", "'@x"),
        ("x=1", "x=1"),
        ("'x", "''x"),
        ("", ""),
        (" \t=cmd|' /C calc'!A0", "' \t=cmd|' /C calc'!A0"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("%0a", "'%0a"),
    ],
)
def test_formula_safe(cell: str, safe: str) -> None:
    """An apostrophe goes before what begins like a formula, or with an apostrophe."""
    assert formula_safe(cell) == safe


@pytest.mark.parametrize(
    "text,line,words",
    [
        ("", 1, "columns"),
        ("id,id\n", 1, "columns"),
        ("id,secret\n", 1, "columns"),
        ("id,seq\na,1\nb\n", 3, "cells"),
        ("id,seq\na,one\n", 2, "seq is not a whole number"),
        ("id,seq\na,\uff11\n", 2, "seq is not a whole number"),
        ("id,seq\na,1_000\n", 2, "seq is not a whole number"),
        (f"id,seq\na,{'9' * 5000}\n", 2, "seq is not a whole number"),
        (f"id,seq\n{'a' * 200_000},1\n", 2, "not CSV"),
        ('id,seq\n"a\n', 2, "not CSV"),
    ],
)
def test_bad_csv(text: str, line: int, words: str) -> None:
    """A bad table names its line and not its content."""
    with pytest.raises(RecordingFormatError, match=words) as caught:
        list(from_csv(text, path="x.csv"))
    assert caught.value.line == line
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("text", ["{", "[]", '{"secret":1}'])
def test_bad_jsonl(text: str) -> None:
    """So does a bad line of JSON."""
    with pytest.raises(RecordingFormatError) as caught:
        list(from_jsonl(f"\n{text}\n", path="x.jsonl"))
    assert caught.value.line == 2
    assert "secret" not in str(caught.value)


def test_columns() -> None:
    """The columns are the file and every field of a label; a byte-order mark before them is taken."""
    assert FIELDS[:2] == ("file", "v")
    assert list(from_csv("\ufeffid,seq\r\na,\r\n", path="x")) == [(2, {"id": "a", "seq": None})]
