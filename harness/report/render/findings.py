"""What is wrong with each message, as the views for machines tell it: a kind, a place, never a value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

__all__ = ["KINDS", "Finding", "findings_of"]

KINDS = {
    "leak": "Personal data that is labelled stands in clear in the redacted message.",
    "scan": "The second, independent scan still found personal data after redaction, and masked it.",
    "claim": "A summary says what its conversation does not support.",
    "parity": "The replay differs from the live session.",
}
"""Kind of a finding -> what it means."""


class Finding(NamedTuple):
    """One finding.

    Args:
        kind: one of :data:`KINDS`.
        path: JSON pointer in the message, '' for the whole of it.
        type: type of the value, reason of the claim or class of the difference.
    """

    kind: str
    path: str
    type: str


def findings_of(row: Mapping[str, Any]) -> Iterator[Finding]:
    """The findings of one line of results.jsonl; a value that another type hid is no leak."""
    for missed in row.get("missed", ()):
        if not missed["covered"]:
            yield Finding("leak", missed["path"], missed["type"])
    if not row["pii_redacted"]:
        yield Finding("scan", "", "any")
    if row["grounding"] is not None and not row["provisional"]:
        yield from _claims(row["grounding"]["claims"])
    if row["parity"] is not None:
        yield Finding("parity", "", row["parity"]["class"])


def _claims(claims: Iterable[Mapping[str, Any]]) -> Iterator[Finding]:
    for claim in claims:
        if claim["verdict"] == "ungrounded":
            yield Finding("claim", "/summary", claim["reason"])
