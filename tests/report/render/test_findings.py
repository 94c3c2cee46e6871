"""Findings: what and where, never what was said."""

from __future__ import annotations

from types import SimpleNamespace

from harness.report.render.findings import KINDS, Finding, findings_of
from harness.report.results import result_rows


def test_findings(make: SimpleNamespace) -> None:
    """A missed value, an unsupported claim; then the scan and a difference; what another type hid is none."""
    rows = list(result_rows(make.run()))
    assert [list(findings_of(row)) for row in rows] == [
        [],
        [Finding("leak", "/text", "PERSON")],
        [],
        [Finding("claim", "/summary", "unsupported_number")],
        [],
    ]
    rows[1]["missed"][0]["covered"] = True
    rows[1] |= {"pii_redacted": False, "parity": {"class": "text"}}
    assert list(findings_of(rows[1])) == [Finding("scan", "", "any"), Finding("parity", "", "text")]
    assert {finding.kind for row in rows for finding in findings_of(row)} <= KINDS.keys()
