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
from harness.report.run import Crossing, Place, SessionResult
from harness.text.span import RedactedText

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=y>\u202e\x1b[31m`|*_[a](https://host.invalid)@team ::error::x\n=1+1"
"""Markup, quotes, bidi, escapes, Markdown, mentions, commands, formulas."""


ATTACKS = (
    "<script>pwned=1;alert(1)</script>",
    "</script><script>pwned=2</script>",
    "</ScRiPt ><svg/onload=pwned=3>",
    "<img src=x onerror=pwned=4>",
    "<img src=http://host.invalid/a.png>",
    "<iframe srcdoc='<script>parent.pwned=5</script>'></iframe>",
    "<a href=javascript:pwned=6>click</a>",
    "<style>@import 'http://host.invalid/x.css';*{display:none}</style>",
    "<meta http-equiv=refresh content='0;url=http://host.invalid'>",
    "<base href=http://host.invalid/><form action=/x><input autofocus onfocus=pwned=7>",
    "<!--data--><!-- --><![CDATA[x]]>",
    "]]><x:y xmlns:x='a'/>&lt;b&gt;&amp;#60;",
    "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/hostname'>]>&e;",
    "{{ 7*7 }}{% raw %}${pwned=8}`",
    "\x1b[31mred\x1b]0;title\x07\x1b[2J\x9b1m",
    "\u202egnp.exe\u2066\u2069\u200f\u061c",
    "\u200b\u2060\ufeff\U000e0041 zero width",
    "\u2028line\u2029\x85\x0b\x0c separators\r\n\n",
    "\ud800 lone \udfff halves",
    "\x00\x01\x08\ufffe\uffff nulls",
    '=HYPERLINK("http://host.invalid","x")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1+1)*cmd",
    "\t=1+1",
    "  =1+1",
    "'=1+1",
    '"=1+1,""',
    "%0a=1+1;|calc",
    "[x](javascript:pwned=9) ![y](http://host.invalid/z)",
    "[ref]: http://host.invalid\n[ref]",
    "# heading\n\n***\n> quote\n- list\n1. one\n    code\n```\nfence",
    "| a | b |\n|---|---|\n~~gone~~ `x` \\",
    "<http://host.invalid> www.host.invalid mail@host.invalid @team #12",
    "::error file=a.py,line=1::x",
    "\n::set-output name=x::y\n",
    "\n##[error]x\n##vso[task.setvariable variable=x]y",
    "::add-mask::x%0A::stop-commands::t",
    "javascript:pwned=10//data:text/html,<script>pwned=11</script>",
    "$(touch x) `touch x` ; touch x '\"",
)
"""What a transcript may hold: markup, scripts, escapes, bidi, halves of characters, formulas, Markdown, commands."""


def hostile_texts() -> list[str]:
    """Two hundred: each attack alone, behind words, behind a newline, before another, and inside a value."""
    texts = []
    for place, attack in enumerate(ATTACKS):
        other = ATTACKS[(place + 7) % len(ATTACKS)]
        texts += [attack, f"Well, {attack}", f"one\n{attack}", attack + other, f"a\"'>{attack}<b x=\"'"]
    return texts


def hostile_run() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """report.json and the rows of a run of 200 sessions, each with one hostile text in every place."""
    make = run_builders()
    run = make.make_run(
        *(_hostile_session(make, text, place) for place, text in enumerate(hostile_texts())), name=ATTACKS[0]
    )
    return build_report(run), list(result_rows(run))


def _hostile_session(make: ModuleType, text: str, place: int) -> SessionResult:
    name = text.replace("/", "-").replace("\0", "0")
    claim = ClaimVerdict(
        start=0, end=len(text), verdict="ungrounded", reason=text, score=0.1, evidence=RedactedText(text)
    )
    about: dict[str, Any] = {"conversation": f"{place}{text}", "reasons": (text,)}
    said = {"text": text, "speaker": text, text: text, "deep": [{text: [text]}], "is_final": False}
    outcomes = [
        make.make_outcome(
            1, event=text, payload=said, spans=(make.make_span(0, 1, type_=text, path=f"/{text}"),), **about
        ),
        make.make_outcome(2, payload=RedactedText(text), verdict="rejected", stage=text, pii_redacted=False, **about),
        make.make_summary(
            3,
            payload={"summary": text},
            spans=(),
            grounding=Grounding(verdict="ungrounded", band=text, score=0.1, claims=(claim,)),
            **about,
        ),
    ]
    live = [make.make_live(dataclasses.replace(outcome, reasons=(text + "2",))) for outcome in outcomes]
    label = make.make_label(
        "l", "span", seq=1, label=text, start=0, end=len(text), conversation=about["conversation"], path="/text"
    )
    crossings = [Crossing(2, 5, "out", text)]
    return make.make_session(  # type: ignore[no-any-return]
        outcomes,
        baseline=live,
        recording_id=f"{place}{text}",
        recording_path=f"{place}{name}",
        scenario=text,
        source=text,
        label_source=("scenario", text)[place % 2],
        labels=[label],
        problems=(text,),
        places={number: Place(2 + number, 10 * number) for number in (1, 2, 3)},
        crossings=crossings,
    )


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
