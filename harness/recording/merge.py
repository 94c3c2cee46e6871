"""Several recordings as one that holds all their conversations. Pure.

1. Time: the earliest ``created`` is the new start; an entry comes at its own recording's start plus its ``t``. Entries
   of one recording keep their order.
2. Connections are renamed ``r1-w1`` (the first recording's ``w1``), values ``r1-s1``, so that none is mistaken for
   another's; ``n``, ``re`` and ``of`` are given anew.
3. Refused: recordings of different dialects or states of redaction, the same recording twice, a conversation that two
   of them hold (nobody could tell whose turn it is on play).
4. The new header tells of every part: its digest under ``labels.merged``, and in ``parent`` the digest of these.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from harness.errors import RecordingFormatError
from harness.recording.codec import closed, encode_entry, encode_header
from harness.recording.copying import Line, Loaded
from harness.recording.entry import AnyEntry, Checkpoint, Header, Redaction, Unknown
from harness.recording.select import ConversationOf
from harness.recording.strict import dump

__all__ = ["merged"]


def merged(parts: Sequence[Loaded], named: ConversationOf) -> tuple[bytes, list[Line]]:
    """The header's line and the lines of the merged recording.

    Args:
        parts: two or more.
        named: the conversation an entry names.

    Raises:
        RecordingFormatError: see rule 3, or a ``created`` that is no time.
    """
    _check_alike(parts)
    _check_apart(parts, named)
    starts = [_created(part) for part in parts]
    start = min(starts)
    shifts = [(when - start) // timedelta(microseconds=1) for when in starts]
    streams = [_shifted(part, index, shift) for index, (part, shift) in enumerate(zip(parts, shifts, strict=True), 1)]
    numbers: dict[tuple[int, int], int] = {}
    lines = []
    for n, (_, index, t, entry) in enumerate(heapq.merge(*streams, key=lambda item: item[:2]), 1):
        numbers[index, entry.n] = n
        lines.append(_renumbered(entry, index, n, t, numbers))
    return encode_header(_header(parts, start)), lines


def _shifted(part: Loaded, index: int, shift: int) -> Iterator[tuple[int, int, int, AnyEntry]]:
    """(place in time, part, t, entry); the place never goes back within a part."""
    place = 0
    for entry, _ in part.lines:
        if not isinstance(entry, Checkpoint):
            place = max(place, entry.t + shift)
            yield place, index, entry.t + shift, entry


def _renumbered(entry: AnyEntry, index: int, n: int, t: int, numbers: dict[tuple[int, int], int]) -> Line:
    if isinstance(entry, Unknown):
        raw = {key: value for key, value in entry.raw.items() if key not in ("n", "t")}
        known = {key: numbers.get((index, raw[key]), raw[key]) for key in ("re", "of") if isinstance(raw.get(key), int)}
        name = {"conn": f"r{index}-{raw['conn']}"} if isinstance(raw.get("conn"), str) else {}
        raw = {"n": n, "t": t} | raw | known | name
        return Unknown(n=n, t=t, raw=raw), closed(dump(raw)[:-1])
    changes: dict[str, Any] = {"n": n, "t": t}
    for key in ("re", "of"):
        if getattr(entry, key, None) is not None:
            changes[key] = numbers.get((index, getattr(entry, key)), n)
    if getattr(entry, "conn", ""):
        changes["conn"] = f"r{index}-{entry.conn}"  # type: ignore[union-attr]  # asked for just above
    if labels := getattr(entry, "pii", ()):
        changes["pii"] = tuple(msgspec.structs.replace(label, id=f"r{index}-{label.id}") for label in labels)
    new = msgspec.structs.replace(entry, **changes)
    return new, encode_entry(new)


def _created(part: Loaded) -> datetime:
    try:
        when = datetime.fromisoformat(part.header.created)
    except ValueError:
        raise _refused(part, "created is no time", "only recordings that say when they began can be merged") from None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _check_alike(parts: Sequence[Loaded]) -> None:
    first = parts[0].header
    for part in parts[1:]:
        header = part.header
        if header.dialect != first.dialect:
            raise _refused(part, "it speaks another dialect than the first", "merge recordings of one dialect")
        if header.redaction.state != first.redaction.state:
            fix = "`harness convert --state redacted` makes them alike"
            raise _refused(part, "its state of redaction is not that of the first", fix)


def _check_apart(parts: Sequence[Loaded], named: ConversationOf) -> None:
    ids: set[str] = set()
    conversations: set[str] = set()
    for part in parts:
        if part.digest in ids:
            raise _refused(part, "this recording is among them already", "name it once")
        ids.add(part.digest)
        own = {named(entry) for entry, _ in part.lines} - {""}
        if own & conversations:
            raise _refused(part, "another of them holds one of its conversations", "`harness split` sets them apart")
        conversations |= own


def _header(parts: Sequence[Loaded], start: datetime) -> Header:
    headers = [part.header for part in parts]
    digests = [part.digest for part in parts]
    parent = f"sha256:{hashlib.sha256(chr(10).join(digests).encode()).hexdigest()}"
    first = headers[0]
    return msgspec.structs.replace(
        first,
        id=f"{first.id[:100]}-and-{len(parts) - 1}-more",
        created=start.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        source="synthetic" if _same(h.source for h in headers) == "synthetic" else "edited",
        parent=parent,
        scenario=_same(h.scenario for h in headers),
        redaction=_redaction([h.redaction for h in headers]),
        seed=_same(h.seed for h in headers),
        labels={**first.labels, "merged": " ".join(digests)},
    )


def _redaction(parts: Sequence[Redaction]) -> Redaction:
    counts: dict[str, int] = {}
    for part in parts:
        for name, count in part.counts.items():
            counts[name] = counts.get(name, 0) + count
    signed = [part.signed_off for part in parts if part.signed_off]
    return Redaction(
        state=parts[0].state,
        signed_off="; ".join(dict.fromkeys(signed)) if len(signed) == len(parts) else None,
        policy=_same(part.policy for part in parts) or "",
        key_id=_same(part.key_id for part in parts),
        counts=dict(sorted(counts.items())),
    )


def _same(values: Iterable[Any]) -> Any:
    """The one value all have, else None."""
    found = list(values)
    return found[0] if all(value == found[0] for value in found) else None


def _refused(part: Loaded, problem: str, fix: str) -> RecordingFormatError:
    return RecordingFormatError(problem, path=part.path, fix=fix)
