"""What went wrong on a connection, said so that it can be mended: what was expected, the nearest candidate, what differs,
and the way out. Pure; no payload in any of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.errors import ReplayIncomplete, ReplayStalled, UnexpectedMessage
from harness.replayer.match import Candidate, Level, nearest
from harness.replayer.rules import Bound, Rules
from harness.replayer.shape import shape_of
from harness.replayer.steps import Action, Step, Track

__all__ = ["another_end", "left_early", "misfit", "named", "stalled"]

_DIFFERS = (
    "record the session again if the new message is right, or widen the comparison (--match, --ignore, play.ignore)"
)
_EXTRA = "the recording expects nothing more from the client here: record the session again if it is right"
_EARLY = "the client went away: let it run to the recorded end, or name what may stay unplayed with --drain"
_STALLED = "the client did not send what it sent when it was recorded: see what it waits for, or record it again"
_ENDS = "record the session again if this end is right"


def named(track: Track, step: Step) -> str:
    """A step with the name of its recording."""
    return f"{track.recording}: {step.label}"


def misfit(
    track: Track,
    data: str | bytes,
    *,
    number: int,
    expected: Step | None,
    left: Sequence[Step],
    level: Level,
    rules: Rules,
    bound: Bound,
) -> UnexpectedMessage:
    """The failure of a send that is not ``expected``, with the nearest of all that is ``left``.

    Args:
        number: which of the client's sends it is.
        expected: the send whose turn it is, None if it is nobody's.
    """
    sends = [step for step in left if step.action is Action.EXPECT]
    candidates = [Candidate(data=step.data, ignore=step.ignore) for step in sends]
    best = nearest(data, candidates, level=level, rules=rules, bound=bound.copy())
    what, fix = f"send #{number} on {track.label}", _DIFFERS if expected else _EXTRA
    near = None if best is None else sends[best.index]
    if expected is not None and near is not expected:
        what += f" where {expected.label} was expected"
        fix = fix if best and best.differences else f"the client left out {expected.label}, or sent it later"
    return UnexpectedMessage(
        what,
        nearest="" if near is None else near.label,
        differences=() if best is None else tuple(map(str, best.differences)),
        fix=fix,
    )


def stalled(track: Track, step: Step, waited_ns: int) -> ReplayStalled:
    """The client did not do ``step`` in time."""
    like = f" like {shape}" if (shape := shape_of(step.data)) else ""
    return ReplayStalled(f"{named(track, step)}{like}", after_s=waited_ns / 1e9, fix=_STALLED)


def left_early(missing: Sequence[str]) -> ReplayIncomplete:
    """The client was gone before all was played."""
    return ReplayIncomplete(missing, fix=_EARLY)


def another_end(track: Track, step: Step, code: int) -> UnexpectedMessage:
    """The client ended the connection with ``code`` where ``step`` was recorded."""
    return UnexpectedMessage(f"close {code} by the client", nearest=named(track, step), fix=_ENDS)
