"""Two hundred hostile transcripts: nothing in any view is more than text."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from harness.report.render.csv import csv_pieces
from harness.report.render.junit import CHECKS
from harness.report.write import VIEWS, render

Run = tuple[dict[str, Any], list[dict[str, Any]]]


def helpers() -> ModuleType:
    """The conftest beside this file, for module-level use."""
    spec = importlib.util.spec_from_file_location("hostile_helpers", Path(__file__).parent / "conftest.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def run() -> Run:
    found: Run = helpers().hostile_run()
    return found


@pytest.fixture(scope="module")
def views(run: Run) -> dict[str, str]:
    return {form: render(*run, form) for form in VIEWS}


def hidden(text: str) -> set[str]:
    return {c for c in set(text) if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}


def test_there_are_two_hundred(views: dict[str, str], figure: Callable[[str, object], None]) -> None:
    """Each of another text; what the tests below find active in a view fails them."""
    texts = helpers().hostile_texts()
    assert len(texts) == len(set(texts)) == 200
    figure("hostile transcripts in views that were searched", f"{len(texts)} in {', '.join(sorted(views))}")


@pytest.mark.parametrize("form", VIEWS)
def test_nothing_hidden_is_left(views: dict[str, str], form: str) -> None:
    """No control, bidi, zero-width or half character stands in a view, and no line is a command of a CI service."""
    assert hidden(views[form]) <= {"\n", "\r"}
    views[form].encode()
    page = views[form].replace("\r\n", "\n")
    assert "\r" not in page
    if form != "html":
        assert [line for line in page.split("\n") if re.match(r"\s*(::|##\[|##vso)", line)] == []


def test_markdown(views: dict[str, str]) -> None:
    """A CommonMark reader with HTML allowed finds no markup, link, image, code or heading but ours."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(views["md"])
    kinds = {token.type for token in tokens} | {c.type for token in tokens for c in token.children or ()}
    assert not kinds & {
        "html_block",
        "html_inline",
        "link_open",
        "image",
        "code_inline",
        "fence",
        "code_block",
        "s_open",
    }
    assert not kinds & {"hr", "blockquote_open", "ordered_list_open", "softbreak_html"}
    assert not re.search(r"(?<![\\\w&;])@\w", views["md"])


def test_csv(views: dict[str, str], run: Run) -> None:
    """No cell is a formula, and every row is one line of as many cells."""
    table = list(csv.reader(io.StringIO(views["csv"], newline="")))
    assert len(table) == len(run[1]) + 1 == 601
    assert {len(line) for line in table} == {len(table[0])}
    assert [cell for line in table for cell in line if re.match(r"\s*[=+\-@\t\r|%]", cell)] == []
    assert views["csv"].count("\n") == 601


def test_junit(views: dict[str, str]) -> None:
    """It is XML of our elements only, with a case per recording and check, and those of the corpus."""
    root = ET.fromstring(views["junit"])
    assert {element.tag for element in root.iter()} <= {
        *("testsuites", "testsuite", "testcase", "failure", "skipped", "system-out"),
    }
    assert len(root.findall("testsuite")) == 200 + 1
    assert len(root.findall("testsuite/testcase")) == 200 * len(CHECKS) + 5
    assert int(root.attrib["failures"]) == len(root.findall(".//failure")) > 0


def test_sarif(views: dict[str, str]) -> None:
    """It is ASCII, its messages hold no link, and no place leads out of the folder."""
    found = json.loads(views["sarif"])["runs"][0]["results"]
    assert views["sarif"].isascii() and len(found) > 400
    assert [result for result in found if re.search(r"[\[\]{}]", result["message"]["text"])] == []
    places = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in found}
    assert len(places) == 200 and not [place for place in places if re.search(r"[/\\:]", place)]


def test_json(views: dict[str, str]) -> None:
    """Nothing but ASCII."""
    assert views["json"].isascii()


@given(st.text(min_size=1))
def test_no_cell_is_ever_a_formula(text: str) -> None:
    """Whatever a reason says, its cell is one cell of one line, and no formula."""
    row = {
        **dict.fromkeys(("file", "session", "conversation", "event", "verdict", "stage", "digest", "labels"), text),
        "line": 1,
        "number": 1,
        "seq": None,
        "reasons": [text],
        "spans": [{"type": text, "rule": text}],
        "missed": [],
        "grounding": None,
        "provisional": False,
        "parity": None,
        "pii_redacted": True,
        "budget": None,
    }
    text = "".join(csv_pieces([row]))
    table = list(csv.reader(io.StringIO(text, newline="")))
    assert len(table) == 2 and len(table[1]) == len(table[0])
    assert [cell for cell in table[1] if re.match(r"\s*[=+\-@]", cell)] == []
    assert hidden(text) <= {"\r", "\n"} and text.count("\n") == 2
