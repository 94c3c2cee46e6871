"""report.csv: one line per message."""

from __future__ import annotations

import csv
import io
from types import SimpleNamespace

from harness.report.render.csv import COLUMNS, csv_pieces
from harness.report.results import result_rows


def test_a_line_per_message(make: SimpleNamespace) -> None:
    """Head and lines; counts and codes, empty where there is nothing."""
    lines = list(csv.DictReader(io.StringIO("".join(csv_pieces(result_rows(make.run()))), newline="")))
    assert len(lines) == 5 and tuple(lines[0]) == COLUMNS
    assert (lines[0]["types"], lines[0]["rules"], lines[0]["line"]) == ("PHONE", "phone.basic", "")
    assert (lines[1]["missed"], lines[1]["problems"]) == ("PERSON", "missed value")
    assert (lines[3]["claims"], lines[3]["claims_flagged"], lines[3]["labels"]) == ("2", "1", "scenario")


def test_formulas(make: SimpleNamespace) -> None:
    """What a spreadsheet would compute has a quote mark before it."""
    rows = result_rows(make.run(make.session([make.outcome(1, event="=1+1", conversation=" @x")], labels=())))
    assert list(csv_pieces(rows))[1].split(",")[4:7] == ["' @x", "1", "'=1+1"]
