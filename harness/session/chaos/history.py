"""Is a history clean? What the service sent, the client received, the recording, the audit log and the sinks hold. Pure.

1. **lost**: a message that was sent in order to be understood (it has a ``seq``) and was never processed; a received one
   without an audit record or an outcome; an accepted summary without a delivery. Where the session ended by an error,
   what had not been received by then was not lost, the session ended.
2. **duplicated**: a ``seq`` processed twice, a message audited twice, a summary delivered twice to one sink. A repetition
   that was refused (``duplicate_seq``, ``late_seq``) is no duplicate.
3. **reordered**: an audit record, an outcome or a delivery that stands before one of an earlier message.
4. **unrecorded**: a ``seq`` below the last one processed that neither was processed nor lies in a recorded gap.
5. Everything else that cannot be is a **contradiction**: something received that was never sent, a gap over a message
   that was processed, a record that says something else than the outcome, a delivery before its audit record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

__all__ = ["Delivered", "Findings", "History", "Message", "Told", "examine"]

_REFUSED_AGAIN = frozenset({"duplicate_seq", "late_seq"})


@dataclass(frozen=True, slots=True)
class Message:
    """A message on the wire as the dialect reads it; ``seq`` None where it cannot be understood."""

    type: str
    seq: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the recording, or the audit log, says of message ``number`` of a session.

    ``place``: of an outcome, the recorded message it is about; of an audit record, its own.
    """

    number: int
    place: int
    service: str = "stream"
    type: str
    seq: int | None
    verdict: str
    reasons: tuple[str, ...] = ()
    deliverable: bool = False

    @property
    def processed(self) -> bool:
        """It has its place in the order, and was not refused as a repetition."""
        return self.seq is not None and not _REFUSED_AGAIN.intersection(self.reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A delivery to ``sink``; ``place``: of its record in the audit log."""

    sink: str
    key: str
    number: int
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One session from five sides.

    Args:
        sent: by the service, over all connections, in order.
        received: by the client, of the stream.
        recorded: the outcomes of the recording, in its order.
        audited: the message records of the audit log, in its order.
        delivered: the delivery records of the audit log, in its order.
        gaps: (first, last) of every recorded gap.
        error: type of what ended the session early, '' if it ended in order.
    """

    sent: Sequence[Message]
    received: Sequence[Message]
    recorded: Sequence[Told]
    audited: Sequence[Told]
    delivered: Sequence[Delivered]
    gaps: Sequence[tuple[int, int]]
    error: str = ""

    @property
    def ended(self) -> bool:
        """The service said that the conversation is over, in words that can be understood."""
        return any(message.type == "end" and message.seq is not None for message in self.sent)


@dataclass(slots=True)
class Findings:
    """What is wrong with a history; words name messages by number and ``seq``, never their text."""

    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    reordered: list[str] = field(default_factory=list)
    unrecorded: list[str] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)

    @property
    def all(self) -> list[str]:
        """Everything, in words."""
        named = (("lost", self.lost), ("duplicated", self.duplicated), ("reordered", self.reordered))
        more = (("unrecorded gap", self.unrecorded), ("contradiction", self.contradictions))
        return [f"{kind}: {words}" for kind, found in (*named, *more) for words in found]


def examine(history: History) -> Findings:
    """Everything that is wrong with ``history``; nothing is, in a clean one."""
    found = Findings()
    processed = Counter(one.seq for one in history.recorded if one.processed and one.seq is not None)
    _wire(history, processed, found)
    _gaps(history, processed, found)
    _records(history, found)
    _deliveries(history, found)
    return found


def _wire(history: History, processed: Counter[int], found: Findings) -> None:
    """Sent, received, processed."""
    known = history.received if history.error else (*history.sent, *history.received)
    understood = {message.seq for message in known if message.seq is not None}
    found.lost += [f"seq {seq}" for seq in sorted(understood - processed.keys())]
    found.duplicated += [f"seq {seq}" for seq, times in sorted(processed.items()) for _ in range(times - 1)]
    for message in (Counter(history.received) - Counter(history.sent)).elements():
        found.contradictions.append(f"{message.type} {message.seq} was received and never sent")


def _gaps(history: History, processed: Counter[int], found: Findings) -> None:
    """Rule 4, and gaps over what came."""
    given_up = {seq for first, last in history.gaps for seq in range(first, last + 1)}
    last = max(processed, default=0)
    first = min((message.seq for message in history.sent if message.type == "subscribed" and message.seq), default=1)
    missing = set(range(first, last)) - processed.keys() - given_up
    found.unrecorded += [f"seq {seq}" for seq in sorted(missing)]
    found.contradictions += [f"seq {seq} is in a gap and was processed" for seq in sorted(given_up & processed.keys())]


def _records(history: History, found: Findings) -> None:
    """Received, audited, recorded: one of each, in one order, saying the same."""
    of_stream = [one.place for one in history.recorded if one.service == "stream"]
    missing = len(history.received) - len(set(of_stream))
    found.lost += [f"{missing} received messages have no outcome"] * (missing > 0)
    numbers = [one.number for one in history.audited]
    for name, places in (("outcome of entry", of_stream), ("audit record of message", numbers)):
        found.duplicated += [f"{name} {place}" for place in _repeated(places)]
        found.reordered += [f"{name} {later}" for later in _out_of_order(places)]
    audited = {one.number: one for one in history.audited}
    recorded = {one.number: one for one in history.recorded}
    found.lost += [f"message {number} has no audit record" for number in sorted(recorded.keys() - audited.keys())]
    found.lost += [f"message {number} has no outcome" for number in sorted(audited.keys() - recorded.keys())]
    for number in sorted(audited.keys() & recorded.keys()):
        one, other = audited[number], recorded[number]
        if (one.seq, one.type, one.verdict, one.reasons) != (other.seq, other.type, other.verdict, other.reasons):
            found.contradictions.append(f"the audit record of message {number} differs from its outcome")


def _deliveries(history: History, found: Findings) -> None:
    """Every accepted summary once to every sink that got any, in order, after its audit record."""
    due = {one.number for one in history.recorded if one.deliverable and one.verdict == "accepted"}
    audited = {one.number: one.place for one in history.audited}
    for sink in sorted({one.sink for one in history.delivered} or ({"any sink"} if due else set())):
        of_sink = [one for one in history.delivered if one.sink == sink]
        numbers = [one.number for one in of_sink]
        found.duplicated += [f"delivery of {key} to {sink}" for key in _repeated(one.key for one in of_sink)]
        found.reordered += [f"delivery of message {number} to {sink}" for number in _out_of_order(numbers)]
        found.lost += [f"message {number} was not delivered to {sink}" for number in sorted(due - set(numbers))]
        for one in of_sink:
            if one.number not in due:
                found.contradictions.append(f"message {one.number} was delivered to {sink}, which it must not be")
            elif one.place < audited.get(one.number, 0):
                found.contradictions.append(f"message {one.number} was delivered before it was audited")


def _repeated(values: Iterable[Hashable]) -> list[Hashable]:
    return [value for value, times in Counter(values).items() for _ in range(times - 1)]


def _out_of_order(numbers: Sequence[int]) -> list[int]:
    """Those that stand behind a greater one."""
    found, most = [], 0
    for number in numbers:
        if number < most:
            found.append(number)
        most = max(most, number)
    return found
