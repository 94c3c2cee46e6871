"""Replays a test makes itself, with their place in the run's report."""

from __future__ import annotations

from harness.pytest_plugin.play import replayed
from harness.pytest_plugin.state import State
from harness.recording.reader import Recording
from harness.report.run import SessionResult
from harness.session.audit_trail import Taker
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
