"""Rules as data: load, check and index the TOML files of ``harness/pii/rules`` and of the user.

1. A rule states ``id``, ``type``, ``kind``, ``pattern``, ``priority``, ``min_len``, ``max_len`` and ``examples``
   (``match`` and ``no_match``, at least one each); everything else has a default. Unknown fields are errors.
2. ``kind``: ``run`` = the pattern must match a whole row of digit groups; ``regex`` = it is searched in a chain;
   ``email`` = it is the domain, the local part is read outward from ``@``; ``spoken`` = it must match all digits of a
   spoken run; ``value`` = it is matched where a cue phrase and at most six fillers end, and ``spoken`` is what the
   digits of a spoken run must match there.
3. ``context``: cue words near the value. Of a positive and a negative cue the nearer one counts. ``required`` = no
   cue, no span; ``side`` = left | both (the next word counts too).
4. ``on_invalid`` says what a refused validator means: ``drop``, ``need_context`` or ``keep``.
5. ``negative`` = cues that speak against it, ``units`` = next words that do; ``public`` = cues that make a toll-free
   number public; ``after`` = what may follow directly although digits follow; ``extension`` = "x204" belongs to it;
   ``cues`` = the phrases of kind ``value``; ``needs`` = one of these strings must be in the chain (regex); ``edge`` =
   ``hex``: no ``:`` or ``_`` beside it.
   ``name`` and ``place`` = people and postal addresses, found before all others (people.py): ``cues`` are rows of words and
   punctuation, ``needs`` words without which none of them is there, ``trust`` and ``then`` what a name must be (person.py).
6. ``[macros]`` of a file: ``<NAME>`` in a pattern is replaced by its text, as a word list by its list.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any, Literal, cast

from harness.errors import ConfigError
from harness.pii.gate import trie, words_of
from harness.pii.validators import VALIDATORS

__all__ = ["Context", "Cues", "Rule", "RuleSet", "builtin_rules", "builtin_sources", "load_rules"]

Kind = Literal["run", "regex", "email", "spoken", "value", "name", "place"]
_KINDS: tuple[Kind, ...] = ("run", "regex", "email", "spoken", "value", "name", "place")
OnInvalid = Literal["drop", "need_context", "keep"]

_REQUIRED = {"id", "type", "kind", "pattern", "priority", "min_len", "max_len", "examples"}
_OPTIONAL = {
    "after", "context", "cues", "digits", "edge", "extension", "fit", "locales", "needs", "negative", "negative_window",
    "on_invalid", "public", "spoken", "then", "trust", "units", "validators",
}  # fmt: skip
_CHOICES = {
    "kind": _KINDS,
    "trust": ("", "any", "title", "given", "spelled", "known", "bare"),
    "edge": ("word", "hex"),
    "on_invalid": ("drop", "need_context", "keep"),
}
Compiler = Callable[[str, str], re.Pattern[str]]
"""(rule's name, pattern) -> the compiled pattern; raises ConfigError."""

_LETTERS = re.compile(r"[^\W\d_]+")
_ALNUM = re.compile(r"[^\W_]+")
LONGEST = 296
"""Largest ``max_len``: the hold-back is bounded by it."""


@dataclass(frozen=True, slots=True)
class Cues:
    """Cue words and phrases; ``first`` are their first words, by which most texts are dismissed."""

    pattern: re.Pattern[str]
    first: frozenset[str]
    known: frozenset[str]

    def nearest(self, before: str, near: frozenset[str], window: int) -> int | None:
        """Characters between the last cue in ``before`` and its end; None if none is in the window.

        Args:
            before: cleaned text, in lower case.
            near: at least the lower-case words of its window.
            window: characters.
        """
        if self.first.isdisjoint(near):
            return None
        text = before[-window:]
        last = None
        for last in self.pattern.finditer(text):  # noqa: B007 - the last one is wanted
            pass
        return None if last is None else len(text) - last.end()

    def is_cue(self, word: str) -> bool:
        """Whether ``word`` is one of them."""
        return word.lower() in self.known


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Cue words of a rule; ``window`` in characters of cleaned text before the value."""

    words: Cues
    window: int = 64
    both: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One way a type is written; see the module's rules."""

    id: str
    type: str
    kind: Kind
    pattern: re.Pattern[str]
    priority: int
    min_len: int
    max_len: int
    match: tuple[str, ...]
    no_match: tuple[str, ...]
    digits: tuple[int, int] = (0, 0)
    validators: tuple[Callable[[str], bool], ...] = ()
    on_invalid: OnInvalid = "drop"
    context: Context | None = None
    negative: Cues | None = None
    negative_window: int = 64
    units: Cues | None = None
    public: Cues | None = None
    after: re.Pattern[str] | None = None
    extension: bool = False
    fit: str = ""
    hex_edge: bool = False
    needs: tuple[str, ...] = ()
    cues: tuple[str, ...] = ()
    spoken: re.Pattern[str] | None = None
    trust: str = ""
    then: tuple[str, ...] = ()
    asked: frozenset[str] | None = None
    """Without one of these words before it nothing is a value; None if no word is needed."""

    def valid(self, value: str) -> bool:
        """Whether every validator accepts ``value`` (folded)."""
        for check in self.validators:  # noqa: SIM110 - a generator costs more than most checks
            if not check(value):
                return False
        return True


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules ready for the detector, and the digest that names them."""

    rules: tuple[Rule, ...]
    digest: str
    by_digits: Mapping[int, tuple[Rule, ...]]
    """Rules of kind ``run`` by the digits they take."""
    run_any: Mapping[int, re.Pattern[str]]
    """Those rules as one pattern, whose group n is rule n; none where they cannot be joined (another engine, flags)."""
    goes_on: bool
    """Some rule of kind ``run`` may be followed by a full stop or a hyphen and a digit."""
    by_kind: Mapping[Kind, tuple[Rule, ...]]
    by_cue: Mapping[str, tuple[Rule, ...]]
    """Rules of kind ``value`` by cue phrase (words in lower case)."""
    cue_ends: frozenset[str]
    """Last words of the cue phrases."""
    cue_low: frozenset[bytes]
    """The same for the gate."""
    builtin: bool = False
    """Exactly the rules of the package: quick tests made for them hold."""

    def of_kind(self, kind: Kind) -> tuple[Rule, ...]:
        """The rules of one kind, most important first."""
        return self.by_kind.get(kind, ())


def load_rules(
    sources: Iterable[tuple[str, str]],
    *,
    user: Iterable[tuple[str, str]] = (),
    compiler: Compiler | None = None,
) -> RuleSet:
    """Compile rule files.

    Args:
        sources: (name, TOML text) of each file; the name is only for messages.
        user: files whose rules take the place of those with the same id.
        compiler: compiles the patterns of ``user``.

    Raises:
        ConfigError: a file is not TOML, or a rule breaks the module's rules.
    """
    tables: list[dict[str, Any]] = []
    for name, text in sources:
        tables.extend(_tables(name, text))
    own = [table for name, text in user for table in _tables(name, text)]
    ids = {table.get("id") for table in own}
    tables = [table for table in tables if table["id"] not in ids]
    made = [_rule(table, _compiled) for table in tables] + [_rule(table, compiler or _compiled) for table in own]
    tables += own
    rules = tuple(sorted(made, key=lambda rule: (-rule.priority, rule.id)))
    if len({rule.id for rule in rules}) != len(rules):
        raise ConfigError("rules", "id", "every id once")
    canonical = json.dumps(sorted(tables, key=lambda table: str(table["id"])), sort_keys=True, ensure_ascii=False)
    digest = "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()
    runs = [rule for rule in rules if rule.kind == "run"]
    most = max((rule.digits[1] for rule in runs), default=0)
    by_digits = {n: tuple(r for r in runs if r.digits[0] <= n <= r.digits[1]) for n in range(most + 1)}
    by_cue: dict[str, tuple[Rule, ...]] = {}
    for rule in (rule for rule in rules if rule.kind not in ("name", "place")):
        for cue in rule.cues:
            by_cue[cue] = (*by_cue.get(cue, ()), rule)
    by_kind: dict[Kind, tuple[Rule, ...]] = {kind: tuple(r for r in rules if r.kind == kind) for kind in _KINDS}
    ends = frozenset(_LETTERS.findall(cue)[-1] for cue in by_cue)
    return RuleSet(
        rules=rules,
        digest=digest,
        by_digits=by_digits,
        run_any={n: joined for n, some in by_digits.items() if (joined := _joined(some))},
        goes_on=any(
            rule.after and any(rule.after.match(f"{mark}{n}") for mark in "-." for n in range(10)) for rule in runs
        ),
        by_kind=by_kind,
        by_cue=by_cue,
        cue_ends=ends,
        cue_low=words_of(ends),
    )


def _joined(rules: Sequence[Rule]) -> re.Pattern[str] | None:
    """One pattern for all of ``rules``, the more important first."""
    patterns: list[Any] = [rule.pattern for rule in rules]
    if not all(isinstance(one, re.Pattern) and not one.groups and one.flags == re.UNICODE for one in patterns):
        return None
    return re.compile("|".join(f"({one.pattern})" for one in patterns)) if patterns else None


def builtin_sources() -> list[tuple[str, str]]:
    """(name, TOML text) of the rule files of the package."""
    folder = resources.files("harness.pii").joinpath("rules")
    files = sorted((item for item in folder.iterdir() if item.name.endswith(".toml")), key=lambda item: item.name)
    return [(item.name, item.read_text(encoding="utf-8")) for item in files]


@cache
def builtin_rules() -> RuleSet:
    """The rules shipped with the package."""
    return replace(load_rules(builtin_sources()), builtin=True)


def _tables(name: str, text: str) -> list[dict[str, Any]]:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"rules file {name}", "text", f"TOML ({error})") from None
    macros = data.get("macros", {})
    return [_expand(table, macros) for table in data.get("rule", [])]


def _expand(value: Any, macros: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: item if key == "examples" else _expand(item, macros) for key, item in value.items()}
    if isinstance(value, str):
        whole = re.fullmatch(r"<([A-Z]+)>", value)
        if whole and whole[1] in macros:
            return macros[whole[1]]
        return re.sub(r"<([A-Z]+)>", lambda m: str(macros.get(m[1], m[0])), value)
    return value


def _rule(table: Mapping[str, Any], compiler: Compiler) -> Rule:
    name = f"rule {table.get('id', '?')}"
    _check(name, table)
    context = _context(table["context"]) if table.get("context") else None
    named = table["kind"] in ("name", "place")
    return Rule(
        id=table["id"],
        type=table["type"],
        kind=table["kind"],
        pattern=compiler(name, table["pattern"]),
        priority=table["priority"],
        min_len=table["min_len"],
        max_len=table["max_len"],
        match=tuple(table["examples"]["match"]),
        no_match=tuple(table["examples"]["no_match"]),
        digits=cast("tuple[int, int]", tuple(table.get("digits", (0, 0)))),
        validators=tuple(VALIDATORS[key] for key in table.get("validators", ())),
        on_invalid=table.get("on_invalid", "drop"),
        context=context,
        negative=_cues(table["negative"]) if "negative" in table else None,
        negative_window=table.get("negative_window", 64),
        units=_cues(table["units"]) if "units" in table else None,
        public=_cues(table["public"]) if "public" in table else None,
        after=compiler(name, table["after"]) if "after" in table else None,
        extension=table.get("extension", False),
        fit=table.get("fit", ""),
        hex_edge=table.get("edge") == "hex",
        needs=tuple(table.get("needs", ())),
        cues=tuple(cue.lower() if named else " ".join(_ALNUM.findall(cue.lower())) for cue in table.get("cues", ())),
        spoken=compiler(name, table["spoken"]) if "spoken" in table else None,
        trust=table.get("trust", ""),
        then=tuple(table.get("then", ())),
        asked=context.words.first if context and context.required and not context.both else None,
    )


def _check(name: str, table: Mapping[str, Any]) -> None:
    missing = sorted(_REQUIRED - set(table))
    unknown = sorted(set(table) - _REQUIRED - _OPTIONAL)
    if missing or unknown:
        raise ConfigError(name, missing or unknown, "the fields of harness/pii/rules.py", fix="see its first lines")
    for key, allowed in _CHOICES.items():
        if table.get(key, allowed[0]) not in allowed:
            raise ConfigError(f"{name}: {key}", table[key], " | ".join(allowed))
    examples = table["examples"]
    if not isinstance(examples, dict) or not examples.get("match") or not examples.get("no_match"):
        raise ConfigError(f"{name}: examples", "none", "at least one match and one no_match")
    if not 0 < table["min_len"] <= table["max_len"] <= LONGEST:
        raise ConfigError(f"{name}: max_len", table["max_len"], f"min_len to {LONGEST}")
    for key in table.get("validators", ()):
        if key not in VALIDATORS:
            raise ConfigError(f"{name}: validators", key, " | ".join(sorted(VALIDATORS)))


def _compiled(name: str, pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ConfigError(f"{name}: pattern", "regex", f"a regular expression ({error.msg})") from None


def _context(table: Mapping[str, Any]) -> Context:
    return Context(
        words=_cues(table["words"]),
        window=table.get("window", 64),
        both=table.get("side", "left") == "both",
        required=table.get("required", False),
    )


def _cues(words: Sequence[str]) -> Cues:
    """Any of ``words`` as whole words; case does not matter, longer ones first."""
    known = {word.lower() for word in words}
    first = frozenset(found[0] for word in known if (found := _LETTERS.findall(word)))
    return Cues(re.compile(rf"(?<!\w)(?:{trie(known)})(?!\w)"), first, frozenset(known))
