"""The accuracy part of the page."""

from __future__ import annotations

from types import SimpleNamespace

from harness.report.model import build_report
from harness.report.render.accuracy import grounding_section, redaction_section, schema_section
from harness.report.render.view import Table
from harness.report.run import SessionResult


def blocks(make: SimpleNamespace, *sessions: SessionResult) -> list[Table]:
    accuracy = build_report(make.run(*sessions))["verdicts"]["accuracy"]
    sections = (redaction_section(accuracy), grounding_section(accuracy), schema_section(accuracy))
    return [block for section in sections for block in section.blocks if isinstance(block, Table)]


def test_figures_under_their_heads(make: SimpleNamespace) -> None:
    """An uncovered type has its n, its misses in bad tone, and a precision of n/a."""
    table = blocks(make)[0]
    rows = {row[0].text: dict(zip((c.name for c in table.columns), row, strict=True)) for row in table.rows}
    assert (rows["PERSON"]["n"].text, rows["PERSON"]["missed"].tone, rows["PERSON"]["precision"].text) == (
        "1",
        "bad",
        "n/a",
    )
    assert rows["PERSON"]["characters in clear"].text == "10 of 10"
    assert rows["PHONE"]["recall"].bar is not None


def test_each_part_has_its_tables(make: SimpleNamespace) -> None:
    """One table for redaction, two for grounding and for validation; rows fit their heads."""
    found = blocks(make)
    assert len(found) == 5
    assert all(len(row) == len(table.columns) for table in found for row in table.rows)


def test_unlabelled(make: SimpleNamespace) -> None:
    """Without labels there are no tables, and the words say why."""
    session = make.session(labels=(), label_source="none")
    assert blocks(make, session) == []
    accuracy = build_report(make.run(session))["verdicts"]["accuracy"]
    assert redaction_section(accuracy).intro.startswith("Not measured: no recording")
