"""POST JSON to a user's own service, once; what it says of it as a value.

1. Loopback is never reached through a proxy of the environment; a redirect is not followed.
2. No body is read, and none is in an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import httpx

from harness.errors import ConfigError
from harness.wire.backoff import retry_after_s

__all__ = ["Posted", "Poster"]

_PASSING = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Posted:
    """The answer to a POST.

    Args:
        taken: 2xx.
        problem: what went wrong, in words.
        final: trying again cannot help.
        retry_after_s: what the service asked for.
    """

    taken: bool
    problem: str = ""
    final: bool = False
    retry_after_s: float | None = None


class Poster:
    """One address.

    Args:
        url: http on loopback, https anywhere.
        headers: sent with every request, such as an Authorization.
        timeout_s: for each phase of a request.

    Raises:
        ConfigError: the address is no such URL.
    """

    def __init__(self, url: str, *, headers: Mapping[str, str], timeout_s: float = 10.0) -> None:
        parts = urlsplit(url)
        loopback = parts.hostname in ("127.0.0.1", "::1", "localhost")
        if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and loopback)):
            raise ConfigError("webhook_url", parts.scheme or "…", "an https address (http on loopback only)")
        self._url = url
        self._client = httpx.AsyncClient(headers=dict(headers), timeout=timeout_s, trust_env=not loopback)

    async def post(self, body: bytes, *, headers: Mapping[str, str], now: datetime) -> Posted:
        """POST ``body`` (JSON); never raises for what the network or the service does."""
        sent = {"content-type": "application/json", **headers}
        try:
            async with self._client.stream("POST", self._url, content=body, headers=sent) as response:
                return _judged(response.status_code, response.headers.get("retry-after"), now)
        except httpx.HTTPError as error:
            return Posted(taken=False, problem=f"the webhook was not reached ({type(error).__name__})")

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _judged(status: int, retry_after: str | None, now: datetime) -> Posted:
    if 200 <= status < 300:
        return Posted(taken=True)
    final = status < 500 and status not in _PASSING
    return Posted(
        taken=False,
        problem=f"the webhook answered {status}",
        final=final,
        retry_after_s=None if final else retry_after_s(retry_after, now),
    )
