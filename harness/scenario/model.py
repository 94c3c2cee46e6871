"""A scenario: a scripted conversation, as read from ``*.yaml`` or ``*.jsonl``.

1. Steps are in wire order: ``at`` never decreases.
2. ``end`` is the last step, and there is one.
3. A summary left to the gateway (``deliver: rest``) is the only summary: the client asks only where the stream
   brought none.
4. What can be refused is refused here, before anything is composed.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, ValidationError, model_validator

from harness.dialects.mediation import Subscription, make_subscription
from harness.errors import ConfigError
from harness.scenario.problems import explain, step_fault
from harness.scenario.source import read_mapping
from harness.scenario.steps import Action, Drop, End, Model, Step, Summary

__all__ = ["Limits", "Scenario", "SubscriptionFields", "load_scenario"]

Line = Literal["telco", "bank", "airline", "retail", "health_insurance", "transcript"]
"""Lines of business; ``transcript`` is what a plain transcript gets."""

_RESERVED_CODES = frozenset({1004, 1015, *range(1016, 3000)})
Tokens = Annotated[int, Field(ge=1, le=1_000_000, strict=True)]


class Limits(Model):
    """What the service says in ``subscribed``."""

    max_streaming_tokens: Tokens = 4096
    context_window_threshold: Tokens = 3500


class SubscriptionFields(Model):
    """Departures from the default subscription, without its nesting."""

    min_tokens: int | None = None
    max_tokens: int | None = None
    target_compression_ratio: float | None = None
    entity_types: tuple[str, ...] | None = None
    confidence_threshold: float | None = None
    preserve_context_window: bool | None = None

    def build(self) -> Subscription:
        """The subscription of the dialect, checked against its bounds."""
        given = self.model_dump(exclude_none=True)
        matrix = {key: given.pop(key) for key in _MATRIX if key in given}
        return make_subscription({"summary_matrix": matrix, "extraction_directives": given})

    @model_validator(mode="after")
    def _bounds(self) -> SubscriptionFields:
        try:
            self.build()
        except ConfigError as error:
            raise ValueError(f"{error.name} is out of bounds: {error.allowed}") from None
        return self


_MATRIX = ("min_tokens", "max_tokens", "target_compression_ratio")


class Scenario(Model):
    """One conversation; ``name`` and ``path`` come from the file it was read from."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    line: Line
    date: Annotated[date, Field(ge=date(1970, 1, 1), le=date(9999, 12, 31))]
    limits: Limits = Limits()
    subscription: SubscriptionFields = SubscriptionFields()
    script: tuple[Step, ...] = Field(min_length=1, max_length=50_000)
    _name: str = PrivateAttr(default="scenario")
    _path: Path = PrivateAttr(default=Path("scenario"))

    @property
    def name(self) -> str:
        """The file's stem: names the recording."""
        return self._name

    @property
    def path(self) -> Path:
        """The file, for errors."""
        return self._path

    def named(self, name: str, path: Path) -> Scenario:
        """The same scenario, known to have been read from ``path``."""
        copy = self.model_copy()
        copy._name, copy._path = name, path
        return copy

    @model_validator(mode="after")
    def _rules(self) -> Scenario:
        actions = [step.action for step in self.script]
        _check_order(actions)
        _check_end(actions)
        _check_summaries(actions)
        return self


def _check_order(actions: list[Action]) -> None:
    last = 0.0
    for index, action in enumerate(actions):
        if action.at < last:
            raise step_fault(index, "at", f"is earlier than the step before it ({last:g} s)")
        last = action.at
        if isinstance(action, Drop) and action.code in _RESERVED_CODES:
            raise step_fault(index, "code", "is not a close code (RFC 6455, section 7.4)")


def _check_end(actions: list[Action]) -> None:
    for index, action in enumerate(actions[:-1]):
        if isinstance(action, End):
            raise step_fault(index, "end", "must be the last step")
    if not isinstance(actions[-1], End):
        raise step_fault(len(actions) - 1, "end", "is missing: the last step must be `end`")


def _check_summaries(actions: list[Action]) -> None:
    found = [(index, action) for index, action in enumerate(actions) if isinstance(action, Summary)]
    for index, action in found:
        if action.deliver == "rest" and len(found) > 1:
            raise step_fault(index, "summary.deliver", "`rest` must be the only summary of a scenario")
        if action.pieces and action.deliver != "deltas":
            raise step_fault(index, "summary.pieces", "belongs to `deliver: deltas` alone")
        length = sum(len(sentence.text.text) + 1 for sentence in action.sentences) - 1
        if sum(action.pieces) > length:
            raise step_fault(index, "summary.pieces", f"are longer than the summary's {length} characters")


def load_scenario(path: Path | str) -> Scenario:
    """The scenario in ``path`` (``.yaml``, ``.yml``, or ``.jsonl``: a header line, then a step per line).

    Raises:
        ScenarioError: naming the step and field; never the content.
    """
    path = Path(path)
    value: dict[str, Any] = read_mapping(path)
    try:
        return Scenario.model_validate(value).named(path.stem, path)
    except ValidationError as error:
        raise explain(error, path=path) from None
