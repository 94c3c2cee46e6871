"""Which messages came out otherwise in two runs over one corpus, and why.

1. Rows pair by session and number; a flip is a row whose verdict, reasons, spans or redacted payload differ.
2. Why: the rules that fired on one side only, the reasons of one side only, and the words of the redacted output that differ,
   with a few words around them.
3. Texts are those of ``results.jsonl``: redacted by the run they come from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from harness.pipeline.payload import leaves

__all__ = ["flips", "word_diff"]

_AROUND = 3
"""Words kept on either side of a change."""

Row = Mapping[str, Any]
Change = tuple[str, str]
"""``=``, ``-`` or ``+``, and the words."""


def flips(before: Iterable[Row], after: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """The messages that differ, in the order of the first run; those of one run only come as such."""
    new = {(row["session"], row["number"]): row for row in after}
    for old in before:
        now = new.pop((old["session"], old["number"]), None)
        if now is None:
            yield {**_about(old), "side": "before"}
        elif differs(old, now):
            yield {**_about(now), "side": "both", **_why(old, now)}
    for now in new.values():
        yield {**_about(now), "side": "after"}


def differs(old: Row, new: Row) -> bool:
    """Rule 1."""
    return any(old[name] != new[name] for name in ("verdict", "reasons", "digest")) or _spans(old) != _spans(new)


def _about(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in ("session", "file", "number", "conversation", "seq", "event")}


def _why(old: Row, new: Row) -> dict[str, Any]:
    gone, come = _spans(old) - _spans(new), _spans(new) - _spans(old)
    return {
        "verdict": [old["verdict"], new["verdict"]],
        "reasons": {"before": _only(old["reasons"], new["reasons"]), "after": _only(new["reasons"], old["reasons"])},
        "rules": {"before": _rules(gone), "after": _rules(come)},
        "spans_lost": _places(gone),
        "spans_gained": _places(come),
        "words": [{"path": path, "diff": diff} for path, diff in _texts(old, new)],
    }


Span = tuple[str, int, int, str, str]


def _spans(row: Row) -> Counter[Span]:
    return Counter((s["path"], s["start"], s["end"], s["type"], s["rule"]) for s in row["spans"])


def _rules(spans: Counter[Span]) -> list[str]:
    return sorted({span[4] for span in spans})


def _places(spans: Counter[Span]) -> list[dict[str, Any]]:
    return [dict(zip(("path", "start", "end", "type", "rule"), span, strict=True)) for span in sorted(spans)]


def _only(these: Sequence[str], those: Sequence[str]) -> list[str]:
    return [reason for reason in these if reason not in those]


def _texts(old: Row, new: Row) -> Iterator[tuple[str, list[Change]]]:
    one, two = dict(leaves(old["payload"])), dict(leaves(new["payload"]))
    for path in {**one, **two}:
        a, b = one.get(path, ""), two.get(path, "")
        if a != b:
            yield path, word_diff(a, b)


def word_diff(old: str, new: str) -> list[Change]:
    """The words that differ, with a few around them; what lies further off is ``…``."""
    a, b = old.split(), new.split()
    diff: list[Change] = []
    steps = SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    for index, (what, i1, i2, j1, j2) in enumerate(steps):
        if what == "equal":
            words = _cut(a[i1:i2], first=index == 0, last=index == len(steps) - 1)
            diff += [("=", " ".join(words))] if words else []
            continue
        diff += [("-", " ".join(a[i1:i2]))] if i2 > i1 else []
        diff += [("+", " ".join(b[j1:j2]))] if j2 > j1 else []
    return diff


def _cut(words: list[str], *, first: bool, last: bool) -> list[str]:
    head, tail = ([] if first else words[:_AROUND]), ([] if last else words[-_AROUND:])
    return words if len(words) <= len(head) + len(tail) else [*head, "…", *tail]
