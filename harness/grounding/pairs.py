"""Conversations written twice, and claims that are true of one of the two: neither side alone tells the label.

1. ``== name`` begins a conversation; ``A: text`` and ``C: text`` are its turns (agent, customer); then its claims.
2. ``{left|right}`` stands for a choice: the first conversation takes every left side, the second every right one.
3. A claim is ``reason kind: text``: its left side is grounded (as ``kind``) in the first conversation and hallucinated
   (for ``reason``) in the second, its right side the other way round.
4. ``! reason kind: text`` is a claim whose left side is grounded in both and whose right side in neither.
5. A line that begins with ``#`` is a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from harness.errors import ConfigError

__all__ = ["Pair", "cases", "parse"]

_CHOICE = re.compile(r"\{([^{}|]*)\|([^{}|]*)\}")
_CLAIM = re.compile(r"(! )?([a-z_]+) ([a-z_]+): (.+)")
_SPEAKERS = {"A": "Agent", "C": "Customer"}


@dataclass(slots=True)
class Pair:
    """A conversation written twice: name, turns and claims (one-sided, reason, kind, text), choices still in them."""

    name: str
    turns: list[tuple[str, str]] = field(default_factory=list)
    claims: list[tuple[bool, str, str, str]] = field(default_factory=list)

    def context(self, side: int) -> str:
        """The conversation of a side (0 or 1) as lines ``Speaker: text``."""
        return "\n".join(f"{speaker}: {chosen(text, side)}" for speaker, text in self.turns)


def chosen(text: str, side: int) -> str:
    """``text`` with every choice made."""
    return _CHOICE.sub(lambda match: match.group(side + 1), text)


def parse(text: str, name: str) -> list[Pair]:
    """The conversations of a file.

    Raises:
        ConfigError: a line that is none of the module's rules, by its number.
    """
    found: list[Pair] = []
    for number, line in enumerate(text.splitlines(), 1):
        claim = _CLAIM.fullmatch(line)
        if line.startswith("== "):
            found.append(Pair(line[3:].strip()))
        elif found and line[:3] in ("A: ", "C: "):
            found[-1].turns.append((_SPEAKERS[line[0]], line[3:].strip()))
        elif found and claim and _CHOICE.search(line):
            found[-1].claims.append((bool(claim[1]), claim[2], claim[3], claim[4]))
        elif line.strip() and not line.startswith("#"):
            raise ConfigError(name, f"line {number}", "a turn, or a claim with a choice")
    return found


def cases(pair: Pair, sides: tuple[int, ...] = (0, 1)) -> Iterator[dict[str, Any]]:
    """Labelled cases of a conversation: each claim's two sides against each of ``sides`` of the conversation."""
    for side in sides:
        context = pair.context(side)
        for number, (one_sided, reason, kind, text) in enumerate(pair.claims, 1):
            for said in (0, 1):
                grounded = said == 0 if one_sided else said == side
                yield {
                    "id": f"{pair.name}-{'ab'[side]}{number}{'ab'[said]}",
                    "conversation": pair.name,
                    "context": context,
                    "summary": chosen(text, said),
                    "label": "grounded" if grounded else "hallucinated",
                    "reason": kind if grounded else reason,
                }
