"""Cuts and counts of summaries."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.scenario.steps import Summary
from harness.scenario.summaries import cuts, tokens_of


@pytest.mark.parametrize("text,tokens", [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("ä€", 2)])
def test_tokens_are_bytes_by_four(text: str, tokens: int) -> None:
    """UTF-8 bytes, rounded up."""
    assert tokens_of(text) == tokens


@given(st.integers(1, 500), st.integers(0, 2**32))
def test_cuts_cover_everything_once(length: int, seed: int) -> None:
    """Pieces follow each other without a hole, none is empty."""
    summary = Summary.model_validate({"at": 0, "deliver": "deltas", "sentences": [{"text": "x" * length}]})
    found = cuts(summary, length, random.Random(seed))
    assert "".join("x" * (end - start) for start, end in found) == "x" * length
    assert all(start < end for start, end in found)
    assert [start for start, _ in found[1:]] == [end for _, end in found[:-1]]
