"""The search for the smallest recording that still fails: messages first, then the words in them.

1. The failure is the one the whole recording has: the same fact of the same message. Another one does not count.
2. The guess first: a message that fails alone. Then delta debugging over all units, then over the pieces of every text.
3. Where ``seq`` cannot close up without the failure going, messages keep theirs (``candidate.py``, rule 2).
4. A candidate that replays without any problem is looked for first, even where the whole recording does not.
5. The same recording, expression and number of tries give the same result. When tries or seconds are used up, the smallest
   recording so far is the result, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from harness.clock import Clock, SystemClock
from harness.errors import RecordingNotFound
from harness.recording.entry import HttpChunk, WsMessage
from harness.session.shrink.candidate import Candidate, Plan, build, can_renumber
from harness.session.shrink.ddmin import ddmin
from harness.session.shrink.failing import Fact, Failing
from harness.session.shrink.material import Material
from harness.session.shrink.oracle import Oracle
from harness.session.shrink.words import Piece, pieces_of, texts_of, whole_of, without

__all__ = ["Budget", "Shrunk", "shrink"]

_GUESSES = 8

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a search may cost.

    Args:
        tries: replays, those of the whole recording not counted.
        seconds: None = as long as it takes.
    """

    tries: int = 1000
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrunk:
    """The smallest failing recording that was found.

    Args:
        facts: those of the whole recording that the expression means and that are still so.
        messages: of the service that are left, and how many there were.
        spent: the budget ended the search.
        live: the live side of what is left is in it.
    """

    candidate: Candidate
    facts: Collection[Fact]
    messages: tuple[int, int]
    tries: int
    spent: bool
    live: bool


class _Spent(Exception):
    """The budget is used up."""


def shrink(
    material: Material,
    failing: Failing,
    oracle: Oracle,
    *,
    budget: Budget,
    only: int | None = None,
    clock: Clock | None = None,
    tell: Tell = lambda _what, _done, _total: None,
) -> Shrunk:
    """Make ``material`` as small as can be.

    Args:
        only: ``n`` of the entry whose facts count, None = those of any.
        tell: told of progress: what, tries so far, tries at most.

    Raises:
        RecordingNotFound: the failure is not in the recording; says what is.
    """
    target = {fact for fact in failing.meant(oracle.facts) if only in (None, fact.n)}
    if not failing.holds(target):
        raise _not_in_it(material, failing, oracle.facts, only)
    return _Search(material, failing, oracle, target, budget, clock or SystemClock(), tell).run()


def _not_in_it(material: Material, failing: Failing, facts: set[Fact], only: int | None) -> RecordingNotFound:
    """Says what there is instead."""
    here = [fact for fact in facts if only in (None, fact.n)]
    found = [
        f"{kind}: {', '.join(sorted({fact.value for fact in here if fact.kind == kind and fact.value}) or ['some'])}"
        for kind in ("leak", "labels", "parity", "ungrounded", "verdict", "reason")
        if any(fact.kind == kind for fact in here)
    ]
    where = "it" if only is None else f"the message in entry {only}"
    fix = f"what {where} has: {'; '.join(found) or 'nothing that fails'}"
    return RecordingNotFound(f"does not fail in that way: {failing.text}", path=material.loaded.path, fix=fix)


class _Search:
    """One search; keeps the best plan so far."""

    def __init__(
        self,
        material: Material,
        failing: Failing,
        oracle: Oracle,
        target: set[Fact],
        budget: Budget,
        clock: Clock,
        tell: Tell,
    ) -> None:
        self._material = material
        self._failing = failing
        self._oracle = oracle
        self._target = target
        self._budget = budget
        self._clock = clock
        self._tell = tell
        self._what = "messages"
        self._tries = 0
        self._end_ns = None if budget.seconds is None else clock.monotonic_ns() + round(budget.seconds * 1e9)
        self._best: Plan | None = None
        self._left: set[Fact] = set()
        self._clean = True
        frames = {n for ns in material.frames.values() for n in ns}
        self._fixed = {fact.n for fact in target} & frames

    def run(self) -> Shrunk:
        spent = False
        try:
            self._search()
        except _Spent:
            spent = True
        if self._best is None:
            raise self._unshrinkable(spent)
        made = build(self._material, self._best)
        kept = {entry.n for entry in made.entries}
        everything = self._material.inbound
        return Shrunk(
            candidate=made,
            facts=frozenset(self._left),
            messages=(sum(entry.n in kept for entry in everything), len(everything)),
            tries=self._tries,
            spent=spent,
            live=self._best.live,
        )

    def _unshrinkable(self, spent: bool) -> RecordingNotFound:
        why = "the budget ended before the first try was done" if spent else "it fails only as the whole it is"
        return RecordingNotFound(why, path=self._material.loaded.path, fix="give it more --tries or --seconds")

    def _search(self) -> None:
        units = self._material.units
        plan = self._guess() or self._whole(units)
        if plan is None and self._oracle.result.problems:
            self._clean = False
            plan = self._guess() or self._whole(units)
        if plan is None:
            return
        ddmin(plan.units, lambda part: self._fails(replace(plan, units=tuple(part))))
        if not plan.live:
            self._what = "words"
            for n in sorted({entry.n for entry in self._kept_messages()}):
                self._shorten(n)

    def _plans(self, units: Sequence[int]) -> list[Plan]:
        """Ways to keep ``units``, the one that reads best first."""
        ways = [(True, False)] if self._failing.of_parity else [(False, True), (False, False), (True, False)]
        plans = [
            Plan(units=tuple(units), live=live, renumber=renumber, ended=ended)
            for live, renumber in ways
            for ended in (True, False)
        ]
        return plans if can_renumber(self._material) else [plan for plan in plans if not plan.renumber]

    def _whole(self, units: Sequence[int]) -> Plan | None:
        return next((plan for plan in self._plans(units) if self._fails(plan)), None)

    def _guess(self) -> Plan | None:
        """Rule 2: the messages of the failure, alone or all together."""
        failing = sorted({self._unit(fact.n) for fact in self._target} & set(self._material.units))
        alone: list[tuple[int, ...]] = [(n,) for n in failing[:_GUESSES]] or [()]
        together = [tuple(failing)] if len(failing) > 1 else []
        for units in (*alone, *together):
            for plan in self._plans(units)[:2]:
                if self._fails(plan):
                    return plan
        return None

    def _unit(self, n: int) -> int:
        """The unit of entry ``n``: an answer over HTTP goes with its request."""
        entry = next((e for e in self._material.entries if e.n == n), None)
        return entry.re or n if isinstance(entry, HttpChunk) else n

    def _kept_messages(self) -> list[WsMessage]:
        assert self._best is not None
        made = build(self._material, self._best).entries
        events = self._material.events
        return [e for e in made if isinstance(e, WsMessage) and e.n in events and e.text is not None]

    def _shorten(self, n: int) -> None:
        """Rule 2, of one message; places are those of the text as it was recorded."""
        entry = next(e for e in self._material.inbound if e.n == n)
        assert isinstance(entry, WsMessage)
        place = self._material.places[n]
        labels = [label for label in self._material.labels if (label.conversation, label.seq) == place]
        for path, text in texts_of(entry, self._material.dialect):
            best = self._best
            assert best is not None
            pieces = pieces_of(text, whole_of(entry, path, labels))

            def fails(kept: Sequence[Piece], *, at: str = path, all_: list[Piece] = pieces, best: Plan = best) -> bool:
                return self._fails(replace(best, cuts={**best.cuts, (n, at): without(all_, kept)}))

            ddmin(pieces, fails)

    def _fails(self, plan: Plan) -> bool:
        late = self._end_ns is not None and self._clock.monotonic_ns() >= self._end_ns
        if self._tries >= self._budget.tries or late:
            raise _Spent
        self._tries += 1
        plan = replace(plan, units=tuple(sorted({*plan.units, *self._fixed})))
        left = self._oracle.left(build(self._material, plan), self._target, clean=self._clean)
        if left:
            self._best, self._left = plan, left
        self._tell(self._what, self._tries, self._budget.tries)
        return bool(left)
