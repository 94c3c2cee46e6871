"""``junit.xml``: one test case per recording and check, for whatever reads test results.

1. A suite is a recording; its cases are :data:`CHECKS`. What was not measured is skipped, with the reason.
2. A figure without a threshold ("look" in the report) fails nothing: it is told in ``system-out``.
3. Characters XML 1.0 does not allow are shown as escapes, like every hidden one; the rest is escaped.
4. Times are 0: measurements are in the report, so that the same verdicts give the same bytes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from harness.metrics.missing import NA
from harness.report.render.escape import visible
from harness.report.render.findings import findings_of

__all__ = ["CHECKS", "render_junit"]

CHECKS = ("parity", "replay", "leak scan", "labelled values", "claims")
"""The cases of each recording."""

_NOT_XML = {chr(code): f"\\u{code:04x}" for code in (0xFFFE, 0xFFFF)}


class _Case(NamedTuple):
    """``status`` is pass, fail, skip or look."""

    status: str
    detail: str


def render_junit(report: Mapping[str, Any], rows: Iterable[Mapping[str, Any]] | None) -> str:
    """The report as JUnit XML; without ``rows`` the checks that need them are skipped."""
    found = None if rows is None else _counted(rows)
    suites = [(row, _cases(report, row, found)) for row in report["verdicts"]["per_session"]]
    statuses = Counter(case.status for _, cases in suites for case in cases.values())
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites{_totals(report['run']['name'], statuses)}>"]
    for row, cases in suites:
        lines += _suite(row, cases)
    return "\n".join([*lines, "</testsuites>", ""])


def _counted(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Counter[str]]:
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in rows:
        counts = found[row["session"], row["file"]]
        counts.update(finding.kind for finding in findings_of(row))
        counts["labelled"] += row.get("labels") is not None
    return found


def _cases(
    report: Mapping[str, Any], row: Mapping[str, Any], found: Mapping[tuple[str, str], Counter[str]] | None
) -> dict[str, _Case]:
    # Each on a line that begins with words of ours: nothing there is a command to whoever prints it.
    problems = [f"- {visible(text)}" for text in report["parity"]["problems"] if text.startswith(f"{row['file']}: ")]
    return {
        "parity": _parity(report, row),
        "replay": _Case("fail", "\n".join(problems)) if problems else _Case("pass", ""),
        **_of_rows(None if found is None else found.get((row["id"], row["file"]), Counter())),
    }


def _parity(report: Mapping[str, Any], row: Mapping[str, Any]) -> _Case:
    if row["compared"] == NA:
        return _Case("skip", row["why"]["compared"])
    detail = f"{row['differing']:,} of {row['compared']:,} messages differ"
    if not row["differing"]:
        return _Case("pass", detail)
    return _Case("look" if report["parity"]["policy_changed"] else "fail", detail)


def _of_rows(counts: Counter[str] | None) -> dict[str, _Case]:
    if counts is None:
        return dict.fromkeys(CHECKS[2:], _Case("skip", "results.jsonl was not there"))
    scan, leaks, claims = counts["scan"], counts["leak"], counts["claim"]
    labelled = _Case("look" if leaks else "pass", f"labelled values in clear: {leaks:,}")
    return {
        "leak scan": _Case("fail" if scan else "pass", f"messages that still held something: {scan:,}"),
        "labelled values": labelled if counts["labelled"] else _Case("skip", "the recording has no labels"),
        "claims": _Case("look" if claims else "pass", f"claims flagged: {claims:,}"),
    }


def _suite(row: Mapping[str, Any], cases: Mapping[str, _Case]) -> Iterator[str]:
    statuses = Counter(case.status for case in cases.values())
    yield f"<testsuite{_totals(row['file'], statuses)} id={_attribute(row['id'])}>"
    for name in CHECKS:
        yield from _case(row["file"], name, cases[name])
    yield "</testsuite>"


def _case(file: str, name: str, case: _Case) -> Iterator[str]:
    head = f'<testcase classname={_attribute(file)} name="{name}" time="0"'
    first = _attribute(case.detail.partition("\n")[0])
    if case.status == "fail":
        text = "\n".join(map(_text, case.detail.split("\n")))
        yield f'{head}><failure type="{name}" message={first}>{text}</failure></testcase>'
    elif case.status == "skip":
        yield f"{head}><skipped message={first}/></testcase>"
    elif case.status == "look":
        yield f"{head}><system-out>look: {_text(case.detail)}</system-out></testcase>"
    else:
        yield f"{head}/>"


def _totals(name: str, statuses: Counter[str]) -> str:
    counts = {"tests": statuses.total(), "failures": statuses["fail"], "errors": 0, "skipped": statuses["skip"]}
    return f" name={_attribute(name)}" + "".join(f' {key}="{count}"' for key, count in counts.items()) + ' time="0"'


def _clean(text: str) -> str:
    return "".join(_NOT_XML.get(c, c) for c in visible(text))


def _text(text: str) -> str:
    return escape(_clean(text))


def _attribute(text: str) -> str:
    return quoteattr(_clean(text))
