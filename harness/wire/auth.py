"""OAuth 2.0 client credentials: one token, fetched once for any number of waiters, renewed before it ends.

1. Renewed at 80 % of its life or 60 s before its end, whichever is earlier, on the monotonic clock.
2. One refresh in flight; whoever asks meanwhile waits for it and gets what it gets: the token, or the failure.
3. ``refresh(stale)`` after a 401 fetches a new token once, however many callers saw the same stale one.
4. Sessions that share a :class:`TokenCache` share rules 2 and 3; each would make the request through its own client.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from pydantic import SecretStr

from harness.clock import Clock
from harness.errors import AuthError, ServiceError
from harness.wire.rest import RestClient

__all__ = ["NoToken", "TokenCache", "TokenSource"]

_YEAR_S = 365 * 86400.0


@dataclass(slots=True)
class TokenCache:
    """The token of one OAuth client, for any number of sources on one event loop."""

    token: SecretStr | None = None
    renew_at_ns: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)
    requests: int = 0
    """Requests that came to an end, well or not."""
    failure: ServiceError | None = None
    """What the last one failed with."""


class TokenSource:
    """Access tokens of one OAuth client.

    Args:
        token_url: where tokens are made.
        client_id: OAuth client id.
        client_secret: its secret; never shown.
        rest: sends the request.
        clock: judges age.
        cache: shared with other sources of the same OAuth client; None = its own.
    """

    def __init__(
        self,
        *,
        token_url: str,
        client_id: str,
        client_secret: SecretStr,
        rest: RestClient,
        clock: Clock,
        cache: TokenCache | None = None,
    ) -> None:
        self._token_url = token_url
        self._client_id = client_id
        self._client_secret = client_secret
        self._rest = rest
        self._clock = clock
        self._cache = cache or TokenCache()

    async def get(self) -> SecretStr:
        """A token that is still good.

        Raises:
            AuthError: the credentials were refused.
            ServiceError: no token could be had.
        """
        cache, asked = self._cache, self._cache.requests
        async with cache.lock:
            if cache.token is None or self._clock.monotonic_ns() >= cache.renew_at_ns:
                await self._fetch_once(asked)
            assert cache.token is not None
            return cache.token

    async def refresh(self, stale: SecretStr) -> SecretStr:
        """A token other than ``stale``, which the service refused."""
        cache, asked = self._cache, self._cache.requests
        async with cache.lock:
            if cache.token is None or cache.token.get_secret_value() == stale.get_secret_value():
                await self._fetch_once(asked)
            assert cache.token is not None
            return cache.token

    async def _fetch_once(self, asked: int) -> None:
        """Fetch, unless a request that was under way when we asked has ended since: its end is ours as well."""
        cache = self._cache
        if cache.requests == asked:
            try:
                await self._fetch()
                cache.failure = None
            except ServiceError as failure:
                cache.failure = failure
            cache.requests += 1
        if cache.failure is not None:
            raise cache.failure.with_traceback(None)

    async def _fetch(self) -> None:
        response = await self._rest.post(
            self._token_url,
            service="token",
            body="grant_type=client_credentials",
            content_type="application/x-www-form-urlencoded",
            auth=(self._client_id, self._client_secret.get_secret_value()),
        )
        if response.status in (400, 401):
            raise AuthError(response.status)
        if response.status != 200:
            raise ServiceError(f"the token service answered {response.status}")
        value = response.json()
        token = value.get("access_token") if isinstance(value, dict) else None
        life_s = value.get("expires_in") if isinstance(value, dict) else None
        if not isinstance(token, str) or not token or not _is_duration(life_s):
            raise ServiceError("the token service answered without access_token and expires_in")
        self._cache.token = SecretStr(token)
        life_s = min(life_s, _YEAR_S)
        good_for_s = max(min(life_s * 0.8, life_s - 60.0), 0.0)
        self._cache.renew_at_ns = self._clock.monotonic_ns() + int(good_for_s * 1e9)


def _is_duration(value: Any) -> TypeGuard[float]:
    """A number that is not negative; NaN, which JSON decoders let through, is none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


class NoToken(TokenSource):
    """For services that ask for none: the token is empty and costs no request."""

    def __init__(self) -> None:
        """Nothing is needed."""

    async def get(self) -> SecretStr:
        """An empty token."""
        return SecretStr("")

    async def refresh(self, stale: SecretStr) -> SecretStr:
        """The service refuses although it asks for no token: that will not change.

        Raises:
            AuthError: always.
        """
        raise AuthError(401, "the service wants credentials", fix="say token = true in [client] of the dialect")
