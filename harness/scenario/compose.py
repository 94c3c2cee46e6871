"""Compose: a scenario becomes the recording of a session that never was. The way in to this package's work."""

from __future__ import annotations

from dataclasses import dataclass

from harness._version import __version__
from harness.dialects.mediation import MediationDialect
from harness.recording.entry import AnyEntry, Header, Redaction
from harness.scenario.composer import Composer
from harness.scenario.ids import created, hex_id, source_of_chance, ulid
from harness.scenario.labels import Label, LabelBook
from harness.scenario.model import Scenario

__all__ = ["Composed", "compose"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A recording before it is written, without its seal, and the truth about it.

    Args:
        labelled: False if nobody said where its personal data is; then no labels say that it has none.
    """

    name: str
    conversation: str
    header: Header
    entries: tuple[AnyEntry, ...]
    labels: tuple[Label, ...]
    labelled: bool = True


def compose(scenario: Scenario, *, seed: int) -> Composed:
    """The session that ``scenario`` describes, as it would look on the wire.

    The same scenario, name and seed give the same value, on any machine.

    Raises:
        ScenarioError: for a step that cannot be played (nothing to repeat, a swap without its messages).
    """
    rng = source_of_chance(seed, scenario.name)
    id_ = ulid(scenario.date, rng)
    conversation = f"{_prefix(scenario)}-{hex_id(rng)}"
    at = created(scenario.date)
    book = LabelBook(conversation, at)
    entries = Composer(scenario, conversation, rng, book).run()
    header = Header(
        id=id_,
        created=at,
        tool=f"mediation-harness/{__version__}",
        dialect=MediationDialect.name,
        source="synthetic",
        scenario=scenario.name,
        redaction=Redaction(state="fictional", counts=book.counts()),
        seed=seed,
        labels={"line": scenario.line},
    )
    return Composed(
        name=scenario.name,
        conversation=conversation,
        header=header,
        entries=tuple(entries),
        labels=tuple(book.labels),
    )


def _prefix(scenario: Scenario) -> str:
    """``<line>-<name>``; a file name that already starts with its line is not prefixed twice."""
    line = scenario.line.replace("_", "-")
    name = scenario.name
    return name if name.startswith((f"{line}-", f"{scenario.line}-")) else f"{scenario.line}-{name}"
