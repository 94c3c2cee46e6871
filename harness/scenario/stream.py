"""The service's side of one interaction: ``seq``, duplicates, swaps, skips.

1. Every message gets the next ``seq``, from 1; flat, raw and binary messages have none.
2. A swapped message is held until the next one has gone out; nothing else happens meanwhile.
3. ``contiguous`` is the last ``seq`` up to which nothing was skipped: what a client resumes after.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.dialects.mediation import dump
from harness.scenario.labels import LabelBook
from harness.scenario.wire_builder import WireBuilder

__all__ = ["Stream"]


@dataclass(frozen=True, slots=True)
class _Message:
    """What goes out, and the reason it is to be rejected for, if it is."""

    data: str | bytes = field(repr=False)
    expect: str | None = None
    re: int | None = None


class Stream:
    """Sends messages over ``wire`` and keeps their order.

    Args:
        interaction_id: of the one conversation.
    """

    def __init__(self, wire: WireBuilder, interaction_id: str, labels: LabelBook) -> None:
        self._wire = wire
        self._interaction_id = interaction_id
        self._labels = labels
        self._seq = 0
        self._skipped: int | None = None
        self._history: list[_Message] = []
        self._to_hold = False
        self._held: _Message | None = None

    @property
    def contiguous(self) -> int:
        """The last ``seq`` before the first hole."""
        return self._seq if self._skipped is None else self._skipped - 1

    @property
    def unsettled(self) -> bool:
        """A swap still waits for its messages."""
        return self._to_hold or self._held is not None

    @property
    def sent(self) -> int:
        """Messages so far, those held and repeated included."""
        return len(self._history)

    def say(
        self, t: int, type_: str, fields: Mapping[str, Any], *, expect: str | None = None, re: int | None = None
    ) -> int:
        """One typed message, not before ``t`` (us); returns its ``seq``."""
        self._seq += 1
        head = {"type": type_, "interaction_id": self._interaction_id, "seq": self._seq}
        self.emit(t, dump({**head, **fields}), expect=expect, re=re)
        return self._seq

    def emit(self, t: int, data: str | bytes, *, expect: str | None = None, re: int | None = None) -> None:
        """A message as it is, outside the order of ``seq``."""
        message = _Message(data, expect, re)
        self._history.append(message)
        if self._to_hold:
            self._to_hold, self._held = False, message
            return
        self._transmit(t, message)
        if self._held is not None:
            held, self._held = self._held, None
            self._transmit(t, held)

    def repeat(self, t: int, back: int) -> None:
        """The message sent ``back`` messages ago once more; the caller has checked that there is one."""
        earlier = self._history[-back]
        self.emit(t, earlier.data, expect=earlier.expect)

    def swap(self) -> None:
        """Hold the next message until the one after it is out."""
        self._to_hold = True

    def skip(self) -> None:
        """Leave out one ``seq``."""
        self._seq += 1
        self._skipped = self._skipped or self._seq

    def _transmit(self, t: int, message: _Message) -> None:
        if isinstance(message.data, bytes):
            encoded = base64.b64encode(message.data).decode("ascii")
            self._wire.receive(t, base64=encoded, size=len(message.data), re=message.re)
        else:
            size = len(message.data.encode("utf-8"))
            self._wire.receive(t, text=message.data, size=size, re=message.re)
        if message.expect is not None:
            self._labels.rejected(self._wire.received, message.expect)
