"""report.html: self-contained, inert, complete."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest

from harness.report.model import build_report
from harness.report.render.html import _script, render_html
from harness.report.results import result_rows

VOID = {"meta", "br", "rect", "circle", "img", "link", "input"}


class Page(HTMLParser):
    """Collects tags, attributes and text; checks that tags close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def page(make: SimpleNamespace) -> str:
    run = make.run()
    return render_html(build_report(run), list(result_rows(run)))


def test_well_formed(page: str) -> None:
    """Every tag is closed in order, ids are unique, every link of the overview leads to one."""
    found = Page(page)
    assert found.open == []
    ids = [value for _, name, value in found.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    links = {value for _, name, value in found.attributes if name == "href"}
    assert links - {"#c"} <= {f"#{id_}" for id_ in ids} and "#redaction" in links


def test_self_contained(page: str) -> None:
    """No external request, no inline style or handler; style and script are the page's own, allowed by their hashes."""
    found = Page(page)
    assert not {"link", "img", "iframe", "object", "form"} & set(found.tags)
    assert not [name for _, name, _ in found.attributes if name in ("src", "style", "srcset") or name.startswith("on")]
    assert "url(" not in page and "@import" not in page
    assert set(re.findall(r"https?://[^\s\"']+", page)) == {"http://www.w3.org/2000/svg"}
    for tag, source in (("style", "style-src"), ("script", "script-src")):
        own = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        policy = re.search(rf"{source} 'sha256-([^']+)'", page)
        assert own is not None and policy is not None
        assert base64.b64decode(policy[1]) == hashlib.sha256(own[1].encode()).digest()
    for rule in ("default-src 'none'", "trusted-types 'none'", "require-trusted-types-for 'script'"):
        assert rule in page
    assert "unsafe" not in page


def test_the_script_makes_no_markup_of_strings() -> None:
    """Nothing that parses or runs a string stands in the page's scripts."""
    words = (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "srcdoc",
        "fetch(",
    )
    assert [word for word in words if word in _script()] == []


def test_says_it_all(page: str) -> None:
    """Figures, reasons, redacted words, evidence and terms are on the page."""
    text = Page(page).text
    for words in (
        "Mediation report: demo",
        "A refund of 90 dollars was agreed.",
        "A refund of 40 dollars is fine.",
        "unsupported_number",
        "not_json",
        "25 samples; 1,000 are needed",
        "telco-outage.rec.jsonl",
        "Balanced accuracy",
        "PERSON",
    ):
        assert words in text


def test_hostile_text_is_inert(hostile: tuple[dict[str, Any], list[dict[str, Any]], str]) -> None:
    """Markup from a transcript is text; hidden characters are escapes."""
    report, rows, _ = hostile
    page = render_html(report, rows)
    found = Page(page)
    assert "img" not in found.tags
    scripts = [value for tag, name, value in found.attributes if tag == "script" and name == "id"]
    assert found.tags.count("script") == len(scripts) + 1
    assert "<script>alert(1)</script>" in found.text
    assert not [c for c in page if c in "\u202e\x1b"]
    assert {name for _, name, _ in found.attributes if name.startswith("on")} == set()


def test_without_results(make: SimpleNamespace) -> None:
    """Without results.jsonl the lists say why they are empty."""
    text = Page(render_html(build_report(make.run()))).text
    assert "The lists need results.jsonl" in text


def test_long_lists_are_cut(make: SimpleNamespace) -> None:
    """More than 100 findings or sessions are counted, not shown."""
    outcomes = [make.summary(i) for i in range(1, 102)]
    run = make.run(make.session(outcomes, baseline=None, labels=()))
    text = Page(render_html(build_report(run), list(result_rows(run)))).text
    assert text.count("1 more in results.jsonl.") == 2
