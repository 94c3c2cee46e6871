"""A sink that keeps what it is given, for a test to look at."""

from __future__ import annotations

from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import Outcome
from harness.sinks.base import Parcel, parcel_of

__all__ = ["KeepingSink"]


class KeepingSink:
    """Takes parcels as a sink, and outcomes as a store; no parcel shows its body when it is printed."""

    name = "pytest"

    def __init__(self) -> None:
        self.parcels: list[Parcel] = []
        self.outcomes: list[Outcome] = []

    def __repr__(self) -> str:
        return f"<KeepingSink of {len(self.parcels)} parcels>"

    async def deliver(self, parcel: Parcel) -> None:
        """Keep it."""
        self.parcels.append(parcel)

    async def take(self, pipeline: Pipeline, outcome: Outcome, latency_ns: int | None) -> None:
        """Keep it, and what a sink would be handed of it."""
        self.outcomes.append(outcome)
        if outcome.verdict != "accepted" or outcome.deliverable:
            self.parcels.append(parcel_of(outcome))
