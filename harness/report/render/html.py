"""``report.html``: one file that opens offline and asks nobody for anything.

1. No script, no external request; a strict Content-Security-Policy allows only the page's own style, by its hash.
2. Everything is escaped (autoescape), and hidden characters are shown as escapes: see ``escape.py``.
3. State is never told by colour alone: every tile and mark has its word.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from harness.report.render.escape import visible
from harness.report.render.sections import build_view
from harness.report.render.view import Table

__all__ = ["render_html"]

_LIMIT = 500
_PACKAGE = "harness.report.render"


def render_html(report: Mapping[str, Any], rows: Sequence[Mapping[str, Any]] | None = None) -> str:
    """The report as one HTML page; pure.

    Args:
        report: report.json.
        rows: the lines of results.jsonl, None where there is none.
    """
    style = _read("report.css")
    return _template().render(
        view=build_view(report, rows, limit=_LIMIT),
        style=Markup(style),  # noqa: S704 - the page's own style
        style_hash=_hash(style),
    )


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


def _read(name: str) -> str:
    return resources.files(_PACKAGE).joinpath(name).read_text(encoding="utf-8")


def _hash(style: str) -> str:
    """The style's hash as CSP wants it (https://www.w3.org/TR/CSP3/#grammardef-hash-source)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
