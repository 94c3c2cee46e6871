"""What a comparison lets pass beyond equality: ignored paths, typed wildcards, bound ids. Pure.

1. A path is a JSON pointer (RFC 6901); a segment ``*`` stands for any member or index. What is ignored takes everything
   below it along.
2. A wildcard says what a value at a path must look like instead of being equal:
       uuid  iso8601  string  number  number~0.5 (that near to the recorded one)  regex:^[a-z]+$ (the whole string)
3. A bound path holds an id that is another one live: the first live value at it is captured. From then on the
   recorded id stands for the live one, in what the client sends and, as a whole JSON string, in what it is answered.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.errors import ConfigError

__all__ = ["NO_RULES", "Bound", "Rules", "Sessions", "Wildcard", "parse_wildcard"]

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}", re.ASCII)
_ISO = re.compile(  # RFC 3339 5.6, and a date alone
    r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"(?:[Tt ](?:[01]\d|2[0-3]):[0-5]\d(?::(?:[0-5]\d|60)(?:\.\d+)?)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?)?",
    re.ASCII,
)
_ALLOWED = "uuid, iso8601, string, number, number~TOLERANCE or regex:PATTERN"


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Accepts values of a kind; rule 2.

    Args:
        kind: uuid | iso8601 | string | number | regex.
        tolerance: of a number, None = any number.
        pattern: of a regex.
    """

    kind: str
    tolerance: float | None = None
    pattern: re.Pattern[str] | None = None

    def accepts(self, recorded: Any, sent: Any) -> bool:
        """True if ``sent`` may stand where ``recorded`` was."""
        if self.kind == "number":
            return _is_number(sent) and (self.tolerance is None or _near(recorded, sent, self.tolerance))
        if not isinstance(sent, str):
            return False
        pattern = {"uuid": _UUID, "iso8601": _ISO, "regex": self.pattern}.get(self.kind)
        return pattern is None or pattern.fullmatch(sent) is not None

    def __str__(self) -> str:
        return self.kind if self.tolerance is None else f"number~{self.tolerance:g}"


def parse_wildcard(text: str) -> tuple[str, Wildcard]:
    """A path and its wildcard from ``/path=uuid``.

    Raises:
        ConfigError: it is not of that form.
    """
    path, equals, kind = text.partition("=")
    if not equals:
        raise ConfigError("--accept", text, f"PATH=KIND with KIND one of {_ALLOWED}")
    return _checked_path("--accept", path), _wildcard(text, kind)


def _wildcard(text: str, kind: str) -> Wildcard:
    name, _, rest = kind.partition(":" if kind.startswith("regex:") else "~")
    try:
        if name == "regex":
            return Wildcard("regex", pattern=re.compile(rest))
        if name == "number" and rest:
            return Wildcard("number", tolerance=abs(float(rest)))
    except (ValueError, re.error):
        name = ""
    if name not in ("uuid", "iso8601", "string", "number") or rest:
        raise ConfigError("--accept", text, f"PATH=KIND with KIND one of {_ALLOWED}")
    return Wildcard(name)


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for every comparison of a replay.

    Args:
        ignore: paths that are not compared.
        wildcards: path -> what its value must look like.
        bind: paths of ids that are captured.

    Raises:
        ConfigError: a path is no JSON pointer.
    """

    ignore: Sequence[str] = ()
    wildcards: Mapping[str, Wildcard] = field(default_factory=dict)
    bind: Sequence[str] = ()
    _ignored: re.Pattern[str] | None = field(init=False, repr=False, compare=False, default=None)
    _bound: re.Pattern[str] | None = field(init=False, repr=False, compare=False, default=None)
    _wild: tuple[tuple[re.Pattern[str], Wildcard], ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ignored", _any_of("--ignore", self.ignore))
        object.__setattr__(self, "_bound", _any_of("--bind", self.bind))
        wild = tuple(
            (re.compile(_regex(_checked_path("--accept", path))), kind) for path, kind in self.wildcards.items()
        )
        object.__setattr__(self, "_wild", wild)

    def ignores(self, pointer: str) -> bool:
        return self._ignored is not None and self._ignored.fullmatch(pointer) is not None

    def binds(self, pointer: str) -> bool:
        return self._bound is not None and self._bound.fullmatch(pointer) is not None

    def wildcard(self, pointer: str) -> Wildcard | None:
        """The wildcard at ``pointer``, if there is one."""
        return next((kind for pattern, kind in self._wild if pattern.fullmatch(pointer)), None)


class Bound:
    """The ids one session has captured; rule 3."""

    def __init__(self) -> None:
        self.live: dict[str, str] = {}
        """recorded -> live."""

    def copy(self) -> Bound:
        """The same ids; what is captured in the copy stays there."""
        made = Bound()
        made.live.update(self.live)
        return made

    def of(self, recorded: str) -> str:
        """What stands for ``recorded`` in this session."""
        return self.live.get(recorded, recorded)

    def put_into(self, text: str) -> str:
        """``text`` with every JSON string that is a captured id replaced by the live one."""
        for recorded, live in self.live.items():
            if recorded != live:
                text = text.replace(json.dumps(recorded), json.dumps(live))
        return text


class Sessions:
    """Which recorded conversation each live one plays, and the ids it has captured."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str | None, Bound]] = {}

    def of(self, live: str | None) -> tuple[str | None, Bound]:
        """The recorded conversation and the bound ids of the live one; itself and none where nothing was captured."""
        found = self._known.get(live) if live is not None else None
        return found or (live, Bound())

    def keep(self, live: str | None, recorded: str | None, bound: Bound) -> None:
        if live is not None and bound.live:
            self._known[live] = (recorded, bound)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _near(recorded: Any, sent: Any, tolerance: float) -> bool:
    return _is_number(recorded) and abs(sent - recorded) <= tolerance


def _checked_path(option: str, path: str) -> str:
    if path and not path.startswith("/"):
        raise ConfigError(option, path, "a JSON pointer such as /interaction_id")
    return path


def _any_of(option: str, paths: Iterable[str]) -> re.Pattern[str] | None:
    patterns = [_regex(_checked_path(option, path)) for path in paths]
    return re.compile("|".join(patterns)) if patterns else None


def _regex(path: str) -> str:
    return "/".join("[^/]*" if segment == "*" else re.escape(segment) for segment in path.split("/"))


NO_RULES = Rules()
