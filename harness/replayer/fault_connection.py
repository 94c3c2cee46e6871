"""Faults of the connection, of the token, and of the handshake. Pure.

    drop(code=CODE|fin|rst)  refuse_reconnect(n,status,code)  accept_then_close(n,code)  stall(s,silent=yes)  no_pong
    slow_read(ms)  ping_storm(n)  closing(grace)  restart(n)  token_expired  token_revoked  handshake_401(n)
    handshake_403(n)  handshake_429(n,retry_after=SECONDS|none|long|date)  handshake_5xx(n,status)

A silent stall answers no pings either, from then on. After a cut the rest of the recording is played to the client when it comes back.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import replace

from harness.errors import ConfigError
from harness.replayer.fault_tools import (
    Change,
    Fault,
    continuation,
    edited,
    end_of,
    json_object,
    refusal,
    renumbered,
    spliced,
)
from harness.replayer.steps import Action, Step, Track
from harness.wire.ready_frames import PING, frame

__all__ = ["CONNECTION", "HANDSHAKE"]


def _cut(track: Track, index: int, fault: Fault, how: str, between: list[Track] | None = None) -> list[Track]:
    """The connection ends behind step ``index``; then ``between``; then the rest."""
    end = end_of(track, index, fault, how)
    return [replace(track, steps=(*track.steps[: index + 1], end)), *(between or []), continuation(track, index)]


def _drop(track: Track, index: int, fault: Fault, _: random.Random) -> list[Track]:
    return _cut(track, index, fault, fault.options.get("code", "fin"))


def _refuse_reconnect(track: Track, index: int, fault: Fault, _: random.Random) -> list[Track]:
    refused = refusal(track, fault, _status(fault, 503))
    return _cut(track, index, fault, fault.options.get("code", "fin"), [refused] * max(1, fault.count("n", 2)))


def _restart(track: Track, index: int, fault: Fault, _: random.Random) -> list[Track]:
    return _cut(track, index, fault, "1012", [refusal(track, fault, 503)] * fault.count("n", 1))


def _stall(track: Track, index: int, fault: Fault, _: random.Random) -> list[Track]:
    held = edited(track, index, fault, hold_us=round(fault.number("s", 2) * 1e6))
    return [spliced(held, index, 0, [_tweak(track, index, fault, "no_pong")])] if fault.silent() else [held]


def _tweak(track: Track, index: int, fault: Fault, tweak: str, number: int = 0) -> Step:
    step = track.steps[index]
    return Step(
        n=step.n,
        t_us=step.t_us,
        action=Action.TWEAK,
        parent=step.parent,
        tweak=tweak,
        code=number,
        fault=fault.text,
    )


def _no_pong(track: Track, index: int, fault: Fault, _: random.Random) -> list[Track]:
    return [spliced(track, index, 0, [_tweak(track, index, fault, "no_pong")])]


def _slow_read(track: Track, index: int, fault: Fault, _: random.Random) -> list[Track]:
    return [spliced(track, index, 0, [_tweak(track, index, fault, "slow_read", fault.count("ms", 1000))])]


def _ping_storm(track: Track, index: int, fault: Fault, _: random.Random) -> list[Track]:
    pings = b"".join(frame(PING, b"%d" % number) for number in range(max(1, fault.count("n", 100))))
    storm = replace(_tweak(track, index, fault, "ping_storm"), action=Action.RAW, data=pings)
    return [spliced(track, index, 0, [storm])]


def _closing(track: Track, index: int, fault: Fault, _: random.Random) -> list[Track]:
    """The service says that it will close, and does after the grace."""
    grace_s = fault.number("grace", 1, most=3600)
    step = track.steps[index]
    value = json_object(step) or {}
    said = {"type": "closing", "interaction_id": value.get("interaction_id"), "grace_s": grace_s}
    if isinstance(value.get("seq"), int):
        said["seq"] = value["seq"] + 1
        track = renumbered(track, index + 1, 1)
    warning = replace(step, data=json.dumps(said, separators=(",", ":")), fault=fault.text, parent=step.parent)
    track = spliced(track, index + 1, 0, [warning])
    cut, *rest = _cut(track, index + 1, fault, "1001")
    held = replace(cut.steps[-1], hold_us=round(grace_s * 1e6))
    return [replace(cut, steps=(*cut.steps[:-1], held)), *rest]


def _token_expired(track: Track, index: int, fault: Fault, _: random.Random) -> list[Track]:
    track = spliced(track, index + 1, 0, [replace(_tweak(track, index, fault, "revoke"), parent=index)])
    return _cut(track, index + 1, fault, "4401")


def _token_revoked(track: Track, index: int, fault: Fault, _: random.Random) -> list[Track]:
    return [spliced(track, index, 0, [_tweak(track, index, fault, "revoke")])]


def _accept_then_close(track: Track, _: int, fault: Fault, __: random.Random) -> list[Track]:
    code = fault.count("code", 1001, most=4999)
    end = Step(n=track.n, t_us=track.t_us, action=Action.CLOSE, code=code, any_code=True, fault=fault.text)
    short = replace(track, steps=(end,), aside=True, fault=fault.text)
    return [*([short] * max(1, fault.count("n", 3))), track]


def _status(fault: Fault, default: int) -> int:
    status = fault.count("status", default, most=599)
    if status < 300:
        raise ConfigError(f"--fault {fault.name}:status", status, "a status from 300 to 599")
    return status


def _handshake(status: int) -> Change:
    def apply(track: Track, _: int, fault: Fault, __: random.Random) -> list[Track]:
        after = fault.retry_after()
        headers = [("retry-after", after)] if after else []
        answered = _status(fault, status)
        return [*([refusal(track, fault, answered, headers)] * max(1, fault.count("n", 1))), track]

    return apply


CONNECTION: Mapping[str, Change] = {
    "drop": _drop,
    "refuse_reconnect": _refuse_reconnect,
    "restart": _restart,
    "stall": _stall,
    "no_pong": _no_pong,
    "slow_read": _slow_read,
    "ping_storm": _ping_storm,
    "closing": _closing,
    "token_expired": _token_expired,
    "token_revoked": _token_revoked,
}
"""Faults at a message."""

HANDSHAKE: Mapping[str, Change] = {
    "accept_then_close": _accept_then_close,
    "handshake_401": _handshake(401),
    "handshake_403": _handshake(403),
    "handshake_429": _handshake(429),
    "handshake_5xx": _handshake(503),
}
"""Faults before a connection."""
