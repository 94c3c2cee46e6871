"""A sink that POSTs every delivery to a service of the user's own.

1. The body is the delivery as JSON; ``Idempotency-Key`` is the parcel's key: a service that keeps it is sent nothing
   twice.
2. A 4xx but 408, 425 and 429 is final; everything else is tried again, no sooner than ``Retry-After`` says.
"""

from __future__ import annotations

import json
from urllib.parse import quote

from pydantic import SecretStr

from harness.clock import Clock
from harness.errors import SinkError
from harness.sinks.base import Parcel
from harness.wire.webhook import Poster

__all__ = ["WebhookSink"]


class WebhookSink:
    """POSTs to ``url``.

    Args:
        url: https, or http on loopback.
        token: sent as ``Authorization: Bearer``.
        clock: reads a ``Retry-After`` that is a date.
        timeout_s: for each phase of a request.
        name: how the audit log and the outbox call it.

    Raises:
        ConfigError: the address cannot be one.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Clock,
        token: SecretStr | None = None,
        timeout_s: float = 10.0,
        name: str = "webhook",
    ) -> None:
        headers = {} if token is None else {"authorization": f"Bearer {token.get_secret_value()}"}
        self._poster = Poster(url, headers=headers, timeout_s=timeout_s)
        self._clock = clock
        self.name = name

    async def deliver(self, parcel: Parcel) -> None:
        """POST the parcel's body."""
        body = json.dumps(dict(parcel.body), separators=(",", ":")).encode()
        headers = {"idempotency-key": quote(parcel.key, safe="/-._~")}
        posted = await self._poster.post(body, headers=headers, now=self._clock.wall())
        if not posted.taken:
            raise SinkError(parcel.key, posted.problem, final=posted.final, retry_after_s=posted.retry_after_s)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._poster.close()
