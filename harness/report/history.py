"""The runs made here, in one SQLite file: ``<reports folder>/history.sqlite3``.

1. A row is a run: when, under what name, over which corpus, and its figures. No text of a conversation.
2. Rows are only added. The same report added twice is one row.
3. Times are given, never read: ISO 8601, UTC.
4. A figure the run did not have is not in its row; it is not 0.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.errors import RecordingFormatError, RecordingNotFound
from harness.metrics.missing import NA
from harness.report.compare import pooled

__all__ = ["HISTORY", "add_run", "figures_of", "runs_of", "trend_of"]

HISTORY = "history.sqlite3"
_VERSION = 1
_PATIENCE_S = 10.0

_TABLE = """
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, name TEXT NOT NULL, mode TEXT NOT NULL, tool TEXT NOT NULL,
    corpus TEXT, digest TEXT NOT NULL, sessions INTEGER NOT NULL, messages INTEGER NOT NULL,
    figures TEXT NOT NULL, UNIQUE (at, name, digest))
"""


def figures_of(report: Mapping[str, Any]) -> dict[str, float]:
    """The figures of a report that have a number, by name."""
    verdicts, measured = report["verdicts"], report["measurements"]
    found: dict[str, Any] = {
        "parity.differing": report["parity"]["differing"],
        "scan.failures": verdicts["pii_scan_failures"],
        "quarantined": verdicts["by_verdict"]["quarantined"],
        "rejected": verdicts["by_verdict"]["rejected"],
        "latency.slo_rate": measured["latency_slo_rate"],
        **pooled(verdicts.get("units", {})),
    }
    latency = measured["latency"]
    message = {} if latency == NA else latency.get("message", {})
    found |= {f"latency.{name}": message.get(name, NA) for name in ("p50_ms", "p90_ms", "p95_ms", "p99_ms")}
    return {name: value for name, value in found.items() if value != NA}


def add_run(path: Path, report: Mapping[str, Any], at: str) -> bool:
    """Keep a run; False if it was there.

    Args:
        path: the history; made if new.
        report: what ``report.json`` holds.
        at: when the run was made.

    Raises:
        RecordingFormatError: the file is no history, or cannot be written.
    """
    run, verdicts = report["run"], report["verdicts"]
    corpus = verdicts.get("corpus", {}).get("digest")
    row = (
        at,
        run["name"],
        run["mode"],
        run["tool"],
        corpus,
        report["digest"],
        verdicts["sessions"],
        verdicts["messages"],
    )
    with _opened(path) as db:
        done = db.execute(
            "INSERT OR IGNORE INTO runs (at, name, mode, tool, corpus, digest, sessions, messages, figures)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*row, json.dumps(figures_of(report), sort_keys=True)),
        )
        return done.rowcount == 1


def runs_of(path: Path, *, name: str | None = None, last: int = 20) -> list[dict[str, Any]]:
    """The newest runs, oldest first.

    Raises:
        RecordingNotFound: there is no history.
        RecordingFormatError: the file is no history.
    """
    if not path.exists():
        raise RecordingNotFound("no history", path=path, fix="make a run with `harness run`")
    with _opened(path, look=True) as db:
        rows = db.execute(
            "SELECT at, name, mode, tool, corpus, digest, sessions, messages, figures FROM runs"
            " WHERE ? IS NULL OR name = ? ORDER BY at DESC, id DESC LIMIT ?",
            (name, name, last),
        ).fetchall()
    fields = ("at", "name", "mode", "tool", "corpus", "digest", "sessions", "messages")
    return [{**dict(zip(fields, row, strict=False)), "figures": json.loads(row[-1])} for row in reversed(rows)]


def trend_of(path: Path, figure: str, *, name: str | None = None, last: int = 20) -> list[dict[str, Any]]:
    """One figure over the runs that have it; ``same_corpus`` says whether the step before was over the same recordings."""
    points: list[dict[str, Any]] = []
    corpus: str | None = None
    for run in runs_of(path, name=name, last=last):
        if figure in run["figures"]:
            same = bool(points) and corpus is not None and run["corpus"] == corpus
            points.append({"at": run["at"], "name": run["name"], "value": run["figures"][figure], "same_corpus": same})
            corpus = run["corpus"]
    return points


@contextlib.contextmanager
def _opened(path: Path, *, look: bool = False) -> Iterator[sqlite3.Connection]:
    """The database in a transaction; who only looks changes no file, whatever it is."""
    try:
        if look:
            db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_PATIENCE_S)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(path, timeout=_PATIENCE_S)
        try:
            with db:
                (version,) = db.execute("PRAGMA user_version").fetchone()
                if version > _VERSION:
                    raise sqlite3.DatabaseError("of a later version")
                if not look:
                    db.execute(_TABLE)
                    db.execute(f"PRAGMA user_version = {_VERSION}")
                yield db
        finally:
            db.close()
    except (sqlite3.Error, OSError) as error:
        fix = "move it away; the next run begins a new one"
        raise RecordingFormatError(f"not a history that can be used: {error}", path=path, fix=fix) from None
