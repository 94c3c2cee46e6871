"""The hallucination check beside token_overlap."""

from __future__ import annotations

from types import SimpleNamespace

from harness.report.compare import side_of
from harness.report.model import build_report
from harness.report.overlap import compare_with_overlap
from harness.report.results import result_rows


def test_both_are_judged(make: SimpleNamespace) -> None:
    """The old rule calls a false summary in the words of the conversation grounded; the run does not."""
    said = "customer called from [phone_redacted]. a refund of 40 dollars was agreed."
    utterance = make.outcome(1, payload={"type": "utterance", "seq": 1, "text": said})
    session = make.session([utterance, make.summary(4), make.summary(5, seq=4)])
    run = make.run(session)
    found = compare_with_overlap(side_of(build_report(run)), result_rows(run))
    (row,) = found["figures"]
    assert (row["before"], row["after"], row["n"], row["better"]) == (0, 1, 1, 1)
    assert found["verdict"] == "inconclusive"
    assert found["balanced_accuracy"]["scenario"]["before"] == "n/a"
    assert found["left_out"] == 0


def test_rows_that_are_not_there(make: SimpleNamespace) -> None:
    """A labelled summary without a row is left out and counted; without any nothing can be said."""
    found = compare_with_overlap(side_of(build_report(make.run())), [])
    assert (found["figures"], found["verdict"], found["left_out"]) == ([], "inconclusive", 1)


def test_balanced(make: SimpleNamespace) -> None:
    """With summaries of both labels both rules have a balanced accuracy."""
    labels = list(make.session().labels)
    good = make.label("c:l9", "sentence", seq=6, path="/summary", start=0, end=9, label="ok", verdict="grounded")
    grounded = make.summary(6).grounding
    outcomes = [*make.session().outcomes, make.summary(6, grounding=grounded)]
    run = make.run(make.session(outcomes, labels=[*labels, good]))
    found = compare_with_overlap(side_of(build_report(run)), result_rows(run))
    assert found["balanced_accuracy"]["scenario"] == {"before": 0.5, "after": 0.5, "n": 2}
