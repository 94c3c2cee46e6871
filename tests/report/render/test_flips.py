"""The flips on the page of a comparison."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

from harness.report.flips import flips
from harness.report.model import build_report
from harness.report.render.explorer import Explorer, facets_of, flip_names
from harness.report.render.flips import flips_section
from harness.report.render.html import html_pieces
from harness.report.render.view import Findings, Table
from harness.report.results import result_rows


def two_runs(make: SimpleNamespace) -> tuple[list[Any], list[Any], Any]:
    """Rows before, rows after, and the run after: a value that is not replaced any more, and a message that is gone."""
    before = make.session()
    first = before.outcomes[0]
    new = dataclasses.replace(
        first, spans=(), payload={**first.payload, "text": "call me <b>now</b>"}, digest="sha256:other"
    )
    after = dataclasses.replace(before, outcomes=[new, *before.outcomes[1:-1]])
    run = make.run(after)
    return list(result_rows(make.run(before))), list(result_rows(run)), run


def test_the_section(make: SimpleNamespace) -> None:
    """Kinds with their counts, then each message with what decided and the words; a message that is gone has no link."""
    before, after, _ = two_runs(make)
    found = list(flips(before, after))
    kinds, messages = flips_section(found, 20).blocks
    assert isinstance(kinds, Table) and isinstance(messages, Findings)
    assert [row[0].text for row in kinds.rows] == ["only in the run before", "rule gone: phone.basic"]
    changed, gone = messages.items
    assert changed.link.startswith("#c/rec-1/") and "rule gone: phone.basic" in changed.reason
    assert "+[" in changed.text and "<b>now</b>" in changed.text
    assert (gone.link, gone.reason, messages.total) == ("", "only in the run before", 2)
    assert flips_section([], 20).blocks[0].empty == "Nothing flipped."


def test_names() -> None:
    """A changed verdict, rules and reasons of one side, else what else differs."""
    none: dict[str, list[str]] = {"before": [], "after": []}
    flip: dict[str, Any] = {"side": "both", "verdict": ["accepted", "rejected"], "rules": none, "words": []}
    assert flip_names({**flip, "reasons": {"before": [], "after": ["schema:text"]}}) == [
        "accepted → rejected",
        "reason new: schema:text",
    ]
    same = {**flip, "verdict": ["accepted", "accepted"], "reasons": none}
    assert flip_names(same) == ["other places"]
    assert flip_names({**same, "words": [{"path": "/text", "diff": []}]}) == ["other words"]
    assert flip_names(None) == []


def test_a_facet_and_a_problem(make: SimpleNamespace) -> None:
    """A flipped message is a problem, found by what decided; its words are with it. Other messages are as before."""
    before, after, run = two_runs(make)
    (flip, _) = flips(before, after)
    flipped = {**after[0], "flip": flip}
    assert {("check", "flipped"), ("flips", "rule gone: phone.basic")} <= set(facets_of(flipped))
    assert not [facet for facet in facets_of(after[1]) if facet[0] == "flips" or facet[1] == "flipped"]
    report = build_report(run)
    with_flips = "".join(html_pieces(report, after, [flip]))
    assert 'id="flips"' in with_flips and "<b>now" not in with_flips
    assert 'id="flips"' not in "".join(html_pieces(report, after))
    assert len(list(Explorer([flipped, *after[1:]]).chunks())) == 1
