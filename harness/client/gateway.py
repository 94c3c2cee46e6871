"""The AI gateway, as the client uses it: summaries on demand, and the service's own validation.

1. A 401 costs one forced token and one retry; a second one is an AuthError.
2. An answer that cannot be had costs the summary, or makes the verdict ``degraded``; it never passes for a yes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import SecretStr

from harness.dialects.mediation import Subscription, dump, summary_request, validate_request
from harness.errors import AuthError, PermissionDenied, ServiceError
from harness.pipeline.outcome import Generate, JudgeAnswer, JudgeRequest
from harness.wire.auth import TokenSource
from harness.wire.rest import RestClient, RestResponse

__all__ = ["Gateway"]


class Gateway:
    """Requests to the gateway.

    Args:
        url: of the gateway.
        tokens: makes access tokens.
        rest: sends the requests.
        unused: told of every response body that will have no outcome.
    """

    def __init__(self, url: str, *, tokens: TokenSource, rest: RestClient, unused: Callable[[Any], None]) -> None:
        self._url = url
        self._tokens = tokens
        self._rest = rest
        self._unused = unused
        self.refused: ServiceError | None = None
        """What the gateway said that ends the session; it is not asked again."""

    async def summary(self, subscription: Subscription, request: Generate) -> RestResponse | None:
        """A summary of the conversation so far; None where there is none to be had."""
        context = [dict(turn) for turn in request.context]
        response = await self._post("/summaries", dump(summary_request(subscription, request.conversation, context)))
        if response is None or response.status in (200, 201):
            return response
        self._unused(response.handle)
        return None

    async def validate(self, request: JudgeRequest) -> JudgeAnswer:
        """What the service itself says of a summary."""
        context = [dict(turn) for turn in request.context]
        body = dump(validate_request(request.conversation, request.summary, context))
        response = await self._post("/summaries/validate", body)
        if response is None:
            return JudgeAnswer(valid=None)
        self._unused(response.handle)
        return _validation(response) if response.status == 200 else JudgeAnswer(valid=None)

    async def _post(self, path: str, body: str) -> RestResponse | None:
        """The gateway's response; None where it, or a token for it, could not be had.

        A refusal that ends the session ends it after the message at hand, which gets its outcome all the same.
        """
        if self.refused is not None:
            return None
        try:
            token = await self._tokens.get()
            response = await self._post_with(token, path, body)
            if response.status == 401:
                self._unused(response.handle)
                response = await self._post_with(await self._tokens.refresh(token), path, body)
        except (AuthError, PermissionDenied) as error:
            self.refused = error
            return None
        except ServiceError:
            return None
        if response.status == 401:
            self.refused = AuthError(401)
            return None
        return response

    async def _post_with(self, token: SecretStr, path: str, body: str) -> RestResponse:
        headers = {"authorization": f"Bearer {token.get_secret_value()}"}
        return await self._rest.post(self._url + path, service="gateway", body=body, headers=headers)


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
