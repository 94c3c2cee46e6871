"""The words of a fault, ``NAME:key=value,key=value``, and which parameters each kind has. Pure.

1. Every fault has ``at`` (a place, see :mod:`harness.replayer.places`; without it one is drawn from the seed), ``nth`` (the
   first of the matches to take, from 1) and ``times`` (at how many matches, or ``all``). The others are in ``PARAMETERS``.
2. A word that is not in the table is refused, with what there is; so is a value that can never be right.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.errors import ConfigError
from harness.replayer.fault_tools import Fault
from harness.replayer.places import parse_place

__all__ = ["NAMES", "PARAMETERS", "parameters_of", "parse_fault", "parse_faults"]

PARAMETERS: Mapping[str, tuple[str, ...]] = {
    # content
    "malformed_json": (),
    "non_object": (),
    "nan": (),
    "deep": ("depth",),
    "huge_int": ("digits",),
    "lone_surrogate": (),
    "duplicate_keys": (),
    "bad_utf8": (),
    "binary": (),
    "oversize": ("bytes",),
    "fragment": ("n",),
    "extra_field": (),
    "missing_field": ("field",),
    "unknown_enum": ("field",),
    "type_change": ("field",),
    "partial_never_final": (),
    "error_type": (),
    "rechunk": ("boundaries",),
    # order
    "duplicate": ("n",),
    "reorder": ("window",),
    "gap": ("n",),
    "late_after_end": (),
    "missing_end": (),
    "burst": ("n",),
    "summary_missing": (),
    "summary_late": ("by",),
    # connection and token
    "drop": ("code",),
    "refuse_reconnect": ("n", "status", "code"),
    "accept_then_close": ("n", "code"),
    "restart": ("n",),
    "stall": ("s", "silent"),
    "no_pong": (),
    "slow_read": ("ms",),
    "ping_storm": ("n",),
    "closing": ("grace",),
    "token_expired": (),
    "token_revoked": (),
    "handshake_401": ("n", "retry_after"),
    "handshake_403": ("n", "retry_after"),
    "handshake_429": ("n", "retry_after"),
    "handshake_5xx": ("n", "status", "retry_after"),
    # requests
    "429": ("n", "retry_after"),
    "5xx": ("n", "status", "retry_after"),
    "slow": ("ms",),
    "rest_401_while_ws_alive": ("n",),
}
"""The parameters of each kind of fault, beside ``at``, ``nth`` and ``times``."""

NAMES = tuple(sorted(PARAMETERS))

_EVERY = ("at", "nth", "times")
_COUNTS = frozenset("n window by".split())
_NUMBERS = frozenset("s ms grace depth digits bytes status".split())
_DEFAULT_PLACES = {
    "missing_end": "type:end",
    "summary_missing": "type:summary.completed",
    "summary_late": "type:summary.completed",
    "error_type": "type:summary.completed",
    "partial_never_final": "type:utterance",
    "rechunk": "type:summary.delta",
}
"""Where a fault is put that makes sense in one kind of message only."""


def parse_fault(text: str, *, option: str = "--fault") -> Fault:
    """A fault from its words.

    Args:
        text: the words.
        option: where they come from, for messages.

    Raises:
        ConfigError: no such fault, key, place or number.
    """
    name, options = _split(text, option)
    at = options.pop("at", None) or _DEFAULT_PLACES.get(name)
    times = options.pop("times", "1")
    fault = Fault(
        text=text.strip(),
        name=name,
        at=parse_place(at, option=f"{option} {name}:at") if at else None,
        nth=_count(f"{option} {name}:nth", options.pop("nth", "1")),
        times=None if times == "all" else _count(f"{option} {name}:times", times),
        options=options,
    )
    for key in options.keys() & _COUNTS:
        _count(f"{option} {name}:{key}", options[key])
    for key in options.keys() & _NUMBERS:
        fault.number(key, 0)
    fault.retry_after()
    fault.silent()
    return fault


def parse_faults(text: str) -> list[Fault]:
    """The faults of a file: one a line, ``#`` begins a comment.

    Raises:
        ConfigError: as :func:`parse_fault`; it names the line.
    """
    lines = ((number, line.partition("#")[0].strip()) for number, line in enumerate(text.splitlines(), 1))
    return [parse_fault(line, option=f"--faults line {number}") for number, line in lines if line]


def parameters_of(text: str) -> tuple[str, dict[str, str]]:
    """The kind of a fault and everything that was asked for, ``at``, ``nth`` and ``times`` too; '' is none."""
    return _split(text, "--fault") if text else ("", {})


def _split(text: str, option: str) -> tuple[str, dict[str, str]]:
    name, _, rest = text.strip().partition(":")
    name = name.lower()
    if name not in PARAMETERS:
        raise ConfigError(option, name, "one of " + ", ".join(NAMES))
    allowed = (*PARAMETERS[name], *_EVERY)
    options: dict[str, str] = {}
    for pair in filter(None, rest.split(",")):
        key, equals, value = pair.partition("=")
        if not equals or key not in allowed:
            raise ConfigError(f"{option} {name}", pair, "KEY=VALUE with one of " + ", ".join(allowed))
        options[key] = value
    return name, options


def _count(setting: str, text: str) -> int:
    if not (text.isdecimal() and 0 < int(text) <= 1_000_000):
        raise ConfigError(setting, text, "a whole number above 0")
    return int(text)
