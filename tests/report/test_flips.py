"""Which messages flipped, and why."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import pytest

from harness.report.digest import digest_of
from harness.report.flips import flips, word_diff
from harness.report.results import result_rows


def test_none(make: SimpleNamespace) -> None:
    """The same run has no flips."""
    rows = list(result_rows(make.run()))
    assert list(flips(rows, rows)) == []


def test_why(make: SimpleNamespace) -> None:
    """A lost span names its rule, its place and the words; a changed verdict its reasons."""
    before = make.session()
    payload = {"type": "utterance", "seq": 1, "text": "call me on 0123 or so"}
    old = dataclasses.replace(before.outcomes[0], payload={**payload, "text": "call me on [PHONE_REDACTED] or so"})
    new = dataclasses.replace(
        old, spans=(), payload=payload, digest=digest_of(payload), verdict="rejected", reasons=("x",)
    )
    one, two = ([outcome, *before.outcomes[1:]] for outcome in (old, new))
    (flip,) = flips(result_rows(make.run(make.session(one))), result_rows(make.run(make.session(two))))
    assert (flip["number"], flip["side"], flip["verdict"]) == (1, "both", ["accepted", "rejected"])
    assert flip["rules"] == {"before": ["phone.basic"], "after": []}
    assert flip["reasons"] == {"before": [], "after": ["x"]}
    assert flip["spans_lost"] == [{"path": "/text", "start": 10, "end": 22, "type": "PHONE", "rule": "phone.basic"}]
    assert flip["words"] == [
        {"path": "/text", "diff": [("=", "call me on"), ("-", "[PHONE_REDACTED]"), ("+", "0123"), ("=", "or so")]}
    ]


def test_one_side_only(make: SimpleNamespace) -> None:
    """A message of one run only is a flip of that side."""
    few, all_ = make.session(make.session().outcomes[:4]), make.session()
    few_rows, all_rows = list(result_rows(make.run(few))), list(result_rows(make.run(all_)))
    assert [(flip["number"], flip["side"]) for flip in flips(few_rows, all_rows)] == [(5, "after")]
    assert [(flip["number"], flip["side"]) for flip in flips(all_rows, few_rows)] == [(5, "before")]


@pytest.mark.parametrize(
    "old,new,diff",
    [
        ("a b", "a c", [("=", "a"), ("-", "b"), ("+", "c")]),
        ("", "a", [("+", "a")]),
        ("a", "", [("-", "a")]),
        ("1 2 3 4 5 6 7 x", "1 2 3 4 5 6 7 y", [("=", "… 5 6 7"), ("-", "x"), ("+", "y")]),
        (
            "x 1 2 3 4 5 6 7 x",
            "y 1 2 3 4 5 6 7 y",
            [("-", "x"), ("+", "y"), ("=", "1 2 3 … 5 6 7"), ("-", "x"), ("+", "y")],
        ),
        ("x 1 2 3 4 5", "1 2 3 4 5", [("-", "x"), ("=", "1 2 3 …")]),
    ],
)
def test_word_diff(old: str, new: str, diff: list[tuple[str, str]]) -> None:
    """Three words stay on either side of a change."""
    assert word_diff(old, new) == diff
