"""``junit.xml``: one test case per recording and check, for whatever reads test results.

1. A suite is a recording; its cases are :data:`CHECKS`. What was not measured is skipped, with the reason. The last suite is
   :data:`CORPUS`, a case for each table of coverage.
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
from harness.report.accuracy import unit_prefix
from harness.report.render.escape import visible
from harness.report.render.findings import findings_of
from harness.report.sources import DETECTED

__all__ = ["CHECKS", "render_junit"]

CHECKS = ("parity", "replay", "leak scan", "labelled values", "claims", "as detected")
"""The cases of each recording."""

CORPUS = "the corpus"
"""The suite about all recordings together: what they exercised, and what they never did."""

_NOT_XML = {chr(code): f"\\u{code:04x}" for code in (0xFFFE, 0xFFFF)}


class _Case(NamedTuple):
    """``status`` is pass, fail, skip or look."""

    status: str
    detail: str


def render_junit(report: Mapping[str, Any], rows: Iterable[Mapping[str, Any]] | None) -> str:
    """The report as JUnit XML; without ``rows`` the checks that need them are skipped."""
    found = None if rows is None else _counted(rows)
    detected = _as_detected(report)
    suites = [(row, _cases(report, row, found, detected)) for row in report["verdicts"]["per_session"]]
    covered = {name: _covered(table) for name, table in report["verdicts"].get("coverage", {}).items()}
    if covered:
        suites.append(({"file": CORPUS, "id": "corpus"}, covered))
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
    report: Mapping[str, Any],
    row: Mapping[str, Any],
    found: Mapping[tuple[str, str], Counter[str]] | None,
    detected: Mapping[str, Counter[str]],
) -> dict[str, _Case]:
    # Each on a line that begins with words of ours: nothing there is a command to whoever prints it.
    problems = [f"- {visible(text)}" for text in report["parity"]["problems"] if text.startswith(f"{row['file']}: ")]
    return {
        "parity": _parity(report, row),
        "replay": _Case("fail", "\n".join(problems)) if problems else _Case("pass", ""),
        **_of_rows(None if found is None else found.get((row["id"], row["file"]), Counter())),
        "as detected": _detected(detected.get(unit_prefix(row["id"]))),
    }


def _parity(report: Mapping[str, Any], row: Mapping[str, Any]) -> _Case:
    if row["compared"] == NA:
        return _Case("skip", row["why"]["compared"])
    detail = f"{row['differing']:,} of {row['compared']:,} messages differ"
    if not row["differing"]:
        return _Case("pass", detail)
    return _Case("look" if report["parity"]["policy_changed"] else "fail", detail)


def _as_detected(report: Mapping[str, Any]) -> dict[str, Counter[str]]:
    """Prefix of a recording's conversations -> what is replaced now against what was replaced when it was recorded."""
    units = report["verdicts"].get("units", {}).get(DETECTED, {}).get("conversations", {})
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for name, one in units.items():
        counts = found[name.partition("/")[0] + "/"]
        for tally in one.get("redaction", {}).values():
            counts.update({part: tally[part] for part in ("tp", "fn", "fp")})
    return found


def _detected(counts: Counter[str] | None) -> _Case:
    if counts is None:
        return _Case("skip", "the recording does not tell what was replaced at record time")
    same, gone, new = (counts[part] for part in ("tp", "fn", "fp"))
    detail = f"values replaced at record time: {same + gone:,}, not now: {gone:,}; only now: {new:,}"
    return _Case("look" if gone or new else "pass", detail)


def _covered(table: Mapping[str, Any]) -> _Case:
    """A figure over the corpus holds for what is in it; rule 2."""
    never = table["never"]
    detail = f"kinds seen: {len(table['seen']):,}; never seen: {', '.join(never) or 'none'}"
    return _Case("look" if never else "pass", detail)


def _of_rows(counts: Counter[str] | None) -> dict[str, _Case]:
    if counts is None:
        return dict.fromkeys(CHECKS[2:5], _Case("skip", "results.jsonl was not there"))
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
    for name, case in cases.items():
        yield from _case(row["file"], name, case)
    yield "</testsuite>"


def _case(file: str, name: str, case: _Case) -> Iterator[str]:
    head = f'<testcase classname={_attribute(file)} name={_attribute(name)} time="0"'
    first = _attribute(case.detail.partition("\n")[0])
    if case.status == "fail":
        text = "\n".join(map(_text, case.detail.split("\n")))
        yield f"{head}><failure type={_attribute(name)} message={first}>{text}</failure></testcase>"
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
