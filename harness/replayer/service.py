"""A replay as a service on loopback: OAuth and gateway on one port, the stream on another.

1. Any number of recordings are served at once; :mod:`harness.replayer.roster` says who plays what.
2. Who is let in is said in :mod:`harness.replayer.admission`; where is listened, in :mod:`harness.replayer.doors`.
3. Failures are collected in ``problems``; nothing is ever answered that was not recorded.
4. Instant replays never sleep on the caller's clock, and watch for stalls in real time: a virtual clock that
   moves by itself would call every client late.
5. What a client does that was not recorded fails; with an ``upstream`` it is passed on there instead.
6. ``finish`` judges what has been seen: call it after the ``async with`` block, or after ``settle``.
"""

from __future__ import annotations

import asyncio
import secrets
import ssl
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from harness.clock import Clock, SystemClock
from harness.dialects.base import Dialect
from harness.errors import ConfigError, ReplayError, ReplayIncomplete
from harness.recording.ulid import ulid
from harness.replayer.admission import Admission
from harness.replayer.content import content_of
from harness.replayer.doors import Doors, Listening
from harness.replayer.exchanges import Exchange
from harness.replayer.failures import named
from harness.replayer.faults import Fault
from harness.replayer.journal import Journal, journal_header
from harness.replayer.match import Level
from harness.replayer.origins import preflight, with_origin
from harness.replayer.player import Player
from harness.replayer.rest import RestDesk
from harness.replayer.roster import Roster
from harness.replayer.rules import NO_RULES, Bound, Rules, Sessions
from harness.replayer.script import PATIENCE_NS, Script, Tweak, checked_speed
from harness.replayer.stage import Stage
from harness.replayer.steps import Track
from harness.replayer.tokens import Tokens
from harness.wire.scheduler import Scheduler
from harness.wire.serve import GRACE_S, HANDSHAKE_S, Handshake, Peer, Refusal
from harness.wire.serve_http import Answer, Call

if TYPE_CHECKING:
    from harness.recording.reader import Recording

__all__ = ["ReplayService", "Upstream"]


class Upstream(Protocol):
    """Where goes what was not recorded; see :mod:`harness.wire.passthrough`."""

    async def connect(self, peer: Peer, first: str | bytes | None) -> None:
        """Serve a connection to its end."""
        ...

    async def answer(self, call: Call) -> Answer:
        """Answer a request."""
        ...


class ReplayService:
    """Serves recordings; an async context manager.

    Args:
        recordings: what is served, together.
        dialect: names the conversation of a message.
        clock: paces numeric speeds.
        speed: 1 = as recorded, 10 = ten times as fast, None = instant: no waits, order only.
        match: strict | subset | schema | any, see :mod:`harness.replayer.match`.
        host: a loopback address; any other only with ``token``.
        token: an access token clients may bring besides those minted here; with it every handshake needs one.
        stream_port: port of the WebSocket server, 0 = any.
        rest_port: port of the HTTP server, 0 = any.
        client_id: the OAuth client; minted when None.
        client_secret: its secret; minted when None.
        lenient: answer a message that differs as its nearest recorded candidate; it is a problem all the same.
        patience_s: how late a client may be, beyond the recorded gap; more than its own timers where it has some.
        rules: ignored paths, wildcards and bound ids of every comparison.
        drain: what may stay unplayed, as places (``type:heartbeat``, ``entry:12``), see :mod:`harness.replayer.places`.
        loop: when everything was taken, begin again instead of failing.
        stepping: messages leave one by one, on :meth:`step`.
        idle_cap_s: the longest pause of the recordings that is kept.
        faults: what goes wrong, and where; with ``seed``.
        journal: write the replay's own recording to this file.
        upstream: rule 5.
        tls: speak TLS on both ports.
        origins: origins of browsers that may connect.
        max_connections: of each port, more get 503.
        handshake_s: how long a handshake may take.
        told: is told of every problem as it is found.
        lagged: is told how late each wake-up for a message that was due came, in ns; not at instant speed.
        intended: is told when each message was due, in ns of the clock, as it is sent; not at instant speed.

    Raises:
        ConfigError: an argument is out of its bounds; on entering: a port cannot be had.
    """

    def __init__(
        self,
        recordings: Sequence[Recording],
        *,
        dialect: Dialect,
        clock: Clock,
        speed: float | None = None,
        match: str = "strict",
        host: str = "127.0.0.1",
        token: str | None = None,
        stream_port: int = 0,
        rest_port: int = 0,
        client_id: str | None = None,
        client_secret: str | None = None,
        lenient: bool = False,
        patience_s: float = PATIENCE_NS / 1e9,
        rules: Rules = NO_RULES,
        drain: Sequence[str] = (),
        loop: bool = False,
        stepping: bool = False,
        idle_cap_s: float | None = None,
        faults: Sequence[Fault] = (),
        seed: int = 0,
        journal: Path | None = None,
        upstream: Upstream | None = None,
        tls: ssl.SSLContext | None = None,
        origins: Sequence[str] = (),
        max_connections: int | None = None,
        handshake_s: float = HANDSHAKE_S,
        told: Callable[[ReplayError], None] = lambda _: None,
        lagged: Callable[[int], None] | None = None,
        intended: Callable[[int], None] | None = None,
    ) -> None:
        self._told = told
        self.client_id = client_id or f"replay-{secrets.token_hex(4)}"
        self.client_secret = client_secret or secrets.token_hex(24)
        self.problems: list[ReplayError] = []
        self.stepping = stepping
        self._clock = SystemClock() if speed is None and clock.virtual else clock
        self._speed = checked_speed(speed)
        self._tokens = Tokens(token)
        self._players: set[Player] = set()
        self._order: list[Player] = []
        self._scripts: list[Script] = []
        self._changed = asyncio.Event()
        self._upstream = upstream
        self._origins = frozenset(origins)
        self._opened_journal = partial(_opened_journal, journal, recordings, seed)
        self._content = content_of(
            recordings, idle_cap_s=idle_cap_s, drain=drain, faults=faults, seed=seed, retry_date=self._retry_date()
        )
        patience_ns = int(patience_s * 1e9)
        comparing: dict[str, Any] = {"level": _level(match), "lenient": lenient, "rules": rules}
        serving: dict[str, Any] = {
            **comparing,
            "loop": loop,
            "sessions": Sessions(),
            "conversation_of": dialect.conversation_of,
        }
        self._roster = Roster(self._content.shelves, **serving)
        self._script: Callable[..., Script] = partial(
            Script,
            speed=self._speed,
            patience_ns=patience_ns,
            batch=True,
            stepping=stepping,
            intended=intended,
            **comparing,
        )
        self._stage = Stage(
            clock=self._clock,
            roster=self._roster,
            script_of=self._new_script,
            problem=self._add_problem,
            speed=self._speed,
            patience_ns=patience_ns,
            tweak=self._tweak,
            missed=None if upstream is None else self._missed,
            lagged=lagged,
        )
        self._desk = self._new_desk(serving)
        self._admission = Admission(
            self._roster,
            self._tokens,
            needs_token=dialect.needs_token or token is not None,
            passes_on=upstream is not None,
            problem=self._add_problem,
            refused=self._refused,
        )
        listening = Listening(
            host=host,
            stream_port=stream_port,
            rest_port=rest_port,
            tls=tls,
            origins=origins,
            max_connections=max_connections,
            handshake_s=handshake_s,
            guarded=token is not None,
        )
        self._doors = Doors(
            listening, answer=self._answer, serve=self._serve, admit=self._admit, choose=self._admission.subprotocol
        )
        self._exit = AsyncExitStack()

    def _new_desk(self, serving: dict[str, Any]) -> RestDesk:
        return RestDesk(
            self._content.exchanges,
            tokens=self._tokens,
            client_id=self.client_id,
            client_secret=self.client_secret,
            wait=self._wait,
            hold=self._clock.sleep_until,
            answered=self._exchanged,
            now_ns=self._clock.monotonic_ns,
            problem=self._add_problem,
            **serving,
        )

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await self._doors.open(stack)
            self._open(stack)
            self._exit = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.settle()
        self._stage.stopping = True
        await self._exit.__aexit__(kind, error, trace)

    def _open(self, stack: AsyncExitStack) -> None:
        stack.callback(self._stage.files.close)
        if self._speed is None:
            self._content.compile()
        if isinstance(self._clock, SystemClock):
            self._stage.scheduler = Scheduler(self._clock)
            stack.callback(self._stage.scheduler.close)
            self._stage.watch()
        self._stage.journal = self._opened_journal(self._clock)
        if self._stage.journal is not None:
            stack.callback(self._stage.journal.close)

    # Addresses

    @property
    def endpoint(self) -> str:
        """The one setting that points a client here: ``http://127.0.0.1:P?stream=Q``."""
        return self._doors.endpoint

    @property
    def ports(self) -> tuple[int, int]:
        """The ports of HTTP and of the stream: what a network guard has to let through."""
        return self._doors.ports

    @property
    def token_url(self) -> str:
        return self._doors.token_url

    @property
    def gateway_url(self) -> str:
        return self._doors.gateway_url

    @property
    def stream_url(self) -> str:
        return self._doors.stream_url

    def mint_token(self) -> str:
        """An access token, without asking for it over HTTP."""
        return self._tokens.mint()

    # Results

    def unplayed(self) -> list[str]:
        """Everything recorded that was not played and is not optional, as labels."""
        steps = [label for script in self._scripts for label in script.unplayed()]
        return [*(track.label for track in self._roster.untaken()), *steps, *self._desk.unplayed()]

    def finish(self) -> None:
        """Say that the session is over.

        Raises:
            UnexpectedMessage: a client sent something else than what was recorded.
            ReplayStalled: a client did not send what was recorded.
            ReplayIncomplete: recorded traffic was not played.
        """
        for problem in self.problems:
            if not isinstance(problem, ReplayIncomplete):
                raise problem
        if unplayed := self.unplayed():
            raise ReplayIncomplete(unplayed, fix="let the client run to the recorded end")

    def step(self) -> bool:
        """Let one message more go, on the connection opened first that has one; False if none has."""
        waiting = [player for player in self._order if player.script is not None and player.script.waits_for_step]
        if waiting:
            waiting[0].step()
        return bool(waiting)

    def awaited(self) -> list[str]:
        """What the clients that are connected are to do next, as labels."""
        scripts = [player.script for player in self._order if player.script is not None]
        return [named(script.track, step) for script in scripts if (step := script.progress.expected) is not None]

    async def settle(self) -> None:
        """Return when every connection its client has closed was dealt with."""
        try:
            async with asyncio.timeout(GRACE_S):
                while any(player.peer.closing for player in self._players):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return

    async def over(self) -> None:
        """Return when all is played, or when something went wrong and no client is left."""
        while self.unplayed() and (not self.problems or self._players):
            self._changed.clear()
            await self._changed.wait()

    # Serving

    def _add_problem(self, error: ReplayError) -> None:
        self.problems.append(error)
        self._told(error)
        self._changed.set()

    def _new_script(self, track: Track, bound: Bound) -> Script:
        script = self._script(track, bound=bound, plan=self._content.plan_of(track))
        self._scripts.append(script)
        return script

    async def _wait(self, began_ns: int, distance_us: int) -> None:
        if self._speed is not None:
            await self._clock.sleep_until(began_ns + max(0, round(distance_us * 1000 / self._speed)))

    def _retry_date(self) -> str:
        """An HTTP date two seconds from now."""
        return format_datetime(self._clock.wall() + timedelta(seconds=2), usegmt=True)

    def _tweak(self, command: Tweak) -> None:
        if command.name == "revoke":
            self._tokens.revoke()

    def _exchanged(self, exchange: Exchange) -> None:
        if self._stage.journal is not None:
            self._stage.journal.exchanged(exchange, self._clock.monotonic_ns())

    async def _missed(self, peer: Peer, first: str | bytes | None) -> bool:
        assert self._upstream is not None
        await self._upstream.connect(peer, first)
        return True

    async def _answer(self, call: Call) -> Answer:
        self._stage.moved()
        try:
            answer = preflight(call, self._origins)
            return answer or with_origin(await self._found(call), call)
        finally:
            self._stage.moved()
            self._changed.set()

    async def _found(self, call: Call) -> Answer:
        if self._upstream is not None and not self._desk.knows(call):
            return await self._upstream.answer(call)
        return await self._desk.answer(call)

    def _admit(self, handshake: Handshake) -> Refusal | None:
        self._stage.moved()
        return self._admission(handshake)

    def _refused(self, track: Track) -> None:
        self._changed.set()
        if self._stage.journal is not None:
            self._stage.journal.refused(track, self._clock.monotonic_ns())

    async def _serve(self, peer: Peer) -> None:
        player = Player(peer, self._stage)
        self._players.add(player)
        self._order.append(player)
        try:
            await player.run()
        finally:
            self._players.discard(player)
            self._order.remove(player)
            self._changed.set()


def _level(match: str) -> Level:
    try:
        return Level(match)
    except ValueError:
        raise ConfigError("match", match, " | ".join(Level)) from None


def _opened_journal(path: Path | None, recordings: Sequence[Recording], seed: int, clock: Clock) -> Journal | None:
    """The replay's own recording, begun; None where none was asked for."""
    if path is None:
        return None
    wall, now_ns = clock.wall(), clock.monotonic_ns()
    created = wall.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    header = journal_header(recordings, id_=ulid(wall, secrets.SystemRandom()), created=created)
    return Journal(path, header, now_ns, seed=seed)
