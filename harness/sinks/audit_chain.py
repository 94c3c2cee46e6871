"""One line of the audit log: how it is written, and how it hangs on the line before it (``AUDIT.md`` is the format).

1. ``prev`` is the SHA-256 of the whole line before, 64 zeros in the first: anybody can check order and completeness.
2. ``mac`` is HMAC-SHA256 of the line's own bytes before ``,"mac"``, under a key that is kept elsewhere: who has not
   the key can neither change a record nor write the log anew.
3. ``mac`` comes last, so that a line is checked as bytes and never written again to be checked.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["FIRST", "FORMAT", "BadLine", "Link", "head_of", "link", "parse_line", "same"]

FORMAT = "audit/1"
FIRST = "0" * 64
_TAIL = re.compile(rb',"prev":"([0-9a-f]{64})","mac":"([0-9a-f]{64})"\}\Z')
_MAC_LENGTH = len(',"mac":"') + 64 + len('"}')


class BadLine(Exception):
    """The line is no record of an audit log."""


@dataclass(frozen=True, slots=True)
class Link:
    """A record as read: what it says, and what it hangs on.

    Args:
        record: the fields, chain included.
        prev: hash of the line before, as this line states it.
        mac: the line's code, as it states it.
        signed: the bytes the code is of.
        head: this line's own hash, which the next one must state.
    """

    record: Mapping[str, Any]
    prev: str
    mac: str
    signed: bytes
    head: str


def link(record: Mapping[str, Any], prev: str, key: bytes) -> bytes:
    """The line of ``record`` behind the line whose hash is ``prev``, newline excluded."""
    body = json.dumps({**record, "prev": prev}, ensure_ascii=False, separators=(",", ":"))
    signed = body.encode("utf-8", "backslashreplace")[:-1]
    return signed + b',"mac":"' + hmac.new(key, signed, hashlib.sha256).hexdigest().encode() + b'"}'


def head_of(line: bytes) -> str:
    """The hash by which the next line refers to ``line``."""
    return hashlib.sha256(line).hexdigest()


def parse_line(line: bytes) -> Link:
    """Read ``line``, newline excluded.

    Raises:
        BadLine: it is not a record with its chain.
    """
    tail = _TAIL.search(line)
    if tail is None:
        raise BadLine
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        raise BadLine from None
    if type(record.get("n")) is not int or not isinstance(record.get("record"), str):
        raise BadLine
    prev, mac = (group.decode() for group in tail.groups())
    return Link(record, prev, mac, line[:-_MAC_LENGTH], head_of(line))


def same(one: Link, key: bytes) -> bool:
    """Whether ``one`` was written with ``key``."""
    return hmac.compare_digest(hmac.new(key, one.signed, hashlib.sha256).hexdigest(), one.mac)
