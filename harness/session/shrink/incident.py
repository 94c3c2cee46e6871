"""One message that went wrong, as a small recording with what is expected of it.

1. What is wrong is told by the expression, or found: a value not covered, a label not borne out, a message that came out
   otherwise than live, in this order.
2. What is expected goes beside the recording as labels: those of the message that are contradicted now. Where a value is
   known from the recorder only, its label says so (``guideline``).
3. What no label can say is for a test in Python (``python_test``).
"""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from harness.errors import RecordingNotFound
from harness.pipeline.outcome import Outcome
from harness.report.labels import Label
from harness.report.sources import DETECTED
from harness.session.shrink.facts import contradicted, entry_of
from harness.session.shrink.failing import Failing, parse
from harness.session.shrink.files import open_material, write_beside, write_shrunk
from harness.session.shrink.material import Material
from harness.session.shrink.oracle import Oracle
from harness.session.shrink.search import Budget, Shrunk, shrink
from harness.settings import Settings

__all__ = ["Incident", "function_name", "incident", "python_test"]

_ANY = "leak or labels or parity"
_FIX = (
    "say what is with --failing, or label what you expect of it (`harness label import`): labels, its live side and the "
    "scan tell of nothing"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What was written.

    Args:
        failing: what is wrong.
        shrunk: the small recording.
        number: the message's number in it.
        place: the message in words.
        labels: expected of it.
    """

    failing: Failing
    shrunk: Shrunk
    number: int
    place: str
    labels: tuple[Label, ...]


def incident(
    source: Path,
    number: int,
    expression: str | None,
    target: Path,
    settings: Settings,
    *,
    budget: Budget,
    tell: Callable[[str, int, int], None],
    by_entry: bool = False,
    force: bool = False,
) -> Incident:
    """Write the small recording of message ``number`` of ``source`` to ``target``, its labels beside it.

    Args:
        number: as reports and `pytest recordings/` number messages, from 1.
        expression: what is wrong with it, None = rule 1.
        by_entry: ``number`` is that of the message's entry.
        force: write over ``target``.

    Raises:
        RecordingNotFound: there is no such message, or it does not fail so.
        RecordingError: ``source`` is damaged, or ``target`` cannot be written.
    """
    material = open_material(source)
    oracle = Oracle(material, parse(expression or _ANY), settings)
    n = _entry(material, oracle, number, by_entry=by_entry)
    failing = parse(expression or _wrong(material, oracle, n))
    made = shrink(material, failing, Oracle(material, failing, settings), budget=budget, only=n, tell=tell)
    write_shrunk(material, made, failing.text, target, force=force)
    return _expected(target, failing, made, n, settings, label=expression is None)


def _entry(material: Material, oracle: Oracle, number: int, *, by_entry: bool) -> int:
    at = entry_of(oracle.entries, oracle.result)
    if by_entry:
        if number in {entry.n for entry in at.values()}:
            return number
        fix = "`harness grep`, `scan` and `shrink` tell the numbers of entries"
        raise RecordingNotFound(f"entry {number} is no message of the service", path=material.loaded.path, fix=fix)
    if number not in at:
        fix = f"it has messages 1 to {max(at)}, counted as in reports" if at else "it holds none"
        raise RecordingNotFound(f"has no message {number}", path=material.loaded.path, fix=fix)
    return at[number].n


def _wrong(material: Material, oracle: Oracle, n: int) -> str:
    """Rule 1."""
    kinds = {fact.kind for fact in oracle.facts if fact.n == n}
    for kind in ("leak", "labels", "parity"):
        if kind in kinds:
            return kind
    raise RecordingNotFound("nothing is known to be wrong with that message", path=material.loaded.path, fix=_FIX)


def _expected(target: Path, failing: Failing, made: Shrunk, n: int, settings: Settings, *, label: bool) -> Incident:
    """Rule 2, of the recording that was written: its numbers and offsets are its own."""
    material = open_material(target)
    oracle = Oracle(material, failing, settings)
    at = {entry.n: number for number, entry in entry_of(oracle.entries, oracle.result).items()}
    outcome = next(one for one in oracle.result.outcomes if one.number == at[n])
    labels: list[Label] = []
    if label and not failing.of_parity:
        known = contradicted(oracle.entries, oracle.result, oracle.types, n)
        beside = {one.id for one in material.labels}
        labels = [one if one.id in beside else _recorded(one) for one in known]
    write_beside(target, labels)
    return Incident(failing=failing, shrunk=made, number=at[n], place=_place(outcome), labels=tuple(labels))


def _recorded(label: Label) -> Label:
    return msgspec.structs.replace(label, annotator="recorder", annotator_kind="CODE", guideline=DETECTED)


def _place(outcome: Outcome) -> str:
    named = [] if outcome.seq is None else [f"seq {outcome.seq}"]
    return f"message {outcome.number} ({', '.join([*named, outcome.event])})"


def function_name(recording: Path) -> str:
    """The name of a test function for a recording, and of its file."""
    plain = re.sub(r"\W+", "_", recording.name.partition(".")[0]).strip("_").lower()
    return f"test_{plain}" if not keyword.iskeyword(plain) else f"test_{plain}_"


def python_test(found: Incident, recording: Path, source: Path) -> str:
    """Rule 3: the text of a test that fails as long as the message does."""
    what, name = found.failing.text, json.dumps(recording.name)
    return f'''"""{found.place.capitalize()} of {recording.name} has no {what}.

Made of {source.name} by `harness new-test`. It fails until that is repaired; change it as you like.
"""

from pathlib import Path

import pytest

RECORDING = Path(__file__).with_name({name})


@pytest.mark.recording(RECORDING)
def {function_name(recording)}(harness_recording, harness_report):
    """No message has it: {what}."""
    assert harness_report.failing({json.dumps(what)}, harness_recording) == []
'''
