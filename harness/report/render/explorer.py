"""The data behind the page's list of conversations: an index, and chunks that are read when they are looked at.

1. Rows come session by session and are taken as they come: what is held is one session, one chunk and the index.
2. A message that names no conversation belongs to the one its session holds, where there is only one.
3. A chunk is gzip in base64, with nothing of the day or the machine in it: the same rows give the same bytes.
4. Values that are null, empty or usual are left out; the names of a message's fields are in :func:`_message`.
5. ``flip`` is live against replayed; ``flips`` is one run against another (``flips.py``), on the page of a comparison.
6. A facet is a fact of a message; a conversation has every facet of its messages. A message is a problem when it has
   a facet of the group "check".
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

from harness.pipeline.payload import leaves
from harness.report.place import string_at

__all__ = ["GROUPS", "Explorer", "facets_of", "flip_names", "packed"]

GROUPS = ("verdict", "check", "flip", "flips", "reason", "type", "rule", "labels")
"""Groups of facets, in the order shown."""

_CHUNK = 192_000
"""Bytes of JSON after which a chunk is closed: a few milliseconds to open."""

_MAIN = ("/text", "/summary", "/transcript", "/content", "/message")
"""Where a message's own words are, the first that is there; else its longest string."""

Row = Mapping[str, Any]
Facet = tuple[str, str]


def packed(value: Any) -> str:
    """``value`` as JSON, gzipped, in base64 (rule 3)."""
    return _packed(_json(value).encode("ascii"))


def _packed(data: bytes) -> str:
    return base64.b64encode(gzip.compress(data, compresslevel=6, mtime=0)).decode("ascii")


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


class Explorer:
    """Turns rows into chunks; the index is there when the last chunk was taken.

    Args:
        rows: the lines of results.jsonl, in their order.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = rows
        self._facets: dict[Facet, int] = {}
        self._counts: list[int] = []
        self._sets: dict[tuple[int, ...], int] = {}
        self._sessions: list[tuple[str, str]] = []
        self._columns: dict[str, list[Any]] = {name: [] for name in ("s", "c", "n", "p", "f", "k")}
        self._chunks = 0

    def chunks(self) -> Iterator[str]:
        """The packed chunks: each a JSON array of conversations, which are arrays of messages."""
        held: list[str] = []
        size = 0
        for (session, file), rows in groupby(self._rows, key=itemgetter("session", "file")):
            self._sessions.append((session, file))
            for conversation, messages in _conversations(list(rows)).items():
                held.append(self._conversation(conversation, messages))
                size += len(held[-1])
                if size >= _CHUNK:
                    yield self._closed(held)
                    held, size = [], 0
        if held:
            yield self._closed(held)

    def _closed(self, held: list[str]) -> str:
        self._chunks += 1
        return _packed(f"[{','.join(held)}]".encode("ascii"))

    def _conversation(self, conversation: str, rows: list[Row]) -> str:
        facets: set[int] = set()
        problems = 0
        messages = []
        for row in rows:
            own = facets_of(row)
            checks = [facet for group, facet in own if group == "check"]
            problems += bool(checks)
            facets.update(map(self._facet, own))
            messages.append(_message(row, checks))
        for facet in facets:
            self._counts[facet] += 1
        key = tuple(sorted(facets))
        values = (len(self._sessions) - 1, conversation, len(rows), problems, self._set(key), self._chunks)
        for column, value in zip(self._columns.values(), values, strict=True):
            column.append(value)
        return _json(messages)

    def _set(self, key: tuple[int, ...]) -> int:
        return self._sets.setdefault(key, len(self._sets))

    def _facet(self, facet: Facet) -> int:
        found = self._facets.get(facet)
        if found is None:
            found = self._facets[facet] = len(self._counts)
            self._counts.append(0)
        return found

    def index(self) -> dict[str, Any]:
        """Sessions (id, file), facets (group, name, conversations with it), sets of facets, and a column each for a
        conversation's session, id, messages, problems, set of facets and chunk.
        """
        return {
            "sessions": self._sessions,
            "groups": GROUPS,
            "facets": [[*facet, self._counts[number]] for facet, number in self._facets.items()],
            "sets": list(self._sets),
            **self._columns,
        }


def _conversations(rows: list[Row]) -> dict[str, list[Row]]:
    """Rule 2."""
    names = {row["conversation"]: None for row in rows if row["conversation"]}
    sole = next(iter(names)) if len(names) == 1 else ""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["conversation"] or sole, []).append(row)
    return found


def facets_of(row: Row) -> list[Facet]:
    """The facts of a message, those of the group "check" say what is wrong with it."""
    found = [("verdict", row["verdict"]), *(("check", name) for name in _checks(row))]
    parity = row["parity"]
    if parity is not None:
        changed = [field for field in parity["fields"] if field["field"] == "verdict"]
        found += [("flip", f"{field['live']} → {field['replayed']}") for field in changed]
        found += [("flip", f"class {parity['class']}")]
    found += [("flips", name) for name in flip_names(row.get("flip"))]
    found += [("reason", reason) for reason in row["reasons"]]
    for span in row["spans"]:
        found += [("type", span["type"]), ("rule", span["rule"])]
    found += [("type", missed["type"]) for missed in row.get("missed", ())]
    found.append(("labels", row.get("labels") or "unlabelled"))
    return list(dict.fromkeys(found))


def flip_names(flip: Row | None) -> list[str]:
    """What a flip is about, in words that lead to others of its kind."""
    if flip is None:
        return []
    if flip["side"] != "both":
        return [f"only in the run {flip['side']}"]
    old, new = flip["verdict"]
    found = [f"{old} → {new}"] if old != new else []
    for what, name in (("rules", "rule"), ("reasons", "reason")):
        found += [f"{name} gone: {one}" for one in flip[what]["before"]]
        found += [f"{name} new: {one}" for one in flip[what]["after"]]
    return found or ["other words" if flip["words"] else "other places"]


def _checks(row: Row) -> Iterator[str]:
    if row.get("flip") is not None:
        yield "flipped"
    if row["parity"] is not None:
        yield "differs from live"
    if not row["pii_redacted"]:
        yield "second leak scan"
    if row["verdict"] == "rejected":
        yield "refused"
    for missed in row.get("missed", ()):
        yield "found as another type" if missed["covered"] else "missed value"
    if any(span.get("label") == "fp" for span in row["spans"]):
        yield "false alarm"
    if row["budget"] is not None and row["budget"]["truncated"]:
        yield "over budget"
    if row["grounding"] is not None and not row["provisional"]:
        for claim in row["grounding"]["claims"]:
            yield from _claim_checks(claim)


def _claim_checks(claim: Row) -> Iterator[str]:
    label = claim.get("label")
    if claim["verdict"] == "ungrounded":
        yield "unsupported claim"
    if claim["premature"]:
        yield "premature claim"
    if label == "fp":
        yield "claim flagged wrongly"
    if label == "fn":
        yield "hallucination missed"


# -- one message -----------------------------------------------------------------------------------------------


def _message(row: Row, checks: list[str]) -> dict[str, Any]:
    main = _main_path(row["payload"])
    spans = row["spans"]
    fields = {
        "n": row["number"],
        "l": row.get("line"),
        "t": row.get("t_us"),
        "q": row["seq"],
        "e": row["event"],
        "v": row["verdict"],
        "st": row["stage"],
        "r": row["reasons"],
        "c": checks,
        "p": row["payload"],
        "k": main,
        # Values in the message's own words: start, end, type, rule, label.
        "m": [[*s["at"], s["type"], s["rule"], s.get("label")] for s in spans if s["path"] == main and s.get("at")],
        # Values elsewhere, or whose place is not sure: path, type, rule, label.
        "o": [[s["path"], s["type"], s["rule"], s.get("label")] for s in spans if s["path"] != main or not s.get("at")],
        # Values missed: start and end in the message's own words (or null), type, hidden by another type, path.
        "u": [[*(_at(m, main)), m["type"], m["covered"], m["path"]] for m in row.get("missed", ())],
        "g": _grounding(row, main),
        "b": row["budget"],
        "d": row["digest"].removeprefix("sha256:")[:16],
        "y": row["parity"],
        # What the other run made of it: names of the flip, and words: path, then pairs of =, - or + and text.
        "f": _flip(row.get("flip")),
        "w": row["provisional"],
        "h": row["deliverable"],
        "a": not row["pii_redacted"],
        "x": [[c["line"], c["t_us"], c["dir"], c["what"]] for c in row.get("before", ())],
        "z": [[c["line"], c["t_us"], c["dir"], c["what"]] for c in row.get("after", ())],
    }
    return {name: value for name, value in fields.items() if value not in (None, [], False)}


def _flip(flip: Row | None) -> list[Any] | None:
    if flip is None:
        return None
    return [flip_names(flip), [[one["path"], *one["diff"]] for one in flip.get("words", ())]]


def _main_path(payload: Any) -> str | None:
    found = next((path for path in _MAIN if string_at(payload, path)), None)
    if found is not None or payload is None:
        return found
    texts = [(path, text) for path, text in leaves(payload) if string_at(payload, path) is not None]
    long = [(path, text) for path, text in texts if " " in text.strip() or path == ""]
    return max(long, key=lambda pair: len(pair[1]))[0] if long else None


def _at(missed: Row, main: str | None) -> list[int | None]:
    return list(missed["at"]) if missed["path"] == main and missed["at"] else [None, None]


def _grounding(row: Row, main: str | None) -> dict[str, Any] | None:
    grounding = row["grounding"]
    if grounding is None or row["provisional"]:
        return None
    return {
        "b": grounding["band"],
        "s": grounding["score"],
        # Claims: start, end (or null), verdict, reason, score, evidence, premature, label.
        "c": [
            [
                *((main == "/summary" and claim.get("at")) or (None, None)),
                claim["verdict"],
                claim["reason"],
                claim["score"],
                claim["evidence"],
                claim["premature"],
                claim.get("label"),
                claim["text"],
            ]
            for claim in grounding["claims"]
        ],
    }
