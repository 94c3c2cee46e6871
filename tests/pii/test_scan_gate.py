"""The scan's gate: what it says is not there, the scan's patterns do not find."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.pii import scan, scan_spoken
from harness.pii.scan_gate import is_quiet, may_be_heard, may_be_written, words_of

WORDS = (
    "password Passwd pwd PASSPHRASE bearer key token keys monkey zero Oh one two nine double ten tenth twenty seventy "
    "plenty ty party dot at attic a.b x.co router : :a: 5 @ _ one_two ninety9 sixty. \n \t é ſix"
).split(" ")
texts = st.lists(st.sampled_from(WORDS) | st.text("aety:._@ 7\n", max_size=6), max_size=8).map(" ".join)


@given(texts | st.lists(st.sampled_from(WORDS), max_size=8).map("".join) | st.text(st.characters(max_codepoint=127)))
def test_what_the_gate_rules_out_is_not_there(text: str) -> None:
    """False is a proof, for both patterns."""
    if not text.isascii():
        return
    words = words_of(text)
    assert may_be_written(text, words) or not scan._WRITTEN.search(text)
    assert may_be_heard(text, words) or not scan._HEARD.search(text)


@given(st.lists(texts | st.sampled_from(["", "%6f%6e%65", "a%20b", "one%BBtwo"]), max_size=4))
def test_where_all_is_quiet_there_is_no_leak(lines: list[str]) -> None:
    """In no line by itself, and not in all of them."""
    text = "\n".join(lines)
    if is_quiet(text):
        assert [scan.leaks(line) for line in (*lines, text)] == [[]] * (len(lines) + 1)
        if "%" not in text:
            assert not may_be_written(text, words_of(text))
            assert not may_be_heard(text, words_of(text))


@given(
    st.lists(st.sampled_from([*scan_spoken._WORDS.split("|")[:-1], "the", "and", "plus"]), min_size=1, max_size=5).map(
        " ".join
    )
)
def test_where_no_row_may_be_there_is_none(text: str) -> None:
    """Every word that a row of number words may be made of is known here."""
    if is_quiet(text, rows=True):
        assert not scan_spoken._ROW.search(text)
        assert not set(text.split()) - {"the", "and", "plus"}


def test_ordinary_talk_is_quiet() -> None:
    """Otherwise the law above says nothing."""
    assert is_quiet("the router was replaced yesterday.\nall is well")
    assert is_quiet("the first of eleven")
    assert not is_quiet("the first of eleven", rows=True)
    assert not any(map(is_quiet, ["call 5", "é", "50%", "at home.", "a party of plenty", "My PASSWORD", "a:b:c"]))


@pytest.mark.parametrize(
    "text, written, heard",
    [
        ("the router was replaced yesterday", False, False),
        ("a party of plenty", False, True),
        ("the warranty", False, False),
        ("My PASSWORD", True, False),
        ("monkeys", False, False),
        ("call 5", True, False),
        ("ann@x", True, False),
        (":smile:", True, False),
        ("one: or two", False, True),
        ("ann at x.co", False, True),
        ("at home", False, False),
    ],
)
def test_where_it_looks(text: str, written: bool, heard: bool) -> None:
    """Plain words are ruled out; whatever may begin a value is looked at."""
    words = words_of(text)
    assert (may_be_written(text, words), may_be_heard(text, words)) == (written, heard)
