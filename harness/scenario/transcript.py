"""Plain transcripts, one JSON object per line, as scenarios.

    {"id": "...", "turns": [{"speaker": "customer", "text": "...", "spans": [{"start": 0, "end": 5, "type": "PHONE"}]}],
     "summary": "..."}

1. ``spans`` and ``summary`` may be left out; fields that are not known are ignored: the data is the user's own.
2. Text is taken as it is; ``{{`` means nothing here.
3. The pace follows the length of the texts, with pauses drawn from the seed.
4. The summary comes from the gateway after ``end``; where there is none, ``extractive.py`` makes one, marked
   ``origin: composed``. Neither is labelled grounded or not: nobody has checked.
5. An id becomes a file name of ``[A-Za-z0-9._-]`` alone, with a digest wherever something had to be changed.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from harness.errors import ScenarioError
from harness.scenario import steps
from harness.scenario.composer import SPEECH_RATE
from harness.scenario.extractive import extract
from harness.scenario.ids import source_of_chance
from harness.scenario.markup import Marked
from harness.scenario.model import Scenario
from harness.scenario.problems import explain
from harness.scenario.source import load_json_line, read_text
from harness.text.span import Span

__all__ = ["DATE", "MAX_LINE", "Dialogue", "read_dialogues", "safe_name", "to_scenario"]

DATE = date(2026, 1, 1)
"""The day of every transcript: they carry none."""

MAX_LINE = 4 * 1024 * 1024

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 80
_SHAPE = '{"id": "...", "turns": [{"speaker": "customer|agent", "text": "..."}]}'


class _Open(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class _Span(_Open):
    start: Annotated[int, Field(ge=0, strict=True)]
    end: Annotated[int, Field(ge=1, strict=True)]
    type: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,40}$")]


class Turn(_Open):
    """Who said what, and where personal data stands in it."""

    speaker: Literal["customer", "agent", "bot"]
    text: Annotated[str, Field(min_length=1, max_length=100_000)] = Field(repr=False)
    spans: tuple[_Span, ...] = Field(default=(), max_length=10_000)

    @model_validator(mode="after")
    def _spans_fit(self) -> Turn:
        if any(not span.start < span.end <= len(self.text) for span in self.spans):
            raise ValueError("a span is empty or ends after the text")
        return self

    @property
    def marked(self) -> Marked:
        """The text with its spans in order."""
        return Marked(self.text, tuple(sorted(Span(span.start, span.end, span.type) for span in self.spans)))


class Dialogue(_Open):
    """One transcript."""

    id: Annotated[str, Field(min_length=1, max_length=512)]
    turns: tuple[Turn, ...] = Field(min_length=1, max_length=10_000)
    summary: Annotated[str, Field(max_length=100_000)] | None = Field(default=None, repr=False)

    @field_validator("turns")
    @classmethod
    def _something_said(cls, turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
        if not any(turn.text.strip() for turn in turns):
            raise ValueError("hold no text")
        return turns

    @field_validator("summary")
    @classmethod
    def _not_blank(cls, summary: str | None) -> str | None:
        if summary is not None and not summary.strip():
            raise ValueError("is blank; leave it out to have one composed")
        return summary


def read_dialogues(file: BinaryIO, path: Path) -> Iterator[tuple[int, Dialogue]]:
    """(line number, transcript) of each line that is not blank.

    Raises:
        ScenarioError: naming the line and field, never the content.
    """
    lines = iter(lambda: file.readline(MAX_LINE + 1), b"")
    for number, line in enumerate(lines, 1):
        where = f"line {number}"
        if len(line) > MAX_LINE:
            raise ScenarioError(f"is longer than {MAX_LINE} bytes", path=path, where=where)
        text = read_text(line, path=path, where=where)
        if text.strip():
            value = load_json_line(text, path=path, where=where)
            try:
                dialogue = Dialogue.model_validate(value)
            except ValidationError as error:
                raise explain(error, path=path, where=where, fix=f"a line is {_SHAPE}") from None
            yield number, dialogue


def to_scenario(dialogue: Dialogue, *, seed: int, path: Path) -> Scenario:
    """The transcript as a script: its turns, ``end``, and a summary left to the gateway."""
    name = safe_name(dialogue.id)
    rng = source_of_chance(seed, name, "pace")
    script = list(_spoken(dialogue.turns, rng))
    last = script[-1].action.at
    script.append(steps.Step(summary=_summary(dialogue, last)))
    script.append(steps.Step(end=steps.End(at=round(last + 1.5, 3), reason="completed")))
    scenario = Scenario(title=name, line="transcript", date=DATE, script=tuple(script))
    return scenario.named(name, path)


def safe_name(id_: str) -> str:
    """``id_`` as a file's stem: no separators, no leading dot, distinct ids stay distinct.

    Ids that differ in nothing but case get a digest too, for file systems that do not tell them apart.
    """
    name = _UNSAFE.sub("_", id_).lstrip(".")[:_LONGEST_NAME]
    if name == id_ and name == name.lower():
        return name
    digest = hashlib.sha256(id_.encode("utf-8")).hexdigest()[:8]
    return f"{name}-{digest}" if name else digest


def _spoken(turns: Iterable[Turn], rng: random.Random) -> Iterator[steps.Step]:
    at = 0.0
    for turn in turns:
        duration = round(max(0.4, len(turn.text) / SPEECH_RATE), 3)
        at = round(at + 0.3 + 1.2 * rng.random() + duration, 3)
        yield steps.Step(utterance=steps.Utterance(at=at, by=turn.speaker, text=turn.marked, duration=duration))


def _summary(dialogue: Dialogue, at: float) -> steps.Summary:
    if dialogue.summary is not None:
        sentence = steps.Sentence(text=Marked(dialogue.summary))
        return steps.Summary(at=at, deliver="rest", sentences=(sentence,))
    sentences = tuple(steps.Sentence(text=text) for text in extract([turn.marked for turn in dialogue.turns]))
    return steps.Summary(at=at, deliver="rest", sentences=sentences, origin="composed")
