"""Replacing in place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.recorder.edits import Replacement, edit_text, leak_in, parse, strings
from harness.recording.entry import PiiLabel

EMAIL = "jane.roe@corvalis-mail.co"


def escaped(text: str, which: list[bool]) -> str:
    """``text`` as a JSON string, some characters as escapes."""
    parts = []
    for char, hide in zip(text, which, strict=True):
        if hide:
            units = char.encode("utf-16-be", "surrogatepass")
            parts += [f"\\u{units[i]:02X}{units[i + 1]:02x}" for i in range(0, len(units), 2)]
        else:
            parts.append(json.dumps(char, ensure_ascii=False)[1:-1])
    return '"' + "".join(parts) + '"'


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, str, int, int, str]:
    text = draw(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
    start = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(start + 1, len(text)))
    hide = draw(st.lists(st.booleans(), min_size=len(text), max_size=len(text)))
    space = draw(st.sampled_from(["", " ", "\n\t"]))
    raw = f'{{{space}"k"{space}:{space}{escaped(text, hide)},"other":[1.0e1,"\\u0041"]{space}}}'
    return raw, text, start, end, draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=9))


@given(cases())
def test_only_the_span_changes(case: tuple[str, str, int, int, str]) -> None:
    """Whatever the escaping, every character outside the span stays, raw and decoded; the label is at the new text."""
    raw, text, start, end, new = case
    done = edit_text(raw, parse(raw), [Replacement("/k", start, end, new, "EMAIL", "s1")])
    assert json.loads(done.text)["k"] == text[:start] + new + text[end:]
    same = 0
    while same < min(len(raw), len(done.text)) and raw[same] == done.text[same]:
        same += 1
    tail = raw[raw.index(',"other"') :] if raw.count(',"other"') == 1 else "]}"[-1:]
    assert done.text.endswith(tail)
    assert done.places == {"/k": ((start, end, len(new)),)}
    for label in done.labels:
        assert json.loads(done.text)["k"][label.start : label.end] == new
    assert bool(done.labels) == bool(new)


def test_two_in_one_string() -> None:
    """Labels move by what stands before them; cuts keep their places; a secret gets no label."""
    raw = '{"a":"one two three","b":"tok"}'
    edits = [
        Replacement("/a", 8, 13, "3", "PHONE", "s2"),
        Replacement("/a", 0, 3, "first", "EMAIL", "s1"),
        Replacement("/b", 0, 3, "<secret>", "SECRET", ""),
    ]
    done = edit_text(raw, parse(raw), edits, cuts=[6, 20])
    assert done.text == '{"a":"first two 3","b":"<secret>"}'
    assert done.labels == (
        PiiLabel(type="EMAIL", start=0, end=5, id="s1", path="/a"),
        PiiLabel(type="PHONE", start=10, end=11, id="s2", path="/a"),
    )
    assert done.cuts == (6, 18)


def test_plain_text() -> None:
    """A text that is no JSON is edited as one string; without replacements nothing changes."""
    done = edit_text("call me", None, [Replacement("", 5, 7, "her", "PERSON", "s1")], cuts=[5])
    assert (done.text, done.cuts) == ("call her", (5,))
    assert edit_text("x", None, [], cuts=[1]).cuts == (1,)


def test_strings() -> None:
    """Values, keys and numbers can hold values; a text that is no JSON is one."""
    raw = '{"a":["x",12]}'
    assert sorted(strings(raw, parse(raw))) == [("/a#key", "a"), ("/a/0", "x"), ("/a/1", "12")]
    assert list(strings("}{", parse("}{"))) == [("", "}{")]


def never(_: str) -> bool:
    return False


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (json.dumps({"a": f"write to {EMAIL}"}), "EMAIL"),
        (json.dumps({EMAIL: 1}), "EMAIL"),
        ('{"a":4539148803436467}', "CREDIT_CARD"),
        (f"no json {EMAIL}", "EMAIL"),
        (f'broken {{"a":"{EMAIL}'.replace("@", "\\u0040"), "EMAIL"),
        ('broken {"a":"\\u0041', None),
        ("nothing", None),
        ('{"a":"jane@example.com"}', None),
    ],
)
def test_leaks(text: str, found: str | None) -> None:
    """The independent scan looks at every string, key and number, and through escapes of broken JSON."""
    assert leak_in(text, never) == found


def test_exempt_paths() -> None:
    """A path that holds an id is left out, in JSON."""
    assert leak_in(json.dumps({"id": EMAIL}), lambda path: path == "/id") is None
    assert leak_in(EMAIL, lambda _: True) == "EMAIL"


def test_own_surrogates() -> None:
    """A piece of our own surrogate is no leak; what stands beside it is."""
    piece = PiiLabel(type="EMAIL", start=0, end=14, id="s1", path="/a")
    value: dict[str, Any] = {"a": "abc@example.co there"}
    assert leak_in(json.dumps(value), never) == "EMAIL"
    assert leak_in(json.dumps(value), never, [piece]) is None
    assert leak_in(json.dumps({"a": f"abc@example.co {EMAIL}"}), never, [piece]) == "EMAIL"
