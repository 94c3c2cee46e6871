"""What the chain remembers of one conversation, and the queue that keeps outcomes in wire order."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from harness.dialects.base import Event
from harness.pipeline.budget import BudgetStage
from harness.pipeline.ground import GroundStage
from harness.pipeline.outcome import Grounding, Outcome
from harness.pipeline.payload import Document
from harness.pipeline.redact import Redaction, Texts
from harness.pipeline.sequence import Sequencer

__all__ = ["ConversationState", "Slots", "Work"]


@dataclass(slots=True, eq=False)
class Work:
    """One inbound message on its way through the stages."""

    number: int
    event: Event
    raw: str | bytes = field(repr=False)
    service: str = "stream"
    seen: tuple[Document, Texts] | None = field(default=None, repr=False)
    """Its payload, and what is to be searched of it."""
    scanned: str = field(default="", repr=False)
    """A text of what leaves in which the second look has found nothing already."""
    redaction: Redaction | None = None
    grounding: Grounding | None = None
    fault: tuple[str, str] | None = None
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class ConversationState:
    """Everything the stages know about one interaction."""

    ground: GroundStage
    budget: BudgetStage
    sequencer: Sequencer[Work]
    context: list[dict[str, str]] = field(default_factory=list)
    context_tokens: int = 0
    final_customer_turns: int = 0
    summaries: int = 0
    streaming: deque[Work] = field(default_factory=deque)
    """Messages, in order, whose redaction waits for more text."""
    recent: dict[int, Work] = field(default_factory=dict)
    """The last pieces of summaries by seq, so that a repetition is treated like its original."""

    def keep(self, seq: int, work: Work, window: int) -> None:
        """Remember a piece for as long as a repetition of it may still come."""
        self.recent[seq] = work
        while len(self.recent) > window:
            del self.recent[next(iter(self.recent))]


class Slots:
    """One place per inbound message; outcomes leave from the front only."""

    def __init__(self) -> None:
        self._first = 1
        self._slots: deque[Outcome | None] = deque()

    def open(self) -> int:
        """A new place at the end; its number counts from 1 over the session."""
        self._slots.append(None)
        return self._first + len(self._slots) - 1

    def fill(self, outcome: Outcome) -> None:
        """Put the outcome in its place, which must be open and empty."""
        place = outcome.number - self._first
        assert 0 <= place < len(self._slots)
        assert self._slots[place] is None
        self._slots[place] = outcome

    def take(self) -> list[Outcome]:
        """Every outcome that nothing before it holds back."""
        ready: list[Outcome] = []
        while self._slots and self._slots[0] is not None:
            outcome = self._slots.popleft()
            assert outcome is not None
            ready.append(outcome)
            self._first += 1
        return ready

    def __len__(self) -> int:
        return len(self._slots)
