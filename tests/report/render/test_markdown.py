"""report.md: within its budget, inert, complete."""

from __future__ import annotations

import dataclasses
import re
from types import SimpleNamespace
from typing import Any

from harness.report.model import build_report
from harness.report.render.markdown import BUDGET, render_markdown
from harness.report.results import result_rows


def test_says_it(make: SimpleNamespace) -> None:
    """Strip, tables with intervals, findings."""
    run = make.run()
    text = render_markdown(build_report(run), list(result_rows(run)))
    assert "| ✅ pass | Live = replayed | 0 of 5 messages differ |" in text
    assert "## Redaction" in text and "| PERSON | 1 | 0 | **1** |" in text
    assert "summary says: A refund of 90 dollars was agreed.; evidence: A refund of 40 dollars is fine." in text


def test_tables_are_square(make: SimpleNamespace) -> None:
    """Every row of a table has as many cells as its head."""
    for block in re.findall(r"(?:^\|.*\|\n)+", render_markdown(build_report(make.run())), re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


def test_hostile_text_is_inert(hostile: tuple[dict[str, Any], list[dict[str, Any]], str]) -> None:
    """No markup, link, mention, control character or line of a transcript's own."""
    report, rows, _ = hostile
    text = render_markdown(report, rows)
    assert not re.search(r"<[a-zA-Z/]", text)
    assert not re.search(r"(?<!\\)\]\(", text) and "://" not in text and "@team" not in text
    assert not [c for c in text if c in "\u202e\x1b"]
    assert not [line for line in text.splitlines() if line.startswith(("::", "=", "@"))]


def test_budget(make: SimpleNamespace) -> None:
    """What does not fit is named; the size holds."""
    outcomes = [make.outcome(i, event=f"type-{i}-" + "x" * 200) for i in range(1, 400)]
    text = render_markdown(build_report(make.run(make.session(outcomes))))
    assert len(text.encode()) <= BUDGET
    assert "Left out for size: What passed through" in text


def test_another_budget(make: SimpleNamespace) -> None:
    """More room holds what was left out, and longer lists; bytes are counted, not characters; the checks are always there."""
    outcomes = [make.outcome(i, event=f"type-{i}-" + "\u4e2d" * 200) for i in range(1, 400)]
    report = build_report(make.run(make.session(outcomes)))
    assert "Left out for size" not in render_markdown(report, None, 1 << 20)
    for budget in (10_000, 300_000, 1 << 20):
        text = render_markdown(report, None, budget)
        assert len(text.encode()) <= budget
        assert "Live = replayed" in text
    summaries = [dataclasses.replace(make.session([make.summary(1)]), recording_id=str(i)) for i in range(25)]
    run = make.run(*summaries)
    assert "… and 5 more" in render_markdown(build_report(run), list(result_rows(run)))
    assert "… and" not in render_markdown(build_report(run), list(result_rows(run)), 1 << 20)


def test_long_lists_are_cut(make: SimpleNamespace) -> None:
    """Twenty findings are shown, the others counted."""
    outcomes = [make.summary(i) for i in range(1, 31)]
    session = make.session(outcomes)
    sessions = [dataclasses.replace(session, recording_id=str(i)) for i in range(25)]
    run = make.run(*sessions)
    text = render_markdown(build_report(run), list(result_rows(run)))
    assert "- … and 730 more" in text
    assert "5 more sessions in report.json." in text


def test_unmeasured(make: SimpleNamespace) -> None:
    """n/a comes with its reason."""
    run = make.run(make.session(baseline=None, labels=(), label_source="none"), virtual_time=True)
    text = render_markdown(build_report(run), [])
    assert "Not measured: times are simulated (virtual clock)." in text
    assert "Not compared: no recording of this run holds a live side" in text
    assert "Not measured: no recording of this run has labels." in text
