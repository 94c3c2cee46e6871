"""What a script asks its player to do. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.errors import ReplayError
from harness.replayer.steps import Action, Step

__all__ = ["Close", "Command", "Drop", "Fail", "Ping", "Raw", "Reset", "Run", "Send", "Tweak", "of_step"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Send a message; ``step`` is its index, for :meth:`Script.unsent`; ``fragments`` as in the step."""

    step: int
    data: str | bytes = field(repr=False)
    fragments: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Send the messages at the plan's places ``first`` to ``last`` (not included)."""

    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """Write these bytes as they are."""

    step: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tweak:
    """Change how the connection, or the service, behaves from now on."""

    name: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """Abort the transport with a TCP reset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """Send a ping frame."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """Send a close frame; ``code`` None = one without a code (the client sees 1005)."""

    code: int | None
    reason: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """End the transport without a close frame, once everything sent is flushed (the client sees 1006)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail:
    """Note a problem."""

    error: ReplayError


Command = Send | Run | Ping | Close | Drop | Raw | Tweak | Reset | Fail


def of_step(index: int, step: Step, data: str | bytes | None) -> Command:
    """The command that plays ``step`` of ours, with ``data`` as its payload."""
    match step.action:
        case Action.SEND:
            assert data is not None
            return Send(step=index, data=data, fragments=step.fragments)
        case Action.PING:
            assert isinstance(data, bytes)
            return Ping(data=data)
        case Action.RAW:
            assert isinstance(data, bytes)
            return Raw(step=index, data=data)
        case Action.TWEAK:
            return Tweak(name=step.tweak, number=step.code or 0)
        case Action.CLOSE:
            return Close(code=step.code, reason=step.reason)
        case Action.RESET:
            return Reset()
        case _:
            return Drop()
