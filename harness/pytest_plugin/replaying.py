"""A replay as a test has it: a service on loopback in a thread of its own, and the network guard around the test.

1. In mode none, the default, a message that was not recorded fails the test, at the latest when the replay is left.
2. In the other modes (:mod:`harness.session.modes`) what the mode leaves to the live service is relayed and recorded; there
   the guard is off.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from harness.clock import SystemClock
from harness.errors import ConfigError, HarnessError, ReplayIncomplete
from harness.pytest_plugin.aside import Aside
from harness.recording.reader import read_recording
from harness.replayer.service import ReplayService
from harness.session.dialects import one_dialect
from harness.session.episodes import Episode, episode
from harness.session.modes import ModePlan, RecordMode, plan_of
from harness.session.refresh import live_side
from harness.settings import Settings
from harness.wire.guard import NetworkGuard

__all__ = ["Replay", "replaying"]


class Replay:
    """A running replay: where to point a client, and how it went.

    Args:
        other: the loop the service runs in.
        running: the service, and what is made of it at the end.
        guard: the network guard, None where the live service is reached.
    """

    def __init__(self, other: Aside, running: Episode, guard: NetworkGuard | None) -> None:
        self._other = other
        self._running = running
        self._service = running.service
        self._guard = guard
        self._told = False

    def __repr__(self) -> str:
        return f"<Replay at {self.endpoint}>"

    @property
    def url(self) -> str:
        """The stream's address, ``ws://127.0.0.1:P/...``."""
        return self._service.stream_url

    @property
    def endpoint(self) -> str:
        """The one setting that points the harness's own client here."""
        return self._service.endpoint

    @property
    def token_url(self) -> str:
        """Where tokens are given out."""
        return self._service.token_url

    @property
    def gateway_url(self) -> str:
        """The AI gateway's address."""
        return self._service.gateway_url

    @property
    def client_id(self) -> str:
        """The OAuth client of this replay."""
        return self._service.client_id

    @property
    def client_secret(self) -> str:
        """Its secret; made for this replay."""
        return self._service.client_secret

    def token(self) -> str:
        """An access token, for a client that does not ask for one."""
        return self._service.mint_token()

    def allow(self, *ports: int) -> None:
        """Let the test reach more loopback ports, such as those of a database of its own."""
        if self._guard is not None:
            self._guard.allow(*ports)

    @property
    def problems(self) -> list[str]:
        """What went wrong so far, in words without text of the conversation."""
        return [str(problem) for problem in self._service.problems]

    def unplayed(self) -> list[str]:
        """What was recorded and not played yet."""
        return self._service.unplayed()

    def assert_all_played(self) -> None:
        """Wait for connections that are being closed; then all must be played, and nothing else have been sent.

        Raises:
            AssertionError: it is not so; says what is missing or unexpected.
        """
        __tracebackhide__ = True
        self._told = True
        self._other.run(self._service.settle())
        try:
            self._service.finish()
        except HarnessError as error:
            raise AssertionError(str(error)) from None

    def check(self) -> None:
        """Rule 1, for a test that did not ask.

        Raises:
            AssertionError: something was sent that was not recorded, or differs from the file in mode verify.
        """
        __tracebackhide__ = True
        found = (
            [] if self._told else [str(one) for one in self._service.problems if not isinstance(one, ReplayIncomplete)]
        )
        found += [f"differs: {line}" for line in self._running.differences]
        if found:
            raise AssertionError("\n".join(found)) from None


@contextmanager
def replaying(
    paths: Sequence[Path], *, mode: RecordMode, settings: Settings, ci: bool, note: Any, **options: Any
) -> Iterator[Replay]:
    """Serve recordings while the block runs.

    Args:
        mode: with any other than none there is one recording.
        ci: in CI a miss is never recorded unless the mode says so.
        note: told of what was written.
        options: of the service: speed, match.

    Raises:
        HarnessError: a recording, or the live service of the mode, is not to be had.
    """
    plan = _plan(paths, mode, ci=ci)
    with ExitStack() as stack:
        other = stack.enter_context(Aside())
        running = stack.enter_context(_served(other, paths, plan, settings, options))
        live = plan is not None and plan.live
        guard = None if live else stack.enter_context(NetworkGuard(running.service.ports))
        replay = Replay(other, running, guard)
        yield replay
        stack.pop_all().close()
        if running.written is not None:
            note(f"recorded: {running.written.name}")
        replay.check()


def _plan(paths: Sequence[Path], mode: RecordMode, *, ci: bool) -> ModePlan | None:
    if mode is RecordMode.NONE:
        return None
    if len(paths) != 1:
        raise ConfigError("recording", len(paths), f"one recording in mode {mode.value}")
    return plan_of(mode, None, exists=paths[0].exists(), ci=ci)


@contextmanager
def _served(
    other: Aside, paths: Sequence[Path], plan: ModePlan | None, settings: Settings, options: dict[str, Any]
) -> Iterator[Episode]:
    if plan is None:
        recordings = [read_recording(path) for path in paths]
        dialect = one_dialect([recording.header for recording in recordings])
        service = ReplayService(recordings, dialect=dialect, clock=SystemClock(), **options)
        with other.within(lambda: _alone(service)) as running:
            yield running
        return
    live = live_side(settings, paths[0]) if plan.live else None
    paths[0].parent.mkdir(parents=True, exist_ok=True)
    with other.within(lambda: episode(paths[0], plan, live, **options)) as running:
        yield running


@asynccontextmanager
async def _alone(service: ReplayService) -> AsyncIterator[Episode]:
    async with service:
        yield Episode(service)
