"""The part of a page that compares two runs: which messages came out otherwise, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from harness.report.render.explorer import flip_names
from harness.report.render.view import Cell, Column, Finding, Findings, Section, Table, count

__all__ = ["flips_section", "link_to"]

_SIGNS = {"=": "", "-": "−", "+": "+"}


def link_to(row: Mapping[str, Any]) -> str:
    """The message's place on the page, as ``page/main.js`` reads it; half a character cannot be in an address."""
    parts = (str(row[name]) for name in ("session", "conversation", "number"))
    return "#c/" + "/".join(
        quote(part.encode("utf-16", "surrogatepass").decode("utf-16", "replace"), safe="") for part in parts
    )


def flips_section(flips: Sequence[Mapping[str, Any]], limit: int) -> Section:
    """Every flip: kinds and counts, then the first ``limit`` with their why."""
    kinds = Counter(name for flip in flips for name in flip_names(flip))
    rows = [
        [Cell(text=name), count(number)] for name, number in sorted(kinds.items(), key=lambda kind: (-kind[1], kind[0]))
    ]
    items = [_finding(flip) for flip in flips[:limit]]
    words = (
        "Messages that came out otherwise than in the run this one is compared with: what decided on one side only, and the "
        "words that differ (− before, + now). Both sides redacted."
    )
    return Section(
        id="flips",
        title="Flips: the run before against this one",
        intro=words,
        blocks=[
            Table(
                title="By kind",
                columns=[Column("kind", False), Column("messages")],
                rows=rows,
                empty="Nothing flipped.",
            ),
            Findings(title="Messages", items=items, total=len(flips), empty="Nothing flipped.", text_label="words"),
        ],
    )


def _finding(flip: Mapping[str, Any]) -> Finding:
    seq = "" if flip["seq"] is None else f", seq {flip['seq']}"
    old, new = flip.get("verdict", ("", ""))
    return Finding(
        where=f"{flip['conversation'] or 'no conversation'}{seq}, message {flip['number']} of {flip['file']}",
        link="" if flip["side"] == "before" else link_to(flip),
        verdict=f"{old} → {new}" if old != new else new,
        reason="; ".join(flip_names(flip)),
        text=" … ".join(_words(one["diff"]) for one in flip.get("words", ())),
    )


def _words(diff: Iterable[Sequence[str]]) -> str:
    return " ".join(f"{_SIGNS[sign]}[{text}]" if sign != "=" else text for sign, text in diff)
