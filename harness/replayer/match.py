"""Does what the client sent equal what was recorded, and if not, where do they differ? Pure.

1. Two JSON texts are compared as values: key order, white space and escapes do not count; 1 equals 1.0, true
   does not equal 1. A text that is no plain JSON (not JSON, NaN, a key twice) is compared as text.
2. Levels, from narrow to wide:
       strict   same value
       subset   every recorded member is there with the same value; members more are welcome
       schema   same members and kinds of value; an array's items look like one of the recorded items
       any      everything matches
3. A member at an ignored pointer (RFC 6901, with everything below it) takes no part.
4. A difference names a pointer and kinds of value, never a value; keys as in :mod:`harness.replayer.shape`.
5. A recorded body that was withheld (None) matches everything.
6. :mod:`harness.replayer.rules` widens every comparison of a replay: ignored paths, wildcards, bound ids.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from harness.replayer.rules import NO_RULES, Bound, Rules
from harness.replayer.shape import kind_of, raw_kind, shown_key

__all__ = ["Candidate", "Difference", "Level", "Nearest", "compare", "nearest"]

Data = str | bytes


class Level(StrEnum):
    """How narrow a comparison is; rule 2."""

    STRICT = "strict"
    SUBSET = "subset"
    SCHEMA = "schema"
    ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One place where the sent value is not the recorded one.

    Args:
        pointer: JSON pointer, '' for the whole message.
        what: the kinds of value, in words.
    """

    pointer: str
    what: str

    def __str__(self) -> str:
        return f"{self.pointer or 'the message'}: {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Something recorded that a message may be.

    Args:
        data: the recorded text or bytes, None where it was withheld.
        ignore: JSON pointers that are not compared.
    """

    data: Data | None
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """The closest candidate: its index, and what still differs."""

    index: int
    differences: tuple[Difference, ...]


class _NotPlain(ValueError):
    """The text is not JSON with one meaning."""


def compare(
    recorded: Data | None,
    sent: Data,
    *,
    level: Level = Level.STRICT,
    ignore: Collection[str] = (),
    rules: Rules = NO_RULES,
    bound: Bound | None = None,
) -> tuple[Difference, ...]:
    """What differs between a recorded message and one that was sent.

    Args:
        recorded: what the recording holds, None where it was withheld.
        sent: what arrived.
        level: see rule 2.
        ignore: JSON pointers that take no part.
        rules: what holds for all comparisons.
        bound: ids captured before; those of ``sent`` are added if it matches.

    Returns:
        The differences in the order of the recorded members; empty when the two match.
    """
    if level is Level.ANY or recorded is None:
        return ()
    if recorded == sent and not rules.bind and not rules.wildcards:
        return ()
    if isinstance(recorded, bytes) or isinstance(sent, bytes):
        return _compare_raw(recorded, sent)
    walk = _Walk(level, frozenset(ignore), rules, bound)
    try:
        found = tuple(walk.values(_parse(recorded), _parse(sent), ""))
        if bound is not None and not found:
            bound.live.update(walk.captured)
        return found
    except (_NotPlain, RecursionError):
        return _compare_raw(recorded, sent)


def nearest(
    sent: Data,
    candidates: Sequence[Candidate],
    *,
    level: Level = Level.STRICT,
    rules: Rules = NO_RULES,
    bound: Bound | None = None,
) -> Nearest | None:
    """The candidate with the fewest differences, the first of equals; None without candidates."""
    best: Nearest | None = None
    for index, candidate in enumerate(candidates):
        differences = compare(candidate.data, sent, level=level, ignore=candidate.ignore, rules=rules, bound=bound)
        if best is None or len(differences) < len(best.differences):
            best = Nearest(index=index, differences=differences)
        if not differences:
            break
    return best


def _compare_raw(recorded: Data, sent: Data) -> tuple[Difference, ...]:
    if recorded == sent:
        return ()
    if type(recorded) is not type(sent):
        return (Difference(pointer="", what=f"{raw_kind(sent)}, recorded {raw_kind(recorded)}"),)
    return (Difference(pointer="", what=f"{raw_kind(sent)} of other content, no JSON to compare by member"),)


def _parse(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_members, parse_constant=_refuse_constant)
    except ValueError as error:
        raise _NotPlain from error


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _NotPlain
    return members


def _refuse_constant(name: str) -> Any:
    raise _NotPlain(name)


class _Walk:
    """One comparison. ``pointer`` is the true one (for rule 3); what is shown is made by :meth:`_at`."""

    def __init__(
        self, level: Level, ignore: frozenset[str], rules: Rules = NO_RULES, bound: Bound | None = None
    ) -> None:
        self._level = level
        self._ignore = ignore
        self._rules = rules
        self._bound = bound or Bound()
        self.captured: dict[str, str] = {}
        self._shown: list[str] = []

    def values(self, recorded: Any, sent: Any, pointer: str) -> list[Difference]:
        if self._ignored(pointer):
            return []
        if (wildcard := self._rules.wildcard(pointer)) is not None:
            return [] if wildcard.accepts(recorded, sent) else [self._at(f"no {wildcard}")]
        kind, sent_kind = kind_of(recorded), kind_of(sent)
        if kind != sent_kind:
            return [self._at(f"{sent_kind}, recorded {kind}")]
        if kind == "object":
            return self._objects(recorded, sent, pointer)
        if kind == "array":
            return self._arrays(recorded, sent, pointer)
        if kind == "string" and self._is_bound(recorded, sent, pointer):
            return []
        if self._level is not Level.SCHEMA and recorded != sent:
            return [self._at(f"another {kind}")]
        return []

    def _ignored(self, pointer: str) -> bool:
        return pointer in self._ignore or self._rules.ignores(pointer)

    def _is_bound(self, recorded: str, sent: str, pointer: str) -> bool:
        """True if ``sent`` is what stands for ``recorded`` in this session, or is captured now."""
        if recorded in self._bound.live:
            return self._bound.live[recorded] == sent
        if not self._rules.binds(pointer):
            return False
        return self.captured.setdefault(recorded, sent) == sent

    def _objects(self, recorded: dict[str, Any], sent: dict[str, Any], pointer: str) -> list[Difference]:
        found: list[Difference] = []
        for key, value in recorded.items():
            found += self._member(key, value, sent, pointer)
        if self._level is not Level.SUBSET:
            for key in sent:
                if key not in recorded and not self._ignored(_child(pointer, key)):
                    found.append(self._at("not recorded", key))
        return found

    def _member(self, key: str, value: Any, sent: dict[str, Any], pointer: str) -> list[Difference]:
        below = _child(pointer, key)
        if key not in sent:
            return [] if self._ignored(below) else [self._at("missing", key)]
        return self._below(key, value, sent[key], below)

    def _arrays(self, recorded: list[Any], sent: list[Any], pointer: str) -> list[Difference]:
        if self._level is Level.SCHEMA:
            return self._items_alike(recorded, sent, pointer)
        if len(recorded) != len(sent):
            return [self._at(f"array of {len(sent)}, recorded {len(recorded)}")]
        found: list[Difference] = []
        for index, (value, other) in enumerate(zip(recorded, sent, strict=True)):
            found += self._below(str(index), value, other, f"{pointer}/{index}")
        return found

    def _items_alike(self, recorded: list[Any], sent: list[Any], pointer: str) -> list[Difference]:
        found: list[Difference] = []
        for index, other in enumerate(sent if recorded else []):
            tries = [self._below(str(index), value, other, f"{pointer}/{index}") for value in recorded]
            closest = min(tries, key=len)
            found += closest
        return found

    def _below(self, key: str, recorded: Any, sent: Any, pointer: str) -> list[Difference]:
        self._shown.append(key if key.isdecimal() and len(key) < 7 else shown_key(key))
        try:
            return self.values(recorded, sent, pointer)
        finally:
            self._shown.pop()

    def _at(self, what: str, key: str | None = None) -> Difference:
        names = self._shown if key is None else [*self._shown, shown_key(key)]
        return Difference(pointer="".join(f"/{name}" for name in names), what=what)


def _child(pointer: str, key: str) -> str:
    return f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
