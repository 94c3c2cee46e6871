"""Replays a test makes itself, with their place in the run's report."""

from __future__ import annotations

from harness.pytest_plugin.play import replayed, tools_of
from harness.pytest_plugin.state import State
from harness.recording.reader import Recording
from harness.report.run import SessionResult
from harness.session.audit_trail import Taker
from harness.session.dialects import dialect_of
from harness.session.shrink.facts import entry_of, facts_of, types_of
from harness.session.shrink.failing import parse
from harness.settings import Settings

__all__ = ["Reporting"]


class Reporting:
    """See the fixture ``harness_report``.

    Args:
        state: of the run.
        settings: what the pipelines run under.
    """

    def __init__(self, state: State, settings: Settings) -> None:
        self._state = state
        self._settings = settings

    def replay(self, recording: Recording, *, sink: Taker | None = None) -> SessionResult:
        """Replay ``recording`` at instant speed through the real client.

        Args:
            sink: takes every outcome, in order.

        Returns:
            outcomes, problems and the live side; it is in the report too, if one is asked for.
        """
        result, policies = replayed(recording, self._settings, sink=sink)
        self._state.keep(result, policies)
        return result

    def failing(self, expression: str, recording: Recording) -> list[str]:
        """What of ``expression`` (that of ``harness shrink --failing``) is so of a replay of ``recording``, in words.

        Raises:
            ConfigError: it is no expression.
        """
        asked = parse(expression)
        result = self.replay(recording)
        types = types_of(tools_of(self._settings.rules).redactor.rules.rules)
        facts = facts_of(
            recording.entries, result, dialect=dialect_of(recording.header), types=types, words=asked.words
        )
        if not asked.holds(facts):
            return []
        number_of = {entry.n: number for number, entry in entry_of(recording.entries, result).items()}
        return [
            f"message {number_of.get(fact.n, 0)}: {fact}" for fact in sorted(asked.meant(facts), key=lambda f: (f.n, f))
        ]
