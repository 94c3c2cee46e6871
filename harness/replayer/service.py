"""A replay as a service on loopback: OAuth and gateway on one port, the stream on another.

1. Any number of recordings are served at once; :mod:`harness.replayer.roster` says who plays what.
2. A handshake needs a token minted by this service where the dialect has tokens (401), and a path that was recorded (404).
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
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from harness.clock import Clock, SystemClock
from harness.dialects.base import Dialect
from harness.errors import ConfigError, ReplayError, ReplayIncomplete, UnexpectedMessage
from harness.recording.entry import WsReject
from harness.recording.ulid import ulid
from harness.replayer.faults import Fault, faulty_exchanges, faulty_tracks
from harness.replayer.journal import Journal, journal_header
from harness.replayer.match import Level
from harness.replayer.options import idle_cut, may_remain
from harness.replayer.plan import Plan
from harness.replayer.player import Player, Stage
from harness.replayer.rest import GATEWAY_PATH, TOKEN_PATH, Exchange, RestDesk, Tokens, exchanges_of, replayed_headers
from harness.replayer.roster import STREAM_PATH, Roster
from harness.replayer.rules import NO_RULES, Bound, Rules, Sessions
from harness.replayer.script import PATIENCE_NS, Script, Tweak, checked_speed
from harness.replayer.steps import Track, tracks_of, with_end
from harness.wire.scheduler import Scheduler
from harness.wire.serve import GRACE_S, HANDSHAKE_S, Handshake, Peer, Refusal, WsServer
from harness.wire.serve_http import Answer, Call, HttpServer

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
        host: a loopback address.
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
    ) -> None:
        level = _level(match)
        self.client_id = client_id or f"replay-{secrets.token_hex(4)}"
        self.client_secret = client_secret or secrets.token_urlsafe(24)
        self.problems: list[ReplayError] = []
        self._host = host
        self._clock = SystemClock() if speed is None and clock.virtual else clock
        self._speed = checked_speed(speed)
        self._tokens = Tokens()
        self._needs_token = dialect.needs_token
        self._players: set[Player] = set()
        self._order: list[Player] = []
        self._scripts: list[Script] = []
        self._changed = asyncio.Event()
        self.stepping = stepping
        self._recordings = recordings
        self._journal_path = journal
        self._seed = seed
        self._upstream = upstream
        self._secure = tls is not None
        self._plans: dict[int, Plan] = {}
        named = [(recording.path.name, idle_cut(recording.entries, idle_cap_s)) for recording in recordings]
        shelves = [[with_end(track) for track in tracks_of(name, entries)] for name, entries in named]
        shelves = faulty_tracks(may_remain(shelves, drain), faults, seed, retry_date=self._retry_date())
        exchanges = [exchange for name, entries in named for exchange in exchanges_of(name, entries)]
        sessions = Sessions()
        self._roster = Roster(
            shelves,
            conversation_of=dialect.conversation_of,
            level=level,
            lenient=lenient,
            loop=loop,
            rules=rules,
            sessions=sessions,
        )
        patience_ns = int(patience_s * 1e9)
        self._script = partial(
            Script,
            speed=self._speed,
            level=level,
            lenient=lenient,
            patience_ns=patience_ns,
            rules=rules,
            batch=True,
            stepping=stepping,
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
        )
        self._desk = RestDesk(
            faulty_exchanges(exchanges, faults, seed, retry_date=self._retry_date()),
            tokens=self._tokens,
            client_id=self.client_id,
            client_secret=self.client_secret,
            conversation_of=dialect.conversation_of,
            wait=self._wait,
            hold=self._clock.sleep_until,
            answered=self._exchanged,
            now_ns=self._clock.monotonic_ns,
            problem=self._add_problem,
            level=level,
            lenient=lenient,
            loop=loop,
            rules=rules,
            sessions=sessions,
        )
        self._http = HttpServer(
            self._answer, host=host, port=rest_port, port_name="rest_port", tls=tls, max_connections=max_connections
        )
        self._ws = WsServer(
            self._serve,
            admit=self._admit,
            host=host,
            port=stream_port,
            port_name="stream_port",
            tls=tls,
            origins=origins,
            max_connections=max_connections,
            handshake_s=handshake_s,
        )
        self._exit = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._http)
            await stack.enter_async_context(self._ws)
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
        if self._speed is None:
            for track in self._roster.tracks():
                self._plan_of(track).compile()
        if isinstance(self._clock, SystemClock):
            self._stage.scheduler = Scheduler(self._clock)
            stack.callback(self._stage.scheduler.close)
        if self._journal_path is not None:
            wall, now_ns = self._clock.wall(), self._clock.monotonic_ns()
            created = wall.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            header = journal_header(self._recordings, id_=ulid(wall, secrets.SystemRandom()), created=created)
            self._stage.journal = Journal(self._journal_path, header, now_ns, seed=self._seed)
            stack.callback(self._stage.journal.close)

    # Addresses

    @property
    def endpoint(self) -> str:
        """The one setting that points a client here: ``http://127.0.0.1:P?stream=Q``."""
        return f"{self._origin('http', self._http.port)}?stream={self._ws.port}"

    @property
    def ports(self) -> tuple[int, int]:
        """The ports of HTTP and of the stream: what a network guard has to let through."""
        return self._http.port, self._ws.port

    @property
    def token_url(self) -> str:
        return self._origin("http", self._http.port) + TOKEN_PATH

    @property
    def gateway_url(self) -> str:
        return self._origin("http", self._http.port) + GATEWAY_PATH

    @property
    def stream_url(self) -> str:
        return self._origin("ws", self._ws.port) + STREAM_PATH

    def _origin(self, scheme: str, port: int) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{scheme}{'s' if self._secure else ''}://{host}:{port}"

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
        self._changed.set()

    def _new_script(self, track: Track, bound: Bound) -> Script:
        script = self._script(track, bound=bound, plan=self._plan_of(track))
        self._scripts.append(script)
        return script

    async def _wait(self, began_ns: int, distance_us: int) -> None:
        if self._speed is not None:
            await self._clock.sleep_until(began_ns + max(0, round(distance_us * 1000 / self._speed)))

    def _plan_of(self, track: Track) -> Plan:
        plan = self._plans.get(id(track))
        if plan is None:
            plan = self._plans[id(track)] = Plan(track)
        return plan

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
            if self._upstream is not None and not self._desk.knows(call):
                return await self._upstream.answer(call)
            return await self._desk.answer(call)
        finally:
            self._stage.moved()
            self._changed.set()

    def _admit(self, handshake: Handshake) -> Refusal | None:
        self._stage.moved()
        authorization = handshake.headers.get("authorization", "")
        if self._needs_token and not self._tokens.accepts(authorization, handshake.query):
            return Refusal(status=401, body="unknown access token\n")
        refused = self._roster.refusal(handshake.path)
        if refused is not None and refused.refusal is not None:
            self._changed.set()
            if self._stage.journal is not None:
                self._stage.journal.refused(refused, self._clock.monotonic_ns())
            return _refusal(refused.refusal)
        if self._roster.known(handshake.path) or self._upstream is not None:
            return None
        self._add_problem(UnexpectedMessage("connection to a path that was not recorded", fix=f"dial {STREAM_PATH}"))
        return Refusal(status=404, body="the recording has no connection on this path\n")

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


def _refusal(recorded: WsReject) -> Refusal:
    status = recorded.status if 200 <= recorded.status < 600 else 502
    headers = replayed_headers(recorded.headers, decoded=True)
    return Refusal(status=status, headers=headers, body=recorded.body or "")
