"""Pictures of a report in Chromium: ``python tests/ui/screenshot.py reports/demo/report.html reports/golden/report.png``.

The picture shows a conversation with problems, values missed and claims flagged; ``--overview`` shows the first page, ``--dark`` and ``--width`` the
other ways to see it. Without playwright or chromium it says so and leaves the old picture.
"""

from __future__ import annotations

import argparse
import importlib
import shutil
import sys
from pathlib import Path

_TRIED = 8


def main() -> int:
    """Take the picture; 0 also where there is no browser."""
    parser = argparse.ArgumentParser(description="A picture of a report.")
    parser.add_argument("report", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--overview", action="store_true")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--width", type=int, default=1440)
    options = parser.parse_args()
    try:
        api = importlib.import_module("playwright.sync_api")
    except ImportError:
        api = None
    chromium = shutil.which("chromium")
    if api is None or chromium is None:
        print("screenshot: needs playwright and chromium; the picture stays as it is", file=sys.stderr)
        return 0
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        scheme = "dark" if options.dark else "light"
        page = browser.new_page(viewport={"width": options.width, "height": 900}, color_scheme=scheme)
        page.goto(options.report.resolve().as_uri())
        page.wait_for_selector("html[data-ready]", state="attached")
        if not options.overview:
            page.keyboard.press("c")
            for place in range(_TRIED):
                page.keyboard.press("j")
                page.wait_for_selector(f"[aria-posinset='{place + 1}'][aria-selected=true]")
                page.wait_for_selector("#detail .message")
                page.wait_for_timeout(300)
                if page.locator("#detail .claims .bad").count() and page.locator("#detail mark.fn").count() > 1:
                    break
        page.screenshot(path=options.picture)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
