"""Does a candidate still fail? It is replayed through the real client, as ``harness run`` would.

1. A candidate counts only if its replay goes as clean as that of the whole recording: nothing new is unexpected, unplayed
   or out of order.
2. Nothing is left in its text that the independent scan did not find in the whole recording.
3. Where parity is asked about, no message differs from its live side that did not before.
4. A summary is ungrounded as before when it is so for all the reasons that are asked about.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from functools import cached_property

from harness.errors import HarnessError
from harness.recording.entry import AnyEntry
from harness.recording.reader import Recording
from harness.report.labels import Label
from harness.report.run import SessionResult
from harness.session.dialects import dialect_of
from harness.session.leftovers import leaks_of
from harness.session.parts import Tools, policy_of
from harness.session.replay import replay_recording
from harness.session.results import labels_of, replayed_result
from harness.session.shrink.candidate import Candidate
from harness.session.shrink.facts import facts_of, types_of
from harness.session.shrink.failing import Fact, Failing, Kind
from harness.session.shrink.material import Material
from harness.settings import Settings

__all__ = ["Oracle"]

_PATIENCE_S = 1.0
"""A candidate that lacks what the client waits for is given up sooner than a recording that should be whole."""


class Oracle:
    """Replays candidates of one recording.

    Args:
        material: the recording.
        failing: what is looked for.
        settings: rules and thresholds in force.
    """

    def __init__(self, material: Material, failing: Failing, settings: Settings) -> None:
        self._material = material
        self._failing = failing
        self._settings = settings
        self._tools = Tools.of(settings)
        self.types = types_of(self._tools.redactor.rules.rules)

    @cached_property
    def entries(self) -> list[AnyEntry]:
        """The whole recording as it was read."""
        return [entry for entry, _ in self._material.loaded.lines]

    @cached_property
    def result(self) -> SessionResult:
        """The replay of the whole recording."""
        return self._replayed(self.entries, self._material.labels)

    @cached_property
    def facts(self) -> set[Fact]:
        """What is so of the whole recording."""
        return self._facts(self.entries, self.result)

    @cached_property
    def _leaks(self) -> set[tuple[int, str]]:
        return set(self._found(self._material.loaded.lines))

    def left(self, candidate: Candidate, target: set[Fact], *, clean: bool = False) -> set[Fact]:
        """Those of ``target`` that are still so; none where the candidate does not fail, or not by the module's rules.

        Args:
            clean: the replay must go without any problem, whatever that of the whole recording has.
        """
        if not set(self._found(candidate.lines)) <= self._leaks:
            return set()
        try:
            result = self._replayed(candidate.entries, candidate.labels)
        except HarnessError:
            return set()  # nothing is left that could be replayed
        if not set(result.problems) <= (set() if clean else set(self.result.problems)):
            return set()
        facts = self._facts(candidate.entries, result)
        if self._failing.of_parity and not _of("parity", facts) <= _of("parity", self.facts):
            return set()
        same = _same(facts & target, target)
        return same if self._failing.holds(same) else set()

    def _found(self, lines: Sequence[tuple[AnyEntry, bytes]]) -> list[tuple[int, str]]:
        header = self._material.loaded.header
        if header.redaction.state == "fictional":
            return []
        leaks = leaks_of(header)
        return [(entry.n, type_) for entry, _ in lines for type_ in leaks(entry)]

    def _facts(self, entries: Sequence[AnyEntry], result: SessionResult) -> set[Fact]:
        return facts_of(entries, result, dialect=self._material.dialect, types=self.types, words=self._failing.words)

    def _replayed(self, entries: Sequence[AnyEntry], labels: Sequence[Label]) -> SessionResult:
        loaded = self._material.loaded
        recording = Recording(path=loaded.path, header=loaded.header, entries=list(entries), seal=loaded.seal)
        done = asyncio.run(
            replay_recording(
                recording,
                tools=self._tools,
                policy=policy_of(self._settings),
                dialect=dialect_of(loaded.header),
                patience_s=_PATIENCE_S,
            )
        )
        source = labels_of(loaded.path)[1]
        return dataclasses.replace(replayed_result(recording, done), labels=list(labels), label_source=source)


def _same(facts: set[Fact], target: set[Fact]) -> set[Fact]:
    """Rule 4."""
    lost = {fact.n for fact in _of("ungrounded", target) - facts}
    return {fact for fact in facts if fact.kind != "ungrounded" or fact.n not in lost}


def _of(kind: Kind, facts: set[Fact]) -> set[Fact]:
    return {fact for fact in facts if fact.kind == kind}
