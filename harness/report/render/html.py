"""``report.html``: one file that opens offline and asks nobody for anything.

1. No external request. A strict Content-Security-Policy allows the page's own style and its one script, by their hashes,
   and forbids, by Trusted Types, that a string ever becomes markup.
2. Everything is escaped (autoescape), and hidden characters are shown as escapes: see ``escape.py``. What the script
   shows it shows as text, with the same escapes (``page/text.js``).
3. State is never told by colour alone: every tile and mark has its word or its sign.
4. The overview needs no script. The conversations are data (``explorer.py``), compressed, read when looked at.
5. The page is made piece by piece: what is held of the rows is what ``explorer.py`` says.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from harness.report.render.escape import visible
from harness.report.render.explorer import Explorer, packed
from harness.report.render.sections import build_view
from harness.report.render.view import Table

__all__ = ["html_pieces", "render_html"]

_LIMIT = 100
_PACKAGE = "harness.report.render"
_STYLES = ("report.css", "explorer.css")
_SCRIPTS = ("text.js", "data.js", "list.js", "words.js", "conversation.js", "main.js")
_DATA = "<!--data-->"
"""Where the data goes; no text can hold it, for every < is escaped."""


def render_html(report: Mapping[str, Any], rows: Iterable[Mapping[str, Any]] | None = None) -> str:
    """The report as one HTML page; pure. See :func:`html_pieces`."""
    return "".join(html_pieces(report, rows))


def html_pieces(
    report: Mapping[str, Any],
    rows: Iterable[Mapping[str, Any]] | None = None,
    flips: Sequence[Mapping[str, Any]] | None = None,
) -> Iterator[str]:
    """The page, piece by piece.

    Args:
        report: report.json.
        rows: the lines of results.jsonl, None where there is none; gone through several times.
        flips: what an earlier run made otherwise (``report/flips.py``): the page of a comparison; None = of one run.
    """
    if flips is not None and rows is not None:
        rows = _Flipped(rows, flips)
    style, script = "\n".join(map(_read, _STYLES)), _script()
    page = _template().render(
        view=build_view(report, rows, limit=_LIMIT, flips=flips),
        rows=rows is not None,
        style=Markup(style),  # noqa: S704 - the page's own style
        style_hash=_hash(style),
        script=Markup(script),  # noqa: S704 - the page's own script
        script_hash=_hash(script),
        data=Markup(_DATA),  # noqa: S704 - a mark of ours
    )
    head, _, tail = page.partition(_DATA)
    yield head
    if rows is not None:
        yield from _data(report, rows)
        yield tail


class _Flipped:
    """Rows with what the earlier run made of them, read anew by every iteration."""

    def __init__(self, rows: Iterable[Mapping[str, Any]], flips: Iterable[Mapping[str, Any]]) -> None:
        self._rows = rows
        self._flips = {(flip["session"], flip["number"]): flip for flip in flips}

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        for row in self._rows:
            flip = self._flips.get((row["session"], row["number"]))
            yield row if flip is None else {**row, "flip": flip}


def _data(report: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Blocks of data: a browser neither runs nor shows them."""
    explorer = Explorer(rows)
    for number, chunk in enumerate(explorer.chunks()):
        yield _block(f"chunk-{number}", chunk)
    yield _block("index", packed(explorer.index() | {"latency": report["measurements"].get("by_session", {})}))


def _block(id_: str, text: str) -> str:
    return f'<script type="application/gzip;base64" id="{id_}">{text}</script>\n'


@functools.cache
def _script() -> str:
    parts = "\n".join(map(_read, _SCRIPTS))
    return f'(() => {{\n"use strict";\n{parts}}})();'


@functools.cache
def _template() -> Template:
    environment = Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.tests["table"] = lambda block: isinstance(block, Table)
    return environment.get_template("report.html.j2")


def _shown(value: Any) -> Any:
    """Rule 2, for every value the template prints; the page's own markup passes."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@functools.cache
def _read(name: str) -> str:
    return resources.files(_PACKAGE).joinpath("page", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """The hash as CSP wants it (https://www.w3.org/TR/CSP3/#grammardef-hash-source)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
