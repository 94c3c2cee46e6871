"""report.html in a real browser: what it shows, what the keys do, who can use it, and what it never does."""

from __future__ import annotations

import itertools
import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from harness.report.model import build_report
from harness.report.results import result_rows

Visit = Callable[..., Any]
Run = tuple[dict[str, Any], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def run(builders: ModuleType) -> Run:
    """Three sessions: one with problems, one without, one unlabelled; the first was timed."""
    clean = builders.make_session(
        [builders.make_outcome(1, conversation="quiet-1")], recording_id="r2", recording_path="b.rec.jsonl", labels=()
    )
    bare = builders.make_session(
        [builders.make_outcome(1, conversation="bare-1", spans=(builders.make_span(0, 4),))],
        recording_id="r3",
        recording_path="c.rec.jsonl",
        labels=(),
        label_source="none",
    )
    run = builders.make_run(builders.make_session(), clean, bare)
    run.measurements.session("telco-outage.rec.jsonl").record("ground", 2_000_000)
    return build_report(run), list(result_rows(run))


def test_index_and_facets(visit: Visit, run: Run) -> None:
    """Conversations are listed, the one with most problems first; facets and search leave what fits."""
    seen = visit(*run)
    page = seen.page
    page.click("#tab-conversations")
    assert page.locator(".row .what").all_inner_texts() == ["telco-outage-0a1b2c3d", "quiet-1", "bare-1"]
    assert page.locator(".row .tag").first.inner_text() == "▲ 4"
    page.get_by_label("quarantined").check()
    assert page.locator(".row").count() == 1
    page.click("#reset")
    page.locator("#facets summary", has_text="labels").click()
    page.get_by_label("unlabelled").check()
    assert page.locator(".row .what").all_inner_texts() == ["bare-1"]
    page.click("#reset")
    page.fill("#search", "quiet")
    assert page.locator("#status").inner_text().startswith("1 of 3 conversations, by name")
    page.fill("#search", "refund of 40 dollars")
    assert page.locator(".row").count() == 0
    page.press("#search", "Enter")
    page.locator("#status", has_text="1 of 3").wait_for()
    assert seen.trouble == []


def test_findings_lead_to_their_messages(visit: Visit, run: Run) -> None:
    """A link of the overview opens the message it tells of, also one that names no conversation."""
    seen = visit(*run)
    for place, message in ((0, "#m4"), (-1, "#m5")):
        seen.page.click("#tab-overview")
        links = seen.page.locator("#overview a.where")
        links.nth(place if place >= 0 else links.count() + place).click()
        seen.page.wait_for_selector(f"{message}.here")
    assert seen.trouble == []


def test_conversation(visit: Visit, run: Run) -> None:
    """Marks with signs, claims with evidence, the command, latency, and the raw message."""
    seen = visit(*run)
    page = seen.page
    page.keyboard.press("n")
    page.wait_for_selector(".message.here")
    detail = page.locator("#detail")
    assert "harness run --recording telco-outage.rec.jsonl" in detail.inner_text()
    assert page.locator(".message mark.fn").inner_text().endswith("◇ missed PERSON")
    assert page.locator("[aria-label=Summaries] mark.tp").inner_text() == "[PHONE_REDACTED] ✓"
    assert page.locator("[aria-label=Summaries] .claim").inner_text() == "A refund of 90 dollars was agreed."
    assert "unsupported_number" in page.locator(".claims .bad").inner_text()
    assert page.locator(".claims .bad q").inner_text() == "A refund of 40 dollars is fine."
    page.locator(".stages summary").click()
    assert "2.00" in page.locator(".stages table").inner_text()
    page.locator("#m4 .raw summary").click()
    assert '"summary": "Customer called from [PHONE_REDACTED]' in page.locator("#m4 pre").inner_text()
    assert seen.trouble == []


def test_flips_of_a_comparison(visit: Visit, run: Run) -> None:
    """The group of flips filters, the overview leads to a flipped message, and there stand its reasons and its words."""
    report, rows = run
    row = next(row for row in rows if row["session"] == "rec-1")
    why = {"before": ["phone.basic"], "after": []}
    flip = {
        **{name: row[name] for name in ("session", "file", "number", "conversation", "seq", "event")},
        "side": "both", "verdict": ["quarantined", "accepted"], "rules": why, "reasons": {"before": [], "after": []},
        "words": [{"path": "/text", "diff": [["=", "call"], ["-", "[PHONE_REDACTED]"], ["+", "<img src=x>"]]}],
    }  # fmt: skip
    seen = visit(report, rows, [flip])
    page = seen.page
    page.locator("#flips a.where").click()
    page.wait_for_selector("#m1.here")
    shown = page.locator("#m1 .differs")
    assert "Flipped: quarantined → accepted; rule gone: phone.basic" in shown.inner_text()
    assert (shown.locator("del").inner_text(), shown.locator("ins").inner_text()) == (
        "− [PHONE_REDACTED]",
        "+ <img src=x>",
    )
    page.click("#tab-conversations")
    page.get_by_label("rule gone: phone.basic").check()
    assert page.locator(".row .what").all_inner_texts() == ["telco-outage-0a1b2c3d"]
    assert seen.trouble == []


def test_keys_and_permalinks(visit: Visit, run: Run) -> None:
    """j, k, n, p, /, ?, o, c; an address leads back to the same message, also in a new page."""
    seen = visit(*run)
    page = seen.page
    for key, at in (
        ("c", "#c"),
        ("j", "0a1b2c3d"),
        ("j", "quiet-1"),
        ("k", "0a1b2c3d"),
        ("n", "/2"),
        ("n", "/3"),
        ("n", "/4"),
        ("n", "/5"),
        ("p", "/4"),
    ):
        page.keyboard.press(key)
        page.wait_for_url(re.compile(re.escape(at) + "$"), wait_until="commit")
        if at.startswith("/"):
            page.wait_for_selector(f"#m{at[1:]}.here")
    address = page.url
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("jkno?")
    assert page.input_value("#search") == "jkno?"
    page.keyboard.press("Escape")
    page.keyboard.press("o")
    page.wait_for_selector("#overview", state="visible")
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_selector("#m4.here")
    assert [line for line in seen.trouble if "about:blank" not in line] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 480])
def test_everybody_can_use_it(visit: Visit, run: Run, scheme: str, width: int) -> None:
    """axe-core finds nothing, in both schemes, wide and narrow; nothing is wider than the window."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    # The checker's own script is put into the page; the page's policy would refuse it.
    seen = visit(*run, color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    page = seen.page
    for key in ("", "c", "n", "?"):
        if key:
            page.keyboard.press(key)
        if key == "n":
            page.wait_for_selector(".message.here")
            page.locator("#detail summary").first.click()
        found = axe.Axe().run(page)
        assert [
            (v["id"], n["target"], n.get("failureSummary")) for v in found.response["violations"] for n in v["nodes"]
        ] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_javascript(visit: Visit, chromium: Any, run: Run, tmp_path: Path) -> None:
    """The overview is all there; the page says what needs a script. Printed, a conversation is all there."""
    seen = visit(*run)
    seen.page.keyboard.press("n")
    seen.page.wait_for_selector(".message.here")
    seen.page.emulate_media(media="print")
    assert seen.page.locator("#list").is_hidden() and seen.page.locator("#m5").is_visible()
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((tmp_path / "report.html").as_uri())
    assert "needs JavaScript" in page.locator("#overview").inner_text()
    assert page.locator("#redaction table").is_visible() and page.locator("#explorer").is_hidden()
    context.close()


_VISIT_ALL = """async (step) => {
  const page = window.page, words = [];
  for (const i of page.list.shown.filter((_, place) => place % step === 0)) {
    await page.show(i, null);
    for (const details of document.querySelectorAll('#detail details')) details.open = true;
    await new Promise((done) => setTimeout(done));
    words.push(document.getElementById('detail').innerText);
  }
  return words;
}"""


def check_hostile(seen: Any, step: int) -> int:
    """Open every ``step``th conversation and unfold it; how many there were."""
    page = seen.page
    page.keyboard.press("c")
    words = page.evaluate(_VISIT_ALL, step)
    allowed = {"\n", "\t", "\xa0"}
    assert {
        c for text in words for c in set(text) if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    } <= allowed
    assert page.evaluate("typeof window.pwned") == "undefined"
    foreign = "img, iframe, object, embed, form, base, svg script, [onload], [onerror], [src], a[href]:not([href^='#'])"
    assert page.locator(foreign).count() == 0
    assert page.locator("script").count() == page.locator("script[type='application/gzip;base64']").count() + 1
    for query in ("</script><script>pwned=1</script>", "\u202e", "'\"><img src=x onerror=pwned=1>"):
        page.fill("#search", query)
        page.press("#search", "Enter")
    page.goto(seen.address + "#c/%3Cimg%20src=x%3E/%E0%A4%A/%22")
    assert seen.trouble == []
    return len(words)


def test_hostile_transcripts_do_nothing(visit: Visit, hostile_run: Run) -> None:
    """Conversations of hostile text, all of each unfolded: no script ran, no request, no dialog, no foreign element."""
    assert check_hostile(visit(*hostile_run), 13) == 16


@pytest.mark.prove
def test_two_hundred_hostile_transcripts_do_nothing(
    visit: Visit, hostile_run: Run, figure: Callable[[str, object], None]
) -> None:
    """The same, every one of them."""
    opened = check_hostile(visit(*hostile_run), 1)
    assert opened == 200
    figure("report.html: hostile transcripts opened in Chromium / active", f"{opened} / 0")


def test_policy_stops_injected_markup(visit: Visit, run: Run) -> None:
    """Were a string ever made markup, the browser would refuse: trusted types, no inline handler, no request."""
    seen = visit(*run)
    refused = seen.page.evaluate(
        "() => { try { document.body.innerHTML = '<b>x</b>'; return 'taken' } catch (error) { return error.name } }"
    )
    assert refused == "TypeError"


class ManyRows:
    """Rows of a run of many messages, made anew by each pass; every message says something else."""

    def __init__(self, messages: int, rows: list[dict[str, Any]]) -> None:
        self._messages = messages
        self._rows = rows

    def __iter__(self) -> Iterator[dict[str, Any]]:
        chance = random.Random(5)  # the same in every pass: the page is made in several
        letters = "abcdefghijklmnopqrstuvwxyz"
        words = ["".join(chance.choices(letters, k=chance.randint(2, 9))) for _ in range(5000)]
        numbers = itertools.count(1)
        for session in itertools.count(1):
            for row in self._rows * 6:
                number = next(numbers)
                if number > self._messages:
                    return
                text = " ".join(chance.choices(words, k=14))
                name = {"session": f"s{session}", "file": f"s{session}.rec.jsonl", "conversation": f"c{session}"}
                payload = row["payload"] | {"text": text} if isinstance(row["payload"], dict) else row["payload"]
                yield {**row, **name, "number": number, "payload": payload, "digest": f"{chance.getrandbits(256):064x}"}


@pytest.mark.prove
def test_240_000_messages(visit: Visit, run: Run, figure: Callable[[str, object], None], tmp_path: Path) -> None:
    """The page of 240,000 messages opens, lists and shows its conversations."""
    report, rows = run
    seen = visit(report, ManyRows(240_000, [row for row in rows if row["file"].startswith("telco")]))
    figure("report.html, 240,000 messages: MB", f"{(tmp_path / 'report.html').stat().st_size / 1e6:.1f}")
    times = [seen.page.evaluate("Number(document.documentElement.dataset.ready)")]
    for _ in range(4):
        seen.page.goto("about:blank")
        seen.page.goto(seen.address)
        seen.page.wait_for_selector("html[data-ready]", state="attached", timeout=120_000)
        times.append(seen.page.evaluate("Number(document.documentElement.dataset.ready)"))
    figure("report.html, 240,000 messages: ms until it can be used (of 5, wall)", sorted(round(t) for t in times))
    seen.page.keyboard.press("n")
    seen.page.wait_for_selector(".message.here")
    assert "of 8,000 conversations" in seen.page.locator("#status").inner_text()
