"""The accuracy part of the page: redaction, grounding, validation, each per label source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.metrics.missing import NA
from harness.report.render.view import Cell, Column, Section, Table, count, share

__all__ = ["grounding_section", "redaction_section", "schema_section"]


def _sources(accuracy: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [] if accuracy["label_source"] == NA else [accuracy, *accuracy.get("other_sources", [])]


def _absent(accuracy: Mapping[str, Any], part: str, words: str) -> str:
    return words if accuracy[part] != NA else f"Not measured: {accuracy['why'][part]}."


def redaction_section(accuracy: Mapping[str, Any]) -> Section:
    names = ("n", "found", "missed", "false", "precision", "recall", "F1", "F2", "characters in clear")
    tables = [
        Table(
            title=f"By type, labels: {table['label_source']}",
            columns=[Column("type", False), *map(Column, names)],
            rows=[_redaction_row(type_, row) for type_, row in table["redaction"].items()],
            empty="No personal data is labelled and none was found.",
        )
        for table in [*_sources(accuracy), *([accuracy["as_detected"]] if "as_detected" in accuracy else [])]
    ]
    words = (
        "What was replaced, measured against labels. A type that no rule covers yet stands here with recall 0. "
        "Small figures are 95 % intervals."
    )
    return Section(id="redaction", title="Redaction", intro=_absent(accuracy, "redaction", words), blocks=tables)


def _redaction_row(type_: str, row: Mapping[str, Any]) -> list[Cell]:
    leaked = f"{row['chars_leaked']:,} of {row['chars']:,}"
    return [
        Cell(text=type_),
        count(row["n"]),
        count(row["tp"]),
        count(row["fn"], bad=True),
        count(row["fp"], bad=True),
        *(share(row, name) for name in ("precision", "recall", "f1", "f2")),
        Cell(text=leaked, tone="bad" if row["chars_leaked"] else ""),
    ]


def grounding_section(accuracy: Mapping[str, Any]) -> Section:
    blocks: list[Table] = []
    for table in _sources(accuracy):
        figures = table["grounding"]
        blocks += [_grounding_table(table["label_source"], figures), _reasons_table(figures)]
    words = "What the hallucination check said, measured against labels. Positive = hallucinated."
    return Section(id="grounding", title="Grounding", intro=_absent(accuracy, "grounding", words), blocks=blocks)


def _grounding_table(source: str, figures: Mapping[str, Any]) -> Table:
    names = (
        "n",
        "unjudged",
        "caught",
        "missed",
        "false alarms",
        "left alone",
        "sensitivity",
        "specificity",
        "balanced accuracy",
        "AUROC",
    )
    rows = [
        [Cell(text=what), *_grounding_row(part)]
        for what, part in (("sentences", figures), ("whole summaries", figures["summaries"]))
    ]
    return Table(title=f"Verdicts, labels: {source}", columns=[Column("unit", False), *map(Column, names)], rows=rows)


def _grounding_row(figures: Mapping[str, Any]) -> list[Cell]:
    table = figures["confusion"]
    return [
        count(figures["n"]),
        count(figures["unjudged"], bad=True),
        count(table["tp"]),
        count(table["fn"], bad=True),
        count(table["fp"], bad=True),
        count(table["tn"]),
        *(share(figures, name) for name in ("sensitivity", "specificity", "balanced_accuracy", "auroc")),
    ]


def _reasons_table(figures: Mapping[str, Any]) -> Table:
    rows = [
        [Cell(text=label), Cell(text=reason), count(row["n"]), count(row["right"]), share(row, "rate")]
        for label, reasons in figures["by_reason"].items()
        for reason, row in reasons.items()
    ]
    columns = [Column("label", False), Column("reason", False), Column("n"), Column("right"), Column("share right")]
    return Table(title="Sentences by labelled reason", columns=columns, rows=rows, empty="No sentence was judged.")


def schema_section(accuracy: Mapping[str, Any]) -> Section:
    blocks: list[Table] = []
    for table in _sources(accuracy):
        figures = table["schema"]
        blocks += [_schema_table(table["label_source"], figures), _expected_table(figures)]
    words = "Was the bad refused, for the right reason, and nothing else?"
    return Section(id="schema", title="Validation", intro=_absent(accuracy, "schema", words), blocks=blocks)


def _schema_table(source: str, figures: Mapping[str, Any]) -> Table:
    names = ("messages", "to be refused", "refused rightly", "other reason", "missed", "refused wrongly", "right")
    row = [
        count(figures["n"]),
        count(figures["expected"]),
        count(figures["hit"]),
        *(count(figures[name], bad=True) for name in ("other_reason", "missed", "unexpected")),
        share(figures, "rate"),
    ]
    return Table(title=f"Decisions, labels: {source}", columns=list(map(Column, names)), rows=[row])


def _expected_table(figures: Mapping[str, Any]) -> Table:
    rows = [
        [
            Cell(text=reason),
            count(row["n"]),
            count(row["hit"]),
            count(row["other_reason"], bad=True),
            count(row["missed"], bad=True),
        ]
        for reason, row in figures["by_reason"].items()
    ]
    names = ("n", "refused rightly", "other reason", "missed")
    columns = [Column("expected reason", False), *map(Column, names)]
    return Table(title="By expected reason", columns=columns, rows=rows, empty="No message is labelled to be refused.")
