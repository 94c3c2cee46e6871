"""A TLS failure is told apart from every other one: trying again would not help, and verification is never switched off."""

from __future__ import annotations

import functools
import ssl

import httpx

from harness.errors import ConnectionLost

__all__ = ["TlsRefused", "public_authorities", "tls_refusal"]

_FIX = "check the address; a private authority is trusted through SSL_CERT_FILE"


class TlsRefused(ConnectionLost):
    """The far side speaks no TLS, or its certificate was not accepted."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"TLS: {reason}", fix=_FIX)


@functools.cache
def public_authorities() -> ssl.SSLContext:
    """Who is trusted where the environment has no say; read once, for reading them costs 20 ms of processor time."""
    return httpx.create_ssl_context(trust_env=False)


def tls_refusal(error: BaseException) -> TlsRefused | None:
    """The TLS failure that ``error`` is or came of, None if there was none."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return TlsRefused(getattr(cause, "reason", None) or "verification failed")
        cause = cause.__cause__ or cause.__context__
    return None
