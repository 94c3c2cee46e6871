"""The one way a JSON value becomes bytes, so that equal verdicts have equal digests everywhere.

1. Keys sorted, no spaces, ASCII only (what is not is escaped: a control or bidi character can act nowhere).
2. No NaN, no infinity.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

__all__ = ["canonical_json", "digest_of", "report_digest"]


def canonical_json(value: Any) -> bytes:
    """``value`` as bytes, by the rules above.

    Raises:
        ValueError: a number that is not finite.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")


def digest_of(value: Any) -> str:
    """``sha256:`` and the hex digest of the canonical JSON."""
    return "sha256:" + hashlib.sha256(canonical_json(value)).hexdigest()


def report_digest(report: Mapping[str, Any]) -> str:
    """The digest a report must carry: over its verdicts and its parity, never over measurements."""
    return digest_of({"parity": report["parity"], "verdicts": report["verdicts"]})
