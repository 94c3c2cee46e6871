"""The outbox: one SQLite file that keeps every parcel until every sink has it, and what was delivered after that.

1. A parcel is in the outbox once :meth:`Outbox.put` returns; it outlives the process. The same key is kept once.
2. For every sink a parcel is ``pending``, ``done`` or ``dead`` (given up; ``retry`` makes it pending again).
3. Nothing here waits on the event loop: every call runs on one thread of its own. Writes are in WAL mode: a killed
   process loses nothing, a machine that loses power may lose the last moments.
4. The file holds redacted text and is readable by its owner only.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import ConfigError
from harness.sinks.base import Parcel

__all__ = ["OUTBOX_NAME", "Errand", "Outbox", "Stored"]

OUTBOX_NAME = "outbox.sqlite3"
_VERSION = 1
_SCHEMA = """
CREATE TABLE parcels (
    place INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, conversation TEXT NOT NULL,
    number INTEGER NOT NULL, created TEXT NOT NULL, summary TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX parcels_of_a_conversation ON parcels (conversation);
CREATE TABLE errands (
    place INTEGER NOT NULL REFERENCES parcels (place), sink TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'pending',
    attempts INTEGER NOT NULL DEFAULT 0, problem TEXT NOT NULL DEFAULT '', settled TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (place, sink)) WITHOUT ROWID;
CREATE INDEX errands_by_state ON errands (state, sink, place);
"""


@dataclass(frozen=True, slots=True)
class Errand:
    """One parcel on its way to one sink; ``place`` is its rank in the outbox."""

    place: int
    sink: str
    attempts: int
    parcel: Parcel


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What is known of a parcel; ``sinks`` maps names to ``{"state", "attempts", "problem", "settled"}``."""

    key: str
    kind: str
    conversation: str
    number: int
    created: str
    body: dict[str, Any] = field(repr=False)
    sinks: dict[str, dict[str, Any]] = field(default_factory=dict)


class Outbox:
    """The file at ``path``. Use it from one thread (:class:`harness.sinks.courier.Dispatch` does).

    Raises:
        ConfigError: the file is no outbox of this version, or cannot be opened.
    """

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self.path = path
        if not create and not path.is_file():
            raise ConfigError("outbox", str(path), "the folder of a run that delivered summaries")
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
            self._prepare(create)
        except (OSError, sqlite3.DatabaseError) as error:
            fix = "name another folder, or move the file away"
            raise ConfigError("outbox", str(path), f"an outbox file ({type(error).__name__})", fix=fix) from None

    def _prepare(self, create: bool) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version != _VERSION and not (create and version == 0):  # a file of somebody else's stays as it is
            raise sqlite3.DatabaseError
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        if version == 0:
            with self._db:
                self._db.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;")

    def put(self, parcel: Parcel, sinks: Sequence[str], created: str) -> bool:
        """Keep ``parcel`` for ``sinks``; False if its key is known already.

        Raises:
            sqlite3.Error: it could not be kept, such as on a full disk.
        """
        body = json.dumps(dict(parcel.body), ensure_ascii=False, separators=(",", ":"))
        body = body.encode("utf-8", "backslashreplace").decode()
        summary = str(parcel.body.get("summary", "")).encode("utf-8", "replace").decode()
        row = (parcel.key, parcel.kind, parcel.conversation, parcel.number, created, summary, body)
        with self._transaction():
            done = self._db.execute(
                "INSERT OR IGNORE INTO parcels (key, kind, conversation, number, created, summary, body)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            if not done.rowcount:
                return False
            place = done.lastrowid
            self._db.executemany("INSERT INTO errands (place, sink) VALUES (?, ?)", [(place, sink) for sink in sinks])
        return True

    def _transaction(self) -> _Transaction:
        return _Transaction(self._db)

    def pending(self, sink: str, limit: int, *, after: int = 0) -> list[Errand]:
        """The oldest parcels behind place ``after`` that ``sink`` has not got, at most ``limit``."""
        rows = self._db.execute(
            "SELECT place, attempts, key, kind, conversation, number, body FROM errands JOIN parcels USING (place)"
            " WHERE state = 'pending' AND sink = ? AND place > ? ORDER BY place LIMIT ?",
            (sink, after, limit),
        )
        return [
            Errand(
                place,
                sink,
                attempts,
                Parcel(key=key, kind=kind, conversation=conversation, number=number, body=json.loads(body)),
            )
            for place, attempts, key, kind, conversation, number, body in rows
        ]

    def settle(self, place: int, sink: str, state: str, problem: str, settled: str) -> None:
        """Note one more attempt: ``pending`` (it failed), ``done`` or ``dead``."""
        self._db.execute(
            "UPDATE errands SET state = ?, attempts = attempts + 1, problem = ?, settled = ?"
            " WHERE place = ? AND sink = ?",
            (state, problem, settled, place, sink),
        )

    def counts(self) -> dict[str, dict[str, int]]:
        """Parcels by sink and state."""
        found: dict[str, dict[str, int]] = {}
        for sink, state, count in self._db.execute(
            "SELECT sink, state, count(*) FROM errands GROUP BY sink, state ORDER BY sink, state"
        ):
            found.setdefault(sink, {})[state] = count
        return found

    def stored(
        self,
        *,
        kind: str | None = None,
        state: str | None = None,
        conversation: str | None = None,
        search: str | None = None,
        limit: int = -1,
    ) -> list[Stored]:
        """Parcels, oldest first; ``search`` is found in the summary whatever its case, ``limit`` -1 = all."""
        tests: list[tuple[str, Any]] = [
            ("kind = ?", kind),
            ("EXISTS (SELECT 1 FROM errands e WHERE e.place = p.place AND e.state = ?)", state),
            ("conversation = ?", conversation),
            ("instr(casefold(summary), ?) > 0", None if search is None else search.casefold()),
        ]
        given = [(test, value) for test, value in tests if value is not None]
        where = " AND ".join(test for test, _ in given) or "1"
        self._db.create_function("casefold", 1, str.casefold, deterministic=True)
        rows = self._db.execute(
            f"SELECT place, key, kind, conversation, number, created, body FROM parcels p WHERE {where}"  # noqa: S608 - constants
            " ORDER BY place LIMIT ?",
            [*(value for _, value in given), limit],
        ).fetchall()
        return [self._stored(*row) for row in rows]

    def _stored(
        self, place: int, key: str, kind: str, conversation: str, number: int, created: str, body: str
    ) -> Stored:
        names = ("state", "attempts", "problem", "settled")
        rows = self._db.execute(
            "SELECT sink, state, attempts, problem, settled FROM errands WHERE place = ? ORDER BY sink", (place,)
        )
        sinks = {sink: dict(zip(names, values, strict=True)) for sink, *values in rows}
        return Stored(
            key=key,
            kind=kind,
            conversation=conversation,
            number=number,
            created=created,
            body=json.loads(body),
            sinks=sinks,
        )

    def revive(self, keys: Iterable[str] | None = None, *, sink: str | None = None) -> int:
        """Make dead errands pending again, all or those of ``keys``; how many."""
        chosen = None if keys is None else list(keys)
        with self._transaction():
            places = [
                place
                for place, key, name in self._db.execute(
                    "SELECT place, key, sink FROM errands JOIN parcels USING (place) WHERE state = 'dead'"
                ).fetchall()
                if (chosen is None or key in chosen) and (sink is None or name == sink)
            ]
            rows = [(place, sink) for place in places]
            done = self._db.executemany(
                "UPDATE errands SET state = 'pending', attempts = 0 WHERE state = 'dead' AND place = ?"
                " AND sink = coalesce(?, sink)",
                rows,
            )
        return max(0, done.rowcount)

    def close(self) -> None:
        """Close the file."""
        self._db.close()


class _Transaction:
    """``BEGIN IMMEDIATE`` … ``COMMIT``, or nothing of it."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")
