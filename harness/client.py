"""The live client: token, stream, pipeline, gateway, sinks, in one loop; the same on live and replayed services.

1. The reader never waits for the pipeline: reader -> bounded queue -> pump. The queue is the back-pressure.
2. One pump feeds the pipeline and does what it asks for, in order; nothing else touches the pipeline.
3. An outcome is recorded and audited before it is delivered.
4. A drop is survived: dial again with back-off, a fresh token if the old one was refused, resume after the last message
   nothing is missing before.
5. A decision of a timer (a hole given up) is told to the observer; a replay is given those decisions and has no timers.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from harness.clock import Clock
from harness.dialects.base import Dialect
from harness.dialects.mediation import dump, summary_request, validate_request
from harness.dialects.mediation_addresses import Addresses
from harness.errors import AuthError, ConnectionLost, PermissionDenied, ServiceError
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import Effect, GapFound, Generate, JudgeAnswer, JudgeRequest, Outcome, Send
from harness.wire.auth import TokenSource
from harness.wire.backoff import Backoff, retry_after_s
from harness.wire.rest import RestClient, RestResponse
from harness.wire.stream import HandshakeRejected, Link, LinkClosed, Received, dial
from harness.wire.tap import Tap

__all__ = ["ClientOptions", "MediationClient", "Observer"]

_QUEUE = 1024
_NORMAL = 1000
_HEALTHY_NS = 10_000_000_000


class Observer(Protocol):
    """Hears what the pipeline says of every message, in order (the recorder is one)."""

    def inbound(self, handle: Any, number: int) -> None:
        """The message behind the tap's ``handle`` is message ``number``."""
        ...

    def outcome(self, outcome: Outcome) -> None:
        """The message's values are known."""
        ...

    def settled(self, outcome: Outcome) -> None:
        """The message's outcome is final."""
        ...

    def unused(self, handle: Any) -> None:
        """No outcome will come for a response body."""
        ...

    def gap(self, gap: GapFound, after: int) -> None:
        """Messages were given up."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientOptions:
    """How patient the client is.

    Args:
        gap_timeout_s: a hole in the order is given up after so long.
        connect_timeout_s: limit for one dial.
        attempts: dials in a row that may fail.
        give_up_after: number of inbound messages -> conversations whose holes a recorded timer gave up then; None on
            a live service, where the timer itself decides.
    """

    gap_timeout_s: float = 5.0
    connect_timeout_s: float = 10.0
    attempts: int = 8
    give_up_after: Mapping[int, Sequence[str]] | None = None


@dataclass(slots=True)
class _GiveUp:
    conversation: str


@dataclass(slots=True)
class _Ended:
    """Ends the pump when everything before it is done."""


@dataclass(slots=True)
class _State:
    """What reader and pump share."""

    link: Link | None = None
    unsent: list[str] = field(default_factory=list)
    finished: bool = False


class MediationClient:
    """One session with a mediation service.

    Args:
        addresses: where the services are.
        conversations: interaction ids to subscribe to.
        pipeline: the one pipeline.
        dialect: what to say to the service.
        tokens: makes access tokens.
        rest: reaches the gateway.
        tap: hears the wire.
        observer: hears the pipeline.
        handle: called with every final outcome and its latency in ns (audit, delivery).
        clock: stamps and waits.
        rng: jitter.
        options: see :class:`ClientOptions`.
    """

    def __init__(
        self,
        *,
        addresses: Addresses,
        conversations: Sequence[str],
        pipeline: Pipeline,
        dialect: Dialect,
        tokens: TokenSource,
        rest: RestClient,
        tap: Tap,
        observer: Observer,
        handle: Callable[[Outcome, int], Awaitable[None]],
        clock: Clock,
        rng: random.Random,
        options: ClientOptions | None = None,
    ) -> None:
        self._addresses = addresses
        self._open = list(conversations)
        self._pipeline = pipeline
        self._dialect = dialect
        self._tokens = tokens
        self._rest = rest
        self._tap = tap
        self._observer = observer
        self._handle = handle
        self._clock = clock
        self._rng = rng
        self._options = options or ClientOptions()
        self._queue: asyncio.Queue[Received | _GiveUp | _Ended] = asyncio.Queue(_QUEUE)
        self._state = _State()
        self._dials = 0
        self._fed = 0
        self._arrived: dict[int, int] = {}

    async def run(self) -> None:
        """Stay until every conversation has ended.

        Raises:
            AuthError: the service refuses the credentials.
            PermissionDenied: a scope is missing.
            ConnectionLost: the link could not be kept.
        """
        try:
            async with asyncio.TaskGroup() as group:
                watcher = None
                if self._options.give_up_after is None:
                    watcher = group.create_task(self._watch_holes())
                pump = group.create_task(self._pump())
                await self._read_all(pump)
                if watcher is not None:
                    watcher.cancel()
        finally:
            await self._do(self._pipeline.finish())

    async def leave(self) -> None:
        """Take no more: close the connection, judge what has come, and let :meth:`run` return."""
        self._state.finished = True
        if self._state.link is not None:
            await self._state.link.close(_NORMAL)

    # -- reader ----------------------------------------------------------------------------------------------------

    async def _read_all(self, pump: asyncio.Task[None]) -> None:
        """Read to the end; what was received before the service failed for good still goes through the pump."""
        try:
            await self._read()
        except ServiceError:
            await self._queue.put(_Ended())
            await pump
            raise
        await self._queue.put(_Ended())
        await pump

    async def _read(self) -> None:
        backoff = Backoff(self._rng)
        while not self._state.finished:
            link = await self._connect(backoff)
            opened_ns = self._clock.monotonic_ns()
            heard = False
            try:
                await self._subscribe(link)
                while True:
                    received = await link.receive()
                    heard = True
                    await self._queue.put(received)
            except LinkClosed as closed:
                self._state.link = None
                await self._queue.join()
                self._state.finished |= closed.code == _NORMAL and self._dialect.ends_with_close
                if self._state.finished:
                    return
                if closed.code in (4401, 1008):
                    await self._tokens.refresh(await self._tokens.get())
            if heard or self._clock.monotonic_ns() - opened_ns >= _HEALTHY_NS:
                backoff.reset()
            else:
                await self._pause(backoff, None, "the service closes every connection at once")

    async def _connect(self, backoff: Backoff) -> Link:
        refreshed = False
        while True:
            token = await self._tokens.get()
            self._dials += 1
            try:
                return await dial(
                    self._addresses.stream_url,
                    token=token,
                    conn=f"w{self._dials}",
                    attempt=backoff.failures + 1,
                    tap=self._tap,
                    clock=self._clock,
                    timeout_s=self._options.connect_timeout_s,
                )
            except HandshakeRejected as rejected:
                if rejected.status == 401:
                    if refreshed:
                        raise AuthError(401) from None
                    refreshed = True
                    await self._tokens.refresh(token)
                    continue
                await self._after_rejection(rejected, backoff)
            except ConnectionLost as lost:
                if lost.close.startswith("TLS"):
                    raise
                await self._pause(backoff, None, lost.close)

    async def _after_rejection(self, rejected: HandshakeRejected, backoff: Backoff) -> None:
        if rejected.status == 403:
            raise PermissionDenied("conversation:read") from None
        if rejected.status not in (408, 429) and rejected.status < 500:
            raise ConnectionLost(f"the handshake was answered with {rejected.status}") from None
        asked = retry_after_s(rejected.headers.get("retry-after"), self._clock.wall())
        await self._pause(backoff, asked, f"the handshake was answered with {rejected.status}")

    async def _pause(self, backoff: Backoff, asked_s: float | None, why: str) -> None:
        delay_s = backoff.next_s(asked_s)
        if backoff.failures >= self._options.attempts:
            raise ConnectionLost(f"{why}, {backoff.failures} times", fix="check that the service runs, then try again")
        await self._clock.sleep_until(self._clock.monotonic_ns() + int(delay_s * 1e9))

    async def _subscribe(self, link: Link) -> None:
        for conversation in self._open:
            after = self._pipeline.resume_after(conversation) or None
            text = self._dialect.subscribe_text(self._pipeline.policy.subscription, conversation, after)
            if text is not None:
                await link.send(text)
        while self._state.unsent:
            await link.send(self._state.unsent[0])
            self._state.unsent.pop(0)
        self._state.link = link

    # -- pump ------------------------------------------------------------------------------------------------------

    async def _pump(self) -> None:
        while True:
            item = await self._queue.get()
            try:
                match item:
                    case _Ended():
                        return
                    case _GiveUp(conversation):
                        await self._do(self._pipeline.give_up(conversation))
                    case Received():
                        await self._feed(item.data, item.at_ns, item.handle, "stream")
            finally:
                self._queue.task_done()

    async def _feed(self, data: str | bytes, at_ns: int, handle: Any, service: str) -> None:
        self._fed += 1
        self._arrived[self._fed] = at_ns
        self._observer.inbound(handle, self._fed)
        await self._do(self._pipeline.feed(data, at_ns, service=service))
        for conversation in (self._options.give_up_after or {}).get(self._fed, ()):
            await self._do(self._pipeline.give_up(conversation))

    async def _do(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            match effect:
                case Outcome():
                    await self._finish(effect)
                case Send():
                    await self._send(dump(effect.message))
                case GapFound():
                    self._observer.gap(effect, self._fed)
                case Generate():
                    await self._generate(effect)

    async def _finish(self, outcome: Outcome) -> None:
        self._observer.outcome(outcome)
        if outcome.judge_requests:
            answers = {request.id: await self._ask(request) for request in outcome.judge_requests}
            outcome = self._pipeline.settle(outcome, answers)
        self._observer.settled(outcome)
        await self._handle(outcome, self._clock.monotonic_ns() - self._arrived.pop(outcome.number))
        if outcome.event == "end" and outcome.verdict == "accepted":
            await self._leave(outcome.conversation)

    async def _send(self, text: str) -> None:
        link = self._state.link
        try:
            if link is None:
                self._state.unsent.append(text)
            else:
                await link.send(text)
        except LinkClosed:
            self._state.unsent.append(text)

    async def _leave(self, conversation: str) -> None:
        if conversation not in self._open:
            return
        self._open.remove(conversation)
        text = self._dialect.unsubscribe_text(conversation)
        if text is not None:
            await self._send(text)
        if not self._open:
            self._state.finished = True
            if self._state.link is not None:
                await self._state.link.close(1000)

    # -- gateway ---------------------------------------------------------------------------------------------------

    async def _generate(self, request: Generate) -> None:
        context = [dict(turn) for turn in request.context]
        body = summary_request(self._pipeline.policy.subscription, request.conversation, context)
        response = await self._post("/summaries", dump(body))
        if response is None:
            return
        if response.status not in (200, 201):
            self._observer.unused(response.handle)
            return
        await self._feed(response.text, self._clock.monotonic_ns(), response.handle, "gateway")

    async def _ask(self, request: JudgeRequest) -> JudgeAnswer:
        """The service's own validation; an answer that cannot be had is ``degraded``, not a pass."""
        if request.judge != "gateway":
            return JudgeAnswer(valid=None)
        context = [dict(turn) for turn in request.context]
        body = validate_request(request.conversation, request.summary, context)
        response = await self._post("/summaries/validate", dump(body))
        if response is None or response.status != 200:
            return JudgeAnswer(valid=None)
        return _validation(response)

    async def _post(self, path: str, body: str) -> RestResponse | None:
        token = await self._tokens.get()
        url = self._addresses.gateway_url + path
        for last in (False, True):
            try:
                headers = {"authorization": f"Bearer {token.get_secret_value()}"}
                response = await self._rest.post(url, service="gateway", body=body, headers=headers)
            except (AuthError, PermissionDenied):
                raise
            except ServiceError:
                return None
            if response.status != 401:
                return response
            if last:
                raise AuthError(401)
            token = await self._tokens.refresh(token)
        return None

    # -- holes -----------------------------------------------------------------------------------------------------

    async def _watch_holes(self) -> None:
        """Give up a hole that nothing has filled for ``gap_timeout_s``."""
        since: dict[str, tuple[int, int]] = {}
        step_ns = int(self._options.gap_timeout_s * 1e9 / 5)
        while True:
            now_ns = self._clock.monotonic_ns()
            await self._clock.sleep_until(now_ns + step_ns)
            for conversation in list(self._open):
                place = self._pipeline.resume_after(conversation)
                if not self._pipeline.waiting(conversation):
                    since.pop(conversation, None)
                elif since.setdefault(conversation, (place, now_ns))[0] != place:
                    since[conversation] = (place, now_ns)
                elif now_ns - since[conversation][1] >= step_ns * 4:
                    since.pop(conversation)
                    await self._queue.put(_GiveUp(conversation))


def _validation(response: RestResponse) -> JudgeAnswer:
    """The answer in a validation's body; one that is not in its form counts as none."""
    try:
        value = response.json()
    except ServiceError:
        return JudgeAnswer(valid=None)
    valid = value.get("valid") if isinstance(value, dict) else None
    if not isinstance(valid, bool):
        return JudgeAnswer(valid=None)
    found = value.get("violations", [])
    codes = [item.get("code") for item in found if isinstance(item, dict)] if isinstance(found, list) else []
    plain = [code for code in codes if isinstance(code, str) and code.replace("_", "").isalnum() and len(code) <= 64]
    return JudgeAnswer(valid=valid, violations=tuple(plain))
