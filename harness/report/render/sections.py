"""From report.json and the rows of results.jsonl to the page that people read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any

from harness.metrics.latency import END_TO_END, FROM_INTENDED
from harness.metrics.missing import NA
from harness.report.checks import checks
from harness.report.parity import CLASSES
from harness.report.render.accuracy import grounding_section, redaction_section, schema_section
from harness.report.render.flips import flips_section, link_to
from harness.report.render.judges import judges_sections
from harness.report.render.terms import TERMS
from harness.report.render.view import (
    Cell,
    Column,
    Finding,
    Findings,
    Section,
    Table,
    View,
    count,
    milliseconds,
)

__all__ = ["build_view"]

Rows = Iterable[Mapping[str, Any]]
_NO_ROWS = "The lists need results.jsonl beside report.json; it was not there."


def build_view(
    report: Mapping[str, Any], rows: Rows | None, *, limit: int, flips: Sequence[Mapping[str, Any]] | None = None
) -> View:
    """The page.

    Args:
        report: report.json.
        rows: the lines of results.jsonl, None where there is none.
        limit: findings and sessions shown per list; the rest is counted.
        flips: what another run made otherwise; None where none is compared.
    """
    return View(
        title=f"Mediation report: {report['run']['name']}",
        facts=_facts(report),
        checks=checks(report),
        sections=[
            *([] if flips is None else [flips_section(flips, limit)]),
            _parity(report["parity"], limit),
            redaction_section(report["verdicts"]["accuracy"]),
            grounding_section(report["verdicts"]["accuracy"]),
            *judges_sections(report),
            schema_section(report["verdicts"]["accuracy"]),
            _latency(report["measurements"], min(limit, _SESSIONS)),
            _held_back(report["measurements"]),
            _flagged(rows, limit),
            _rejected(rows, limit),
            _traffic(report["verdicts"]),
            *_coverage(report["verdicts"].get("coverage", {})),
            _sessions(report["verdicts"], limit),
        ],
        terms=TERMS,
    )


def _facts(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    run, verdicts, parity = report["run"], report["verdicts"], report["parity"]
    lost = (
        f" ({verdicts['messages_lost']:,} {'message' if verdicts['messages_lost'] == 1 else 'messages'} lost)"
        if verdicts["messages_lost"]
        else ""
    )
    return [
        ("Run", f"{run['name']} ({run['mode']})"),
        ("Sessions", f"{verdicts['sessions']:,}"),
        ("Conversations", f"{verdicts['conversations']:,}"),
        ("Messages", f"{verdicts['messages']:,}"),
        ("Values redacted", f"{sum(verdicts['spans_by_type'].values()):,}"),
        ("Values substituted on disk", f"{parity['substituted_spans']:,}"),
        ("Hallucinations flagged", f"{verdicts['hallucinations_flagged']:,}"),
        ("Gaps in the stream", f"{verdicts['gaps']:,}{lost}"),
        ("Tool", run["tool"] or "unknown"),
        ("Seed", "none" if run["seed"] is None else str(run["seed"])),
        *((f"Digest of {name}", digest) for name, digest in run["policies"].items()),
        ("Digest of verdicts", report["digest"]),
    ]


def _cells(*texts: str) -> list[Cell]:
    return [Cell(text=text) for text in texts]


# -- parity ----------------------------------------------------------------------------------------------------


def _parity(parity: Mapping[str, Any], limit: int) -> Section:
    by_class = [[Cell(text=cls), count(parity["by_class"][cls], bad=True)] for cls in CLASSES]
    total = [Cell(text="all"), count(parity["differing"], bad=True)]
    first = [_divergence(found) for found in parity["first_by_session"][:limit]]
    problems = [Finding(where="", verdict="problem", reason=text) for text in parity["problems"][:limit]]
    return Section(
        id="parity",
        title="Parity: live against replayed",
        intro=_parity_words(parity),
        blocks=[
            Table(
                title="Differing messages by class",
                columns=[Column("class", False), Column("messages")],
                rows=[*by_class, total],
            ),
            Table(
                title="First divergence of each session",
                columns=[Column(name, False) for name in ("session", "message", "class", "live → replayed")],
                rows=first,
                empty="No session diverged." if parity["messages"] else "Nothing was compared.",
                note=_more(len(parity["first_by_session"]), limit, "sessions"),
            ),
            Findings(title="Problems", items=problems, total=len(parity["problems"]), empty="No problem was reported."),
        ],
    )


def _parity_words(parity: Mapping[str, Any]) -> str:
    if parity["status"] == NA:
        return f"Not compared: {parity['why']['status']}."
    words = (
        f"{parity['messages']:,} messages of {parity['sessions_compared']:,} sessions compared, "
        f"{parity['differing']:,} differ ({parity['missing']:,} missing, {parity['extra']:,} extra). "
        f"The live side saw real values, the replayed side {parity['substituted_spans']:,} surrogates."
    )
    changed = " The policy changed since the recording: differences compare rules, not runs."
    return words + changed if parity["policy_changed"] else words


def _divergence(found: Mapping[str, Any]) -> list[Cell]:
    seq = "" if found["seq"] is None else f", seq {found['seq']}"
    where = f"no. {found['number']} {found['event']}{seq}"
    sides = {"live": "missing from the replay", "replayed": "not in the recording"}
    what = "; ".join(f"{f['field']}: {_code(f['live'])} → {_code(f['replayed'])}" for f in found["fields"])
    cls = Cell(text=found["class"], tone="bad")
    return [
        Cell(text=found["file"], note=found["conversation"]),
        Cell(text=where),
        cls,
        Cell(text=sides.get(found["side"], what)),
    ]


def _code(value: Any) -> str:
    """A fact of parity, short: digests by their first 12 characters."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_code(item)}" for key, item in value.items()) or "none"
    if isinstance(value, list | tuple):
        return " ".join(map(_code, value)) or "none"
    text = str(value).removeprefix("sha256:")
    return text[:12] + "…" if len(text) >= 32 and " " not in text else text or "none"


def _more(total: int, limit: int, what: str) -> str:
    return f"{total - limit:,} more {what} in report.json." if total > limit else ""


# -- latency ---------------------------------------------------------------------------------------------------


_FIGURES = ("p50_ms", "p90_ms", "p95_ms", "p99_ms", "p99_9_ms", "max_ms")


_SESSIONS = 10
"""Sessions whose stages are listed; all of them are in report.json."""


def _latency(measurements: Mapping[str, Any], limit: int) -> Section:
    latency = measurements["latency"]
    if latency == NA:
        words = f"Not measured: {measurements['why']['latency']}."
        return Section(id="latency", title="Latency", intro=words, blocks=[])
    rows = [
        [Cell(text=stage), count(figures["n"]), *(milliseconds(figures, name) for name in _FIGURES)]
        for stage, figures in latency.items()
    ]
    heads = [name.removesuffix("_ms").replace("_", ".") + " ms" for name in _FIGURES]
    columns = [Column("stage", False), Column("n"), *map(Column, heads)]
    return Section(
        id="latency",
        title="Latency",
        intro="Milliseconds per stage; “message” is the whole way from arrival to outcome. Measured on this machine, "
        "so outside the digest.",
        blocks=[
            Table(
                title="Per stage",
                columns=columns,
                rows=rows,
                empty="No stage was timed.",
                note=f"{_slo_words(measurements)} {_intended_words(measurements)}".strip(),
            ),
            *_by_session(measurements.get("by_session", {}), limit),
        ],
    )


def _intended_words(measurements: Mapping[str, Any]) -> str:
    if measurements.get("intended", NA) == "known":
        return f"{FROM_INTENDED}: from the time the recording has for a message, waits of our own included."
    why = measurements.get("why", {}).get("intended")
    return f"Latency from the intended send time: n/a, {why}." if why else ""


def _by_session(sessions: Mapping[str, Any], limit: int) -> list[Table]:
    """The stages of each session, slowest session first: where one took long, and in what."""
    if not sessions:
        return []
    slowest = sorted(sessions, key=lambda name: (-_total(sessions[name], END_TO_END), name))
    rows = [
        [
            Cell(text=name),
            Cell(text=stage),
            count(figures["n"]),
            Cell(text=f"{figures['mean_ms']:,.3f}"),
            Cell(text=f"{figures['max_ms']:,.3f}"),
        ]
        for name in slowest[:limit]
        for stage, figures in sorted(sessions[name].items(), key=lambda item: -_total(sessions[name], item[0]))
    ]
    heads = [Column("session", False), Column("stage", False), Column("n"), Column("mean ms"), Column("longest ms")]
    note = _more(len(sessions), limit, "sessions")
    return [Table(title="Per stage and session, where most time went first", columns=heads, rows=rows, note=note)]


def _total(stages: Mapping[str, Any], stage: str) -> float:
    figures = stages.get(stage)
    return 0.0 if figures is None else figures["n"] * figures["mean_ms"]


def _held_back(measurements: Mapping[str, Any]) -> Section:
    figures = measurements.get("held_back", NA)
    title, blocks = "Text held back", []
    if figures == NA:
        words = f"Not measured: {measurements.get('why', {}).get('held_back', 'an older report')}."
    else:
        words = "Characters of a summary not given out yet after each of its pieces, since a value might go on in them."
        row = [
            count(figures["n"]),
            *(Cell(text=f"{figures[name]:,.1f}") for name in ("mean", "p95")),
            count(figures["max"]),
        ]
        columns = [Column("pieces"), Column("mean"), Column("p95"), Column("max")]
        blocks = [Table(title="Characters held back", columns=columns, rows=[row], empty="")]
    return Section(id="held-back", title=title, intro=words, blocks=blocks)


def _slo_words(measurements: Mapping[str, Any]) -> str:
    slo = f"latency_slo_rate (share within {measurements['latency_slo_ms']:g} ms)"
    rate = measurements["latency_slo_rate"]
    if rate == NA:
        return f"{slo}: n/a, {measurements['why']['latency_slo_rate']}."
    low, high = measurements["latency_slo_interval"]
    n = measurements["latency_slo_n"]
    return f"{slo}: {100 * rate:.2f} % of {n:,} messages, 95 % interval {100 * low:.2f} – {100 * high:.2f} %."


# -- lists -----------------------------------------------------------------------------------------------------


def _where(row: Mapping[str, Any]) -> str:
    seq = "" if row["seq"] is None else f", seq {row['seq']}"
    return f"{row['conversation'] or 'no conversation'}{seq}, message {row['number']} of {row['file']}"


def _listed(title: str, found: Iterable[Finding], limit: int, empty: str, text_label: str) -> Findings:
    iterator = iter(found)
    items = list(islice(iterator, limit))
    return Findings(
        title=title, items=items, total=len(items) + sum(1 for _ in iterator), empty=empty, text_label=text_label
    )


def _flagged(rows: Rows | None, limit: int) -> Section:
    claims = (
        (claim["score"], row["file"], row["number"], claim["start"], row, claim)
        for row in rows or ()
        if row["grounding"] and not row["provisional"]
        for claim in row["grounding"]["claims"]
        if claim["verdict"] == "ungrounded"
    )
    total, worst = _least(claims, limit)
    block = Findings(
        title="Claims",
        items=[_claim(row, claim) for *_, row, claim in worst],
        total=total,
        empty="No claim was flagged." if rows is not None else _NO_ROWS,
        text_label="summary says",
    )
    words = (
        "Claims of summaries that the conversation does not support, each with the nearest evidence, the least supported "
        "first. All redacted."
    )
    return Section(id="flagged", title="Flagged hallucinations", intro=words, blocks=[block])


def _least(claims: Iterable[tuple[Any, ...]], limit: int) -> tuple[int, list[tuple[Any, ...]]]:
    """How many there are, and the ``limit`` least by their first four values; holds no more than twice as many."""
    total, held = 0, []
    for claim in claims:
        total += 1
        held.append(claim)
        if len(held) >= 2 * limit:
            held = sorted(held, key=_RANK)[:limit]
    return total, sorted(held, key=_RANK)[:limit]


_RANK = itemgetter(0, 1, 2, 3)


def _claim(row: Mapping[str, Any], claim: Mapping[str, Any]) -> Finding:
    return Finding(
        where=_where(row),
        link=link_to(row),
        verdict=row["grounding"]["band"],
        reason=claim["reason"] + (", premature: said only later" if claim.get("premature") else ""),
        text=claim["text"] or "(not shown: its place in the redacted summary is not certain)",
        evidence=claim["evidence"] or "none",
    )


def _rejected(rows: Rows | None, limit: int) -> Section:
    found = (
        Finding(
            where=_where(row),
            link=link_to(row),
            verdict=row["verdict"],
            reason=", ".join(row["reasons"]) or "none given",
            text=f"{row['event']}, decided by {row['stage']}",
        )
        for row in rows or ()
        if row["verdict"] != "accepted"
    )
    empty = "Every message was accepted." if rows is not None else _NO_ROWS
    block = _listed("Messages", found, limit, empty, "message")
    words = "Rejected: broken or refused. Quarantined: well formed, but not to be shown. Neither is delivered."
    return Section(id="rejected", title="Rejected and quarantined", intro=words, blocks=[block])


def _traffic(verdicts: Mapping[str, Any]) -> Section:
    blocks = [
        Table(
            title=title,
            columns=[Column(head, False), Column("count")],
            rows=[[Cell(text=name), count(number)] for name, number in verdicts[part].items()],
            empty="None.",
        )
        for title, part, head in (
            ("Verdicts", "by_verdict", "verdict"),
            ("Message types", "by_event", "type"),
            ("Reasons", "reasons", "reason"),
            ("Values redacted", "spans_by_type", "type"),
        )
    ]
    return Section(id="traffic", title="What passed through", intro="Counts over the whole run.", blocks=blocks)


def _coverage(tables: Mapping[str, Any]) -> list[Section]:
    """What the corpus exercised; an older report does not say."""
    if not tables:
        return []
    blocks = [
        Table(
            title=_COVERED.get(name, name),
            columns=[Column(name, False), Column("seen")],
            rows=[[Cell(text=what), count(number)] for what, number in table["seen"].items()],
            empty="None was seen.",
            note=f"Never seen: {', '.join(table['never'])}." if table["never"] else "All that is known was seen.",
        )
        for name, table in tables.items()
    ]
    words = "What the recordings exercised, and what they never did: figures hold for what was seen."
    return [Section(id="coverage", title="Coverage of the corpus", intro=words, blocks=blocks)]


_COVERED = {
    "events": "Message types",
    "ends": "Ends of connections",
    "reasons": "Error paths",
    "rules": "Rules of redaction",
    "lengths": "Lengths in characters",
}


def _sessions(verdicts: Mapping[str, Any], limit: int) -> Section:
    sessions = verdicts["per_session"]
    names = ("messages", "rejected", "quarantined", "summaries", "values", "flagged", "gaps", "differing")
    rows = [
        [
            Cell(text=row["file"], note=row["id"]),
            *_cells(row["scenario"] or "–", row["source"]),
            *(
                count(row[name])
                for name in (
                    "messages",
                    "rejected",
                    "quarantined",
                    "summaries",
                    "spans",
                    "hallucinations_flagged",
                    "gaps",
                )
            ),
            count(row["differing"], bad=True),
        ]
        for row in sessions[:limit]
    ]
    columns = [Column("recording", False), Column("scenario", False), Column("source", False), *map(Column, names)]
    table = Table(
        title="All sessions",
        columns=columns,
        rows=rows,
        empty="No session ran.",
        note=_more(len(sessions), limit, "sessions"),
    )
    return Section(id="sessions", title="Sessions", intro="One row per recording.", blocks=[table])
