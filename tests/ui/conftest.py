"""A Chromium for the page's tests; where there is none, or no playwright, they are skipped and say why."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from harness.report.render.html import html_pieces


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"ui_{path.parent.name}_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def builders() -> ModuleType:
    """The builders of runs in tests/report/conftest.py."""
    return _module(Path(__file__).parents[1] / "report" / "conftest.py")


@pytest.fixture(scope="session")
def hostile_run() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """report.json and rows of two hundred hostile conversations."""
    found: tuple[dict[str, Any], list[dict[str, Any]]] = _module(
        Path(__file__).parents[1] / "report" / "render" / "conftest.py"
    ).hostile_run()
    return found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser of playwright's, driven by Debian's chromium or the one HARNESS_CHROMIUM names.

    Not for the whole session: while it lives an event loop runs in this thread, and asyncio.run refuses.
    """
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra: browser)")
    path = os.environ.get("HARNESS_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("there is no chromium on this machine")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class Watched:
    """A page of a report, and everything it did that it should not."""

    def __init__(self, page: Any, file: Path) -> None:
        self.page = page
        self.trouble: list[str] = []
        page.on("request", self._request)
        page.on("dialog", self._dialog)
        page.on("pageerror", lambda error: self.trouble.append(f"error: {error}"))
        page.on("console", lambda message: self.trouble.append(f"console: {message.text}"))
        page.on("popup", lambda _: self.trouble.append("popup"))
        self.address = file.as_uri()
        page.goto(self.address)
        page.wait_for_selector("html[data-ready]", state="attached", timeout=120_000)

    def _request(self, request: Any) -> None:
        if request.url.partition("#")[0] != self.address:
            self.trouble.append(f"request: {request.url[:80]}")

    def _dialog(self, dialog: Any) -> None:
        self.trouble.append("dialog")
        dialog.dismiss()


@pytest.fixture
def visit(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Watched]]:
    """Opens a report: ``visit(report, rows, **context)``."""
    contexts = []

    def opened(report: dict[str, Any], rows: Any, flips: Any = None, **options: Any) -> Watched:
        file = tmp_path / "report.html"
        with file.open("w", encoding="utf-8") as out:
            out.writelines(html_pieces(report, rows, flips))
        context = chromium.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
        contexts.append(context)
        return Watched(context.new_page(), file)

    yield opened
    for context in contexts:
        context.close()
