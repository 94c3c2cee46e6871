"""What is wrong with an input file, as a :class:`ScenarioError` that names the place and never the content.

1. The place is a step or line number and a field.
2. A field's name is shown only if it looks like one: an unknown key may be anything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from harness.errors import ScenarioError

__all__ = ["explain", "step_fault"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,40}")

_WORDS = {
    "extra_forbidden": "no such field",
    "missing": "is missing",
    "string_unicode": "is not valid Unicode",
}


def step_fault(step: int, field: str, problem: str) -> PydanticCustomError:
    """To be raised in a validator of the whole scenario: the fault belongs to ``step`` (from 0)."""
    return PydanticCustomError("step_fault", "{problem}", {"step": step, "field": field, "problem": problem})


def explain(error: ValidationError, *, path: Path | str, where: str = "", fix: str = "") -> ScenarioError:
    """The first fault of ``error``; ``where`` is the place the model itself came from."""
    first = error.errors(include_url=False, include_input=False)[0]
    facts = first.get("ctx", {})
    loc: Sequence[int | str] = first["loc"]
    if first["type"] == "step_fault":
        loc = ("script", facts["step"], facts["field"])
    place = ", ".join(part for part in (where, *_place(loc)) if part)
    message = _WORDS.get(first["type"]) or first["msg"].removeprefix("Value error, ")
    return ScenarioError(message, path=path, where=place, fix=fix)


def _place(loc: Sequence[int | str]) -> list[str]:
    if len(loc) >= 2 and loc[0] == "script" and isinstance(loc[1], int):
        return [f"step {loc[1] + 1}", *_place(loc[2:])]
    return ["field " + ".".join(_shown(part) for part in loc)] if loc else []


def _shown(part: int | str) -> str:
    return str(part) if isinstance(part, int) or _NAME.fullmatch(part) else "(not a name)"
