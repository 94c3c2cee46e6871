"""A report whose every text is hostile."""

from __future__ import annotations

import dataclasses
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from harness.pipeline.outcome import ClaimVerdict, Grounding
from harness.report.model import build_report
from harness.report.results import result_rows
from harness.text.span import RedactedText

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=y>\u202e\x1b[31m`|*_[a](https://host.invalid)@team ::error::x\n=1+1"
"""Markup, quotes, bidi, escapes, Markdown, mentions, commands, formulas."""


def run_builders() -> ModuleType:
    """The builders of tests/report/conftest.py, for module-level use."""
    path = Path(__file__).parents[1] / "conftest.py"
    spec = importlib.util.spec_from_file_location("report_builders", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def hostile() -> tuple[dict[str, Any], list[dict[str, Any]], str]:
    """report.json, rows of results.jsonl, and the text that stands in every place."""
    make = run_builders()
    claim = ClaimVerdict(
        start=0, end=len(HOSTILE), verdict="ungrounded", reason=HOSTILE, score=0.1, evidence=RedactedText(HOSTILE)
    )
    outcome = make.make_summary(
        1,
        conversation=HOSTILE,
        event=HOSTILE,
        reasons=(HOSTILE,),
        spans=(),
        payload={"summary": HOSTILE},
        grounding=Grounding(verdict="ungrounded", band=HOSTILE, score=0.1, claims=(claim,)),
    )
    live = make.make_live(dataclasses.replace(outcome, reasons=(HOSTILE + "2",)))
    session = make.make_session(
        [outcome],
        baseline=[live],
        recording_id=HOSTILE,
        recording_path=HOSTILE.replace("/", "-"),
        scenario=HOSTILE,
        source=HOSTILE,
        label_source=HOSTILE,
        labels=[make.make_label("l", "span", label=HOSTILE, start=0, end=3, conversation=HOSTILE)],
        problems=(HOSTILE,),
    )
    run = make.make_run(session, name=HOSTILE, tool=HOSTILE, policy_digest={HOSTILE: HOSTILE})
    return build_report(run), list(result_rows(run)), HOSTILE
