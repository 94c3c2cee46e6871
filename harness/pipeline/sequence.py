"""The order of one conversation's messages, by the service's ``seq``.

1. A message without ``seq`` is never handed to this module: arrival order is its order.
2. Messages leave in the order of ``seq``; a late one waits at most ``window`` messages for the hole before it.
3. A ``seq`` already seen is a duplicate; one that comes after its hole was given up is late.
4. A hole is given up when more than ``window`` messages wait behind it, or when the edge says so (:meth:`give_up`);
   nothing here reads a clock.

    state of seq s      | next == s | s > next          | s < next, given up | s < next, seen
    push(s)             | released  | waits (or: hole   | "late"             | "duplicate"
                        |           | given up, rule 4) |                    |
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

__all__ = ["Hole", "Sequencer"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Hole:
    """``first`` .. ``last`` never came, both included."""

    first: int
    last: int


@dataclass(slots=True)
class Sequencer(Generic[T]):
    """Puts one conversation in order.

    Args:
        window: messages that may wait behind a hole.
        next: the seq to be released next.
    """

    window: int = 64
    next: int = 1
    _waiting: dict[int, T] = field(default_factory=dict)
    _holes: list[Hole] = field(default_factory=list)

    def begin(self, seq: int) -> None:
        """Say that ``seq`` is the first there is; once something came it is too late."""
        if self.next == 1 and not self._waiting:
            self.next = seq

    def push(self, seq: int, item: T) -> list[T | Hole] | Literal["duplicate", "late"]:
        """What may go on now, in order, holes included; or why ``item`` may not."""
        if seq < self.next:
            return "late" if self._in_hole(seq) else "duplicate"
        if seq in self._waiting:
            return "duplicate"
        self._waiting[seq] = item
        return self._release(limit=self.window)

    def give_up(self) -> list[T | Hole]:
        """Give up every hole there is and release all that waits."""
        return self._release(limit=0)

    @property
    def waiting(self) -> int:
        """Messages that wait behind a hole."""
        return len(self._waiting)

    @property
    def last_in_order(self) -> int:
        """The seq up to which nothing is missing: where a resume starts."""
        return self.next - 1

    def _in_hole(self, seq: int) -> bool:
        index = bisect_right(self._holes, seq, key=lambda hole: hole.first) - 1
        return index >= 0 and seq <= self._holes[index].last

    def _release(self, limit: int) -> list[T | Hole]:
        released: list[T | Hole] = []
        while self.next in self._waiting or len(self._waiting) > limit:
            if self.next in self._waiting:
                released.append(self._waiting.pop(self.next))
                self.next += 1
            else:
                hole = Hole(self.next, min(self._waiting) - 1)
                self._holes.append(hole)
                self.next = hole.last + 1
                released.append(hole)
        return released
