"""``report.md``: for step summaries and pull-request comments, within a size budget.

1. At most :data:`BUDGET` bytes where nothing else is asked for (a GitHub comment takes 65,536 characters, a step summary
   1 MiB); sections that do not fit are named, not cut. More room shows longer lists.
2. Nothing from a transcript is active: see ``escape.py``.
3. The worst comes first: failed checks before those to look at, and the sections that tell of them before the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.report.checks import Check
from harness.report.render.escape import markdown as safe
from harness.report.render.sections import build_view
from harness.report.render.view import Cell, Finding, Findings, Section, Table, View

__all__ = ["BUDGET", "LEAST", "render_markdown"]

BUDGET = 60_000
"""Bytes of UTF-8."""

LEAST = 10_000
"""The smallest budget that holds the checks."""

_LIMIT = 20
_WORST = ("fail", "look", "n/a", "pass")
_SECTION_OF = {
    "Live = replayed": "parity",
    "Sessions ran clean": "parity",
    "Labelled values covered": "redaction",
    "Second leak scan": "redaction",
    "Hallucination check": "grounding",
    "Validation": "schema",
}
_MARKS = {"pass": "✅ pass", "fail": "❌ fail", "look": "👀 look", "n/a": "➖ n/a"}


def render_markdown(
    report: Mapping[str, Any], rows: Iterable[Mapping[str, Any]] | None = None, budget: int = BUDGET
) -> str:
    """The report as Markdown; pure.

    Args:
        report: report.json.
        rows: the lines of results.jsonl, None where there is none.
        budget: bytes, at least :data:`LEAST`.
    """
    view = build_view(report, rows, limit=max(1, _LIMIT * budget // BUDGET))
    parts = [_head(view)]
    left_out = []
    room = budget - _size(parts[0]) - 1000
    for section in _worst_first(view):
        text = _section(section)
        if _size(text) <= room:
            parts.append(text)
            room -= _size(text)
        else:
            left_out.append(section.title)
    if left_out:
        parts.append(f"Left out for size: {'; '.join(left_out)}. See report.html.\n")
    return "\n".join(parts)


def _size(text: str) -> int:
    return len(text.encode()) + 1


def _worst_first(view: View) -> list[Section]:
    failed = {_SECTION_OF.get(check.name) for check in view.checks if check.status == "fail"}
    return sorted(view.sections, key=lambda section: section.id not in failed)


def _head(view: View) -> str:
    facts = "\n".join(f"- {safe(name)}: {safe(value)}" for name, value in view.facts)
    return f"# {safe(view.title)}\n\n{_strip(view.checks)}\n\n{facts}\n"


def _strip(found: Sequence[Check]) -> str:
    worst = sorted(found, key=lambda check: _WORST.index(check.status))
    rows = [f"| {_MARKS[check.status]} | {safe(check.name)} | {safe(check.detail)} |" for check in worst]
    return "\n".join(["| | check | |", "|---|---|---|", *rows])


def _section(section: Section) -> str:
    blocks = [_table(block) if isinstance(block, Table) else _findings(block) for block in section.blocks]
    return "\n".join([f"## {safe(section.title)}\n", safe(section.intro) + "\n", *blocks])


def _table(table: Table) -> str:
    title = f"### {safe(table.title)}\n\n"
    note = f"\n{safe(table.note)}\n" if table.note else ""
    if not table.rows:
        return f"{title}{safe(table.empty)}\n{note}"
    lines = [
        "| " + " | ".join(safe(column.name) for column in table.columns) + " |",
        "|" + "|".join("--:" if column.number else "---" for column in table.columns) + "|",
        *("| " + " | ".join(map(_cell, row)) + " |" for row in table.rows),
    ]
    return title + "\n".join(lines) + "\n" + note


def _cell(cell: Cell) -> str:
    text = f"**{safe(cell.text)}**" if cell.tone == "bad" else safe(cell.text)
    return f"{text} ({safe(cell.note)})" if cell.note else text


def _findings(findings: Findings) -> str:
    title = f"### {safe(findings.title)}\n\n"
    if not findings.items:
        return f"{title}{safe(findings.empty)}\n"
    lines = [_finding(item, findings.text_label) for item in findings.items]
    more = findings.total - len(findings.items)
    if more:
        lines.append(f"- … and {more:,} more")
    return title + "\n".join(lines) + "\n"


def _finding(item: Finding, label: str) -> str:
    parts = [f"- **{safe(item.reason)}** {safe(item.verdict)}"]
    parts += [safe(item.where)] if item.where else []
    parts += [f"{label}: {safe(item.text)}"] if item.text else []
    parts += [f"evidence: {safe(item.evidence)}"] if item.evidence else []
    return "; ".join(parts)
