"""Browsers at the HTTP door (the stream has its own check, :mod:`harness.wire.serve`).

1. A request that names an origin is a browser's. It is refused with 403 unless its origin was allowed.
2. An allowed one gets what CORS wants (Fetch standard, 3.2): an answer to its preflight, and its origin in every answer.
   No credentials of the browser's are ever asked for: the token is in a header the page sets itself.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from harness.wire.serve_http import Answer, Call

__all__ = ["preflight", "with_origin"]

_METHODS = "GET, POST, PUT, PATCH, DELETE"
_HEADERS = "authorization, content-type"


def preflight(call: Call, allowed: Collection[str]) -> Answer | None:
    """What a browser's request is answered before anybody looks at it; None = go on."""
    origin = call.headers.get("origin")
    if origin is None:
        return None
    if origin not in allowed:
        return Answer(status=403, body=b"this origin was not allowed\n")
    if call.method != "OPTIONS" or "access-control-request-method" not in call.headers:
        return None
    asked = (("access-control-allow-methods", _METHODS), ("access-control-allow-headers", _HEADERS))
    return with_origin(Answer(status=204, headers=asked), call)


def with_origin(answer: Answer, call: Call) -> Answer:
    """``answer`` as the browser may read it; as it was for any other client."""
    origin = call.headers.get("origin")
    if origin is None:
        return answer
    return replace(answer, headers=[*answer.headers, ("access-control-allow-origin", origin), ("vary", "origin")])
