"""When to dial the stream again, and when to stop: the table of a session's connections.

    what happened                        | what follows
    401 at the handshake, close 4401/1008| one forced token, one retry; again before anything went well: AuthError
    403                                  | PermissionDenied at once, with the scope it names
    TLS                                  | TlsRefused at once
    429, 408, 5xx                        | Retry-After (at most 5 min) or back-off
    another answer                       | ConnectionLost at once
    refused, reset, timeout, DNS         | back-off
    lost before a valid message or 10 s  | back-off, half of it fixed: at most 5 dials in 3 s
    close 1002/1003/1007/1009/1010       | as any loss, but the third in a row is the last
    lost after that                      | a breath, then dial; failures count from 0 again

1. Back-off runs over all connections; only a valid message or 10 s of life resets it.
2. After ``attempts`` failures in a row, or when the next wait would end ``budget_s`` after the first of them, the last
   failure is raised.
3. The first token must be had at once: a token service that cannot be reached is a wrong setting more often than not.
4. A connection refused for its token resets the back-off only after 10 s of life, valid messages or not; and a service
   that drops every connection after its first message is dialled ever more slowly, up to every two seconds.
5. What is done is told (:class:`LinkState`), so that nobody waits in the dark.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pydantic import SecretStr

from harness.clock import Clock
from harness.errors import AuthError, ConnectionLost, PermissionDenied, RateLimited, ServiceError
from harness.wire.auth import TokenSource
from harness.wire.backoff import Backoff, retry_after_s
from harness.wire.rest import scope_named
from harness.wire.stream import HandshakeRejected, Limits, Link, dial
from harness.wire.tap import Tap
from harness.wire.tls import TlsRefused

__all__ = ["BUDGET_S", "Dialler", "LinkState"]

BUDGET_S = 900.0
"""How long a service may be away."""

_HEALTHY_NS = 10_000_000_000
_FIRST_PAUSE_S = 0.2
_FIXED_SHARE = 0.5
_REFUSED = frozenset({1008, 4401})
_SCOPE = "conversation:read"
_SEE_REPLAY = "it says what differs; the subscription and the conversation must be the recorded ones"
_CHECK = "check that the service runs, then try again"
_UNKNOWN_TO_REPLAY = 4400
_BROKEN = {
    1002: "the service breaks the WebSocket protocol",
    1003: "the service cannot take what the harness sends",
    1007: "one side sends text that is not UTF-8",
    1009: "a message is larger than the harness takes: raise the setting max_message_bytes",
    1010: "the service asks for an extension the harness does not have",
}
"""Close codes after which the same will happen again, and what they mean."""

_BROKEN_RETRIES = 2
_SHORT_LIVES = 5
"""Connections in a row that brought something and were lost within 10 s, before rule 4 slows the dialling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkState:
    """Where the stream stands.

    Args:
        phase: ``dialling``, ``open``, ``lost`` (it will be dialled again at once) or ``waiting``.
        attempt: which dial in a row it is, from 1.
        wait_s: how long until the next dial.
        why: of a loss or a wait, in words without payload.
    """

    phase: Literal["dialling", "open", "lost", "waiting"]
    attempt: int = 1
    wait_s: float = 0.0
    why: str = ""


def _untold(_: LinkState) -> None:
    """Nobody wants to know."""


class Dialler:
    """The connections of one session, one after the other.

    Args:
        url: of the stream.
        tokens: makes access tokens.
        tap: hears the wire.
        clock: stamps and waits.
        rng: jitter.
        attempts: dials in a row that may fail.
        limits: of each connection.
        budget_s: see rule 2.
        on_state: told of every change.
    """

    def __init__(
        self,
        url: str,
        *,
        tokens: TokenSource,
        tap: Tap,
        clock: Clock,
        rng: random.Random,
        attempts: int,
        limits: Limits | None = None,
        budget_s: float = BUDGET_S,
        on_state: Callable[[LinkState], None] = _untold,
    ) -> None:
        self._url = url
        self._tokens = tokens
        self._tap = tap
        self._clock = clock
        self._attempts = attempts
        self._limits = limits or Limits()
        self._budget_ns = int(budget_s * 1e9)
        self._tell = on_state
        self._backoff = Backoff(rng, base_s=_FIRST_PAUSE_S)
        self._slower = Backoff(rng, base_s=_FIRST_PAUSE_S, cap_s=2.0)
        self._short = 0
        self._failing_since_ns = 0
        self._dials = 0
        self._refused = False
        self._broken = 0

    async def dial(self) -> Link | None:
        """Dial once; None after a failure that may pass, when its pause is over.

        Raises:
            ServiceError: see the table.
        """
        token = await self._token()
        if token is None:
            return None
        self._dials += 1
        attempt = self._backoff.failures + 1
        self._tell(LinkState(phase="dialling", attempt=attempt))
        try:
            link = await dial(
                self._url,
                token=token,
                conn=f"w{self._dials}",
                attempt=attempt,
                tap=self._tap,
                clock=self._clock,
                limits=self._limits,
            )
        except HandshakeRejected as rejected:
            await self._rejected(rejected, token)
        except TlsRefused:
            raise
        except ConnectionLost as lost:
            await self._pause(lost)
        else:
            self._tell(LinkState(phase="open", attempt=attempt))
            return link
        return None

    async def lost(self, link: Link, code: int | None, *, valid: bool, pause: bool = True) -> None:
        """A connection ended with ``code`` (None = without a close frame): renew what must be, and pause.

        Args:
            valid: it had brought a valid message.
            pause: False where the next connection is open already.

        Raises:
            ServiceError: see the table.
        """
        if code == _UNKNOWN_TO_REPLAY:
            raise ConnectionLost(f"close {code}: the replay holds nothing like what was sent", fix=_SEE_REPLAY)
        long_lived = self._clock.monotonic_ns() - link.opened_ns >= _HEALTHY_NS
        self._judge(well=valid or long_lived, long_lived=long_lived, refused=code in _REFUSED)
        self._broken = self._broken + 1 if code in _BROKEN else 0
        why = "the connection ended without a close frame" if code is None else f"close {code}"
        if code in _BROKEN and self._broken > _BROKEN_RETRIES:
            raise ConnectionLost(f"{why}, {self._broken} times", fix=_BROKEN[code])
        if code in _REFUSED:
            await self._renew(code, await self._tokens.get())
            if not long_lived:
                await self._pause(AuthError(code), at_least=_FIXED_SHARE)
                return
        if not (valid or long_lived):
            failure = ConnectionLost("the service closes every connection at once", fix=_CHECK)
            await self._pause(failure, at_least=_FIXED_SHARE)
        elif pause:
            await self._breathe(why)

    def _judge(self, *, well: bool, long_lived: bool, refused: bool) -> None:
        """What the life of the last connection says of the next ones; rules 1 and 4."""
        if well:
            self._refused = False
        if long_lived or (well and not refused):
            self._backoff.reset()
        if long_lived:
            self._short = 0
            self._slower.reset()
        else:
            self._short += 1

    async def _breathe(self, why: str) -> None:
        slow = self._short > _SHORT_LIVES
        delay_s = self._slower.next_s(at_least=_FIXED_SHARE) if slow else self._backoff.breath_s()
        self._tell(LinkState(phase="lost", wait_s=delay_s, why=why))
        await self._sleep(delay_s)

    async def _token(self) -> SecretStr | None:
        try:
            return await self._tokens.get()
        except (AuthError, PermissionDenied, TlsRefused):
            raise
        except ServiceError as failure:
            if self._dials == 0:
                raise
            await self._pause(failure)
            return None

    async def _renew(self, status: int, stale: SecretStr) -> None:
        if self._refused:
            raise AuthError(status) from None
        self._refused = True
        await self._tokens.refresh(stale)

    async def _rejected(self, rejected: HandshakeRejected, token: SecretStr) -> None:
        asked_s = retry_after_s(rejected.headers.get("retry-after"), self._clock.wall())
        failure = ConnectionLost(f"the handshake was answered with {rejected.status}", fix=_CHECK)
        match rejected.status:
            case 401:
                await self._renew(401, token)
            case 403:
                raise PermissionDenied(scope_named(rejected.body, _SCOPE)) from None
            case 429:
                await self._pause(RateLimited(asked_s), asked_s)
            case status if status == 408 or status >= 500:
                await self._pause(failure, asked_s)
            case _:
                raise failure from None

    async def _pause(self, failure: ServiceError, asked_s: float | None = None, *, at_least: float = 0.0) -> None:
        """Wait before the next dial, or raise ``failure`` when there were enough."""
        now_ns = self._clock.monotonic_ns()
        if not self._backoff.failures:
            self._failing_since_ns = now_ns
        delay_s = self._backoff.next_s(asked_s, at_least=at_least)
        failures = self._backoff.failures
        late = now_ns + int(delay_s * 1e9) - self._failing_since_ns > self._budget_ns
        if failures < self._attempts and not late:
            why = failure.close if isinstance(failure, ConnectionLost) else failure.message
            self._tell(LinkState(phase="waiting", attempt=failures + 1, wait_s=delay_s, why=why))
            await self._sleep(delay_s)
        elif isinstance(failure, ConnectionLost):
            raise ConnectionLost(f"{failure.close}, {failures} times", fix=failure.fix) from None
        else:
            raise failure from None

    async def _sleep(self, delay_s: float) -> None:
        await self._clock.sleep_until(self._clock.monotonic_ns() + int(delay_s * 1e9))
