"""What was generated: counts by label, so that finding nothing means something."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

__all__ = ["Tally"]

_SHOWN = 12


class Tally:
    """Counts of labels; only what the search itself made is counted, not what shrinking tried."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, labels: Iterable[tuple[str, str]]) -> None:
        """Count one case's (group, name) labels."""
        for group, name in labels:
            self._counts[group][name] += 1

    def total(self, group: str) -> int:
        """All counts of ``group``."""
        return self._counts[group].total()

    def as_json(self) -> Mapping[str, Mapping[str, int]]:
        """Group -> name -> count, in order."""
        return {group: dict(sorted(counts.items())) for group, counts in sorted(self._counts.items())}

    def lines(self) -> Iterator[str]:
        """One line for each group, the commonest names first."""
        for group, counts in sorted(self._counts.items()):
            ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
            named = ", ".join(f"{name.strip() or '(nothing)'} {count}" for name, count in ordered[:_SHOWN])
            rest = f" and {len(ordered) - _SHOWN} more" if len(ordered) > _SHOWN else ""
            yield f"  {group}: {len(ordered)} kinds, {counts.total()} made: {named}{rest}"
