"""Latency from the time a message was meant to be sent, where that is known: in a replay at a speed.

1. From a message's arrival a wait that the harness itself causes is left out: what stands still does not receive. From the
   time the recording has for it, it is in the figure (coordinated omission).
2. The time is that of the schedule: the recorded distance, over the speed, from the live time of what caused the message.
3. Messages pair by their order. Where not as many came as were sent, none is recorded: a wrong pair would be a wrong figure.
"""

from __future__ import annotations

from array import array

from harness.metrics.latency import FROM_INTENDED, LatencyBook

__all__ = ["Intended"]


class Intended:
    """The messages of one session: give :meth:`sent` to its service, :meth:`settled` its outcomes."""

    def __init__(self) -> None:
        self._due_ns = array("q")
        self._done_ns = array("q")

    def sent(self, due_ns: int) -> None:
        """A message was sent that was due at ``due_ns``."""
        self._due_ns.append(due_ns)

    def settled(self, now_ns: int) -> None:
        """The next message of the stream has its outcome."""
        self._done_ns.append(now_ns)

    def record(self, book: LatencyBook) -> None:
        """Everything, into ``book``; rule 3."""
        if len(self._due_ns) == len(self._done_ns):
            for due_ns, done_ns in zip(self._due_ns, self._done_ns, strict=True):
                book.record(FROM_INTENDED, max(0, done_ns - due_ns))
