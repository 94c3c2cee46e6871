"""What can be worked out of a recorded connection once, and is the same for every client that plays it. Pure.

1. ``ours`` and ``theirs`` are the indexes of the steps of the service and of the client, in wire order.
2. A step of ours waits, in the end, for the client's step its chain of parents leads to: its root. Steps in a row
   with one root leave together at instant speed: a run.
3. The frames of plain messages are made once and shared; a run is written in chunks that end on frame boundaries.
"""

from __future__ import annotations

from functools import cached_property

from harness.replayer.steps import Action, Step, Track
from harness.wire.ready_frames import chunks, message

__all__ = ["Plan", "plain"]


def plain(step: Step) -> bool:
    """True for a message in one frame that waits for nothing of its own."""
    special = step.hold_us or step.fragments or step.fault
    return step.action is Action.SEND and step.data is not None and not special


class Plan:
    """The plan of one track."""

    def __init__(self, track: Track) -> None:
        steps = track.steps
        self.track = track
        self.ours = [i for i, step in enumerate(steps) if step.ours]
        self.theirs = [i for i, step in enumerate(steps) if not step.ours]
        self.parents = frozenset(self.ours).intersection(step.parent for step in steps)
        self._roots = [self._root(index) for index in self.ours]
        self._written: dict[tuple[int, int], tuple[tuple[int, bytes], ...]] = {}

    def _root(self, index: int) -> int:
        step = self.track.steps[index]
        while step.parent >= 0 and self.track.steps[step.parent].ours:
            step = self.track.steps[step.parent]
        return step.parent

    def compile(self) -> None:
        """Make the frames and the chunks of the runs now, not when the first client comes."""
        place, ends = 0, self.run_end
        while place < len(ends):
            after = max(ends[place], place + 1)
            if ends[place] > place:
                self.written(place, after)
            place = after

    @cached_property
    def run_end(self) -> list[int]:
        """For each place in ``ours``: the place after the last of the run that begins there, itself if it is none."""
        ends = list(range(len(self.ours)))
        for place in reversed(range(len(self.ours))):
            if not plain(self.track.steps[self.ours[place]]):
                continue
            after = place + 1
            alike = after < len(ends) and self._roots[after] == self._roots[place]
            ends[place] = max(after, ends[after]) if alike else after
        return ends

    @cached_property
    def _frames(self) -> list[bytes]:
        steps = (self.track.steps[index] for index in self.ours)
        return [message(step.data) if plain(step) and step.data is not None else b"" for step in steps]

    def written(self, first: int, last: int) -> tuple[tuple[int, bytes], ...]:
        """The frames of the places ``first`` to ``last`` (not included) in chunks, each with the place it begins at."""
        if last - first == 1:
            return ((first, self._frames[first]),)
        found = self._written.get((first, last))
        if found is None:
            place, made = first, []
            for count, chunk in chunks(self._frames[first:last]):
                made.append((place, chunk))
                place += count
            found = self._written[first, last] = tuple(made)
        return found
