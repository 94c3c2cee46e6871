"""The expressions of ``--failing``: what must still be wrong with a recording. Pure.

    expression = all { "or" all }
    all        = one { "and" one }
    one        = "(" expression ")" | word
    word       = leak[:TYPE] | labels | parity[:CLASS] | ungrounded[:REASON] | verdict==VERDICT | rule:ID | CODE

1. ``and`` binds tighter than ``or``; white space does not count.
2. A word holds for a recording when a message of it has such a fact; the words of an ``and`` may mean different messages.
3. ``schema`` also means ``schema:seq``: a value followed by a colon and more is that value.
4. CODE is the code of a reason, as reports show them; what it means is not checked here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal, NamedTuple

from harness.errors import ConfigError

__all__ = ["GRAMMAR", "Fact", "Failing", "Kind", "Word", "parse"]

Kind = Literal["leak", "labels", "parity", "ungrounded", "verdict", "rule", "reason"]

GRAMMAR = (
    "leak[:TYPE], labels, parity[:CLASS], ungrounded[:REASON], verdict==rejected|quarantined|accepted, rule:ID or the "
    "code of a reason, joined by and, or and parentheses"
)

_TOKEN = re.compile(r"\s*(?:([()])|([A-Za-z_][A-Za-z0-9_.:/\-]*(?:\s*==\s*[A-Za-z0-9_.\-]+)?))")
_CLASSES = ("wire", "order", "schema", "budget", "redaction", "grounding", "text")
_VERDICTS = ("accepted", "rejected", "quarantined")
_DEPTH = 32


class Fact(NamedTuple):
    """Something that is so of the message in entry ``n``."""

    kind: Kind
    value: str
    n: int

    def __str__(self) -> str:
        return str(Word(self.kind, self.value))


@dataclass(frozen=True, slots=True)
class Word:
    """One word: facts of a kind, with a value if it names one."""

    kind: Kind
    value: str = ""

    def __str__(self) -> str:
        if self.kind == "reason":
            return self.value
        sign = "==" if self.kind == "verdict" else ":"
        return f"{self.kind}{sign}{self.value}" if self.value else self.kind

    def means(self, fact: Fact) -> bool:
        """Whether ``fact`` is one of those."""
        if fact.kind != self.kind:
            return False
        return not self.value or fact.value == self.value or fact.value.startswith(f"{self.value}:")


Holds = Callable[[Collection[Fact]], bool]


@dataclass(frozen=True, slots=True)
class Failing:
    """An expression, read."""

    text: str
    words: tuple[Word, ...]
    holds: Holds

    def meant(self, facts: Collection[Fact]) -> set[Fact]:
        """Those of ``facts`` that any of its words means."""
        return {fact for fact in facts if any(word.means(fact) for word in self.words)}

    @property
    def of_parity(self) -> bool:
        """The live side of the recording is asked about."""
        return any(word.kind == "parity" for word in self.words)


def parse(text: str) -> Failing:
    """Read an expression.

    Raises:
        ConfigError: it is none; says where and what was expected.
    """
    reader = _Reader(text)
    holds = reader.either(0)
    if reader.token:
        raise reader.wrong("and, or or the end")
    return Failing(text=" ".join(text.split()), words=tuple(dict.fromkeys(reader.words)), holds=holds)


class _Reader:
    """Recursive descent over the tokens."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._end = self._at = 0
        self.token = ""
        self.words: list[Word] = []
        self._next()

    def _next(self) -> None:
        self._at = self._end
        rest = self._text[self._end :]
        found = _TOKEN.match(rest)
        if found is None:
            self.token = rest.strip()
            self._end = len(self._text)
            return
        self.token = found[1] or re.sub(r"\s*==\s*", "==", found[2])
        self._end += found.end()

    def either(self, depth: int) -> Holds:
        parts = [self._all(depth)]
        while self.token == "or":
            self._next()
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else lambda facts: any(part(facts) for part in parts)

    def _all(self, depth: int) -> Holds:
        parts = [self._one(depth)]
        while self.token == "and":
            self._next()
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else lambda facts: all(part(facts) for part in parts)

    def _one(self, depth: int) -> Holds:
        if self.token != "(":
            word = self._word()
            self.words.append(word)
            self._next()
            return lambda facts: any(word.means(fact) for fact in facts)
        if depth == _DEPTH:
            raise self.wrong(f"parentheses at most {_DEPTH} deep")
        self._next()
        inner = self.either(depth + 1)
        if self.token != ")":
            raise self.wrong("a closing parenthesis")
        self._next()
        return inner

    def _word(self) -> Word:
        token = self.token
        if not token or token in ("and", "or", ")") or _TOKEN.fullmatch(token) is None:
            raise self.wrong("a word")
        if token.endswith(":"):
            raise self.wrong("a value behind the colon")
        if "==" in token:
            name, _, value = token.partition("==")
            if name != "verdict" or value not in _VERDICTS:
                raise self.wrong("verdict==" + ", verdict==".join(_VERDICTS))
            return Word("verdict", value)
        name, colon, value = token.partition(":")
        match name:
            case "leak" | "ungrounded":
                return Word("leak" if name == "leak" else "ungrounded", value)
            case "parity":
                if value and value not in _CLASSES:
                    raise self.wrong("parity:" + ", parity:".join(_CLASSES))
                return Word("parity", value)
            case "rule":
                if not value:
                    raise self.wrong("rule:ID (`harness rules list` has them)")
                return Word("rule", value)
            case "labels" if not colon:
                return Word("labels")
            case "verdict":
                raise self.wrong("verdict==" + ", verdict==".join(_VERDICTS))
            case _:
                return Word("reason", token)

    def wrong(self, expected: str) -> ConfigError:
        place = "at its end" if not self.token else f"at character {self._at + 1} ({self.token[:40]!r})"
        return ConfigError("--failing", self._text[:200], f"{expected} {place}", fix=f"words: {GRAMMAR}")
