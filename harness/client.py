"""The live client: token, stream, pipeline, gateway, sinks, in one loop; the same on live and replayed services.

1. The reader never waits for the pipeline: reader -> bounded queue -> pump. The queue is the back-pressure.
2. One pump feeds the pipeline and does what it asks for, in order; nothing else touches the pipeline.
3. An outcome is recorded and audited before it is delivered.
4. A drop is survived: dial again (``wire/dialler.py`` has the rules), resume after the last message nothing is missing
   before.
5. The service's failures end the session in order: what was received is judged to its end. A failure of our own, such
   as a recording that cannot be written, stops it where it stands.
6. A decision of a timer (a hole given up) is told to the observer; a replay is given those decisions and has no timers.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

from pydantic import SecretStr

from harness.clock import Clock
from harness.dialects.base import Dialect
from harness.dialects.mediation import dump, summary_request, validate_request
from harness.dialects.mediation_addresses import Addresses
from harness.errors import AuthError, PermissionDenied, ServiceError
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import Effect, GapFound, Generate, JudgeAnswer, JudgeRequest, Outcome, Send
from harness.wire.auth import TokenSource
from harness.wire.dialler import Dialler
from harness.wire.rest import RestClient, RestResponse
from harness.wire.stream import Link, LinkClosed, Received
from harness.wire.tap import Tap

__all__ = ["ClientOptions", "MediationClient", "Observer"]

_QUEUE = 1024
_GOING_AWAY = 1001
_NORMAL = 1000


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
        ask_judge: asks the judges of the policy (``judges.Bench.ask``); None leaves their questions unanswered.
    """

    gap_timeout_s: float = 5.0
    connect_timeout_s: float = 10.0
    attempts: int = 8
    give_up_after: Mapping[int, Sequence[str]] | None = None
    ask_judge: Callable[[JudgeRequest], Awaitable[JudgeAnswer]] | None = None


@dataclass(slots=True)
class _GiveUp:
    """The hole behind message ``place`` of a conversation has been open for too long."""

    conversation: str
    place: int


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
        self._conversations = tuple(conversations)
        self._open = list(conversations)
        self._pipeline = pipeline
        self._dialect = dialect
        self._tokens = tokens
        self._rest = rest
        self._observer = observer
        self._handle = handle
        self._clock = clock
        self._options = options or ClientOptions()
        self._dialler = Dialler(
            addresses.stream_url,
            tokens=tokens,
            tap=tap,
            clock=clock,
            rng=rng,
            attempts=self._options.attempts,
            timeout_s=self._options.connect_timeout_s,
        )
        self._queue: asyncio.Queue[Received | _GiveUp | _Ended] = asyncio.Queue(_QUEUE)
        self._state = _State()
        self._fed = 0
        self._valid = 0
        self._arrived: dict[int, int] = {}
        self._refused: ServiceError | None = None
        """What the gateway said that ends the session; it is not asked again."""

    async def run(self) -> None:
        """Stay until every conversation has ended.

        Raises:
            AuthError: the service refuses the credentials.
            PermissionDenied: a scope is missing.
            ConnectionLost: the link could not be kept.
        """
        try:
            async with asyncio.TaskGroup() as group:
                watcher = group.create_task(self._watch_holes())
                pump = group.create_task(self._pump())
                await self._read_all(pump)
                watcher.cancel()
        except BaseExceptionGroup as failed:
            error = _cause(failed)
            if isinstance(error, ServiceError):
                await self._judge_the_rest()
                await self._do(self._pipeline.finish())
            raise error from None
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
            await self._drain(pump)
            raise
        await self._drain(pump)

    async def _drain(self, pump: asyncio.Task[None]) -> None:
        await self._queue.put(_Ended())
        await pump

    async def _read(self) -> None:
        while not self._state.finished:
            link = await self._dialler.dial()
            if link is None:
                continue
            before = self._progress()
            code = await self._listen(link)
            self._state.finished |= code == _NORMAL and self._dialect.ends_with_close
            if not self._state.finished:
                await self._dialler.lost(code, valid=self._progress() != before)

    async def _listen(self, link: Link) -> int | None:
        """Stay until the connection has ended and all it brought is through the pump; returns the close code."""
        try:
            await self._subscribe(link)
            await self._hear(link)
        except LinkClosed as closed:
            await self._queue.join()
            return closed.code
        finally:
            self._state.link = None
            await link.close(_GOING_AWAY)

    async def _hear(self, link: Link) -> NoReturn:
        while True:
            await self._queue.put(await link.receive())

    def _progress(self) -> tuple[int, int]:
        """What changes with a valid message: one is accepted, or waits for others but has its place in the order."""
        return self._valid, sum(self._pipeline.resume_after(conversation) for conversation in self._conversations)

    async def _subscribe(self, link: Link) -> None:
        for conversation in list(self._open):
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
                    case _GiveUp(conversation, place):
                        if self._pipeline.resume_after(conversation) == place:
                            await self._do(self._pipeline.give_up(conversation))
                    case Received():
                        await self._feed(item.data, item.at_ns, item.handle, "stream")
                if self._refused is not None:
                    raise self._refused
            finally:
                self._queue.task_done()

    async def _judge_the_rest(self) -> None:
        """Rule 5, where it was the pump that heard of the failure: what waits in the queue has been received."""
        while not self._queue.empty():
            item = self._queue.get_nowait()
            if isinstance(item, Received):
                await self._feed(item.data, item.at_ns, item.handle, "stream")

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
        self._valid += outcome.verdict != "rejected"
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
                await self._state.link.close()

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
            ask = self._options.ask_judge
            return JudgeAnswer(valid=None) if ask is None else await ask(request)
        context = [dict(turn) for turn in request.context]
        body = validate_request(request.conversation, request.summary, context)
        response = await self._post("/summaries/validate", dump(body))
        if response is None:
            return JudgeAnswer(valid=None)
        self._observer.unused(response.handle)
        return _validation(response) if response.status == 200 else JudgeAnswer(valid=None)

    async def _post(self, path: str, body: str) -> RestResponse | None:
        """The gateway's response; None where it, or a token for it, could not be had.

        A refusal that ends the session ends it after the message at hand, which gets its outcome all the same.
        """
        if self._refused is not None:
            return None
        try:
            token = await self._tokens.get()
            response = await self._post_with(token, path, body)
            if response.status == 401:
                self._observer.unused(response.handle)
                response = await self._post_with(await self._tokens.refresh(token), path, body)
        except (AuthError, PermissionDenied) as error:
            self._refused = error
            return None
        except ServiceError:
            return None
        if response.status == 401:
            self._refused = AuthError(401)
            return None
        return response

    async def _post_with(self, token: SecretStr, path: str, body: str) -> RestResponse:
        headers = {"authorization": f"Bearer {token.get_secret_value()}"}
        return await self._rest.post(self._addresses.gateway_url + path, service="gateway", body=body, headers=headers)

    # -- holes -----------------------------------------------------------------------------------------------------

    async def _watch_holes(self) -> None:
        """Give up a hole that nothing has filled for ``gap_timeout_s`` on an open connection.

        While there is none, nothing could fill it; the service sends what is missing when it is back.
        """
        if self._options.give_up_after is not None:
            return
        timeout_ns = int(self._options.gap_timeout_s * 1e9)
        since: dict[str, tuple[int, int]] = {}
        while True:
            await self._clock.sleep_until(self._clock.monotonic_ns() + timeout_ns // 5)
            if self._state.link is None:
                since.clear()
                continue
            now_ns = self._clock.monotonic_ns()
            for conversation in list(self._open):
                place = self._pipeline.resume_after(conversation)
                if not self._pipeline.waiting(conversation):
                    since.pop(conversation, None)
                elif since.setdefault(conversation, (place, now_ns))[0] != place:
                    since[conversation] = (place, now_ns)
                elif now_ns - since[conversation][1] >= timeout_ns:
                    since.pop(conversation)
                    await self._queue.put(_GiveUp(conversation, place))


def _cause(failed: BaseExceptionGroup) -> BaseException:
    """The one error to raise: a failure of our own before one of the service."""
    found: list[BaseException] = []
    pending: list[BaseException] = [failed]
    while pending:
        error = pending.pop(0)
        if isinstance(error, BaseExceptionGroup):
            pending += error.exceptions
        else:
            found.append(error)
    return next((error for error in found if not isinstance(error, ServiceError)), found[0])


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
