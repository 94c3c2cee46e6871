"""A TLS failure is told apart from every other one: trying again would not help, and verification is never switched off."""

from __future__ import annotations

import ssl

from harness.errors import ConnectionLost

__all__ = ["TlsRefused", "tls_refusal"]

_FIX = "check the address; a private authority is trusted through SSL_CERT_FILE"


class TlsRefused(ConnectionLost):
    """The far side speaks no TLS, or its certificate was not accepted."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"TLS: {reason}", fix=_FIX)


def tls_refusal(error: BaseException) -> TlsRefused | None:
    """The TLS failure that ``error`` is or came of, None if there was none."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return TlsRefused(cause.reason or "verification failed")
        cause = cause.__cause__ or cause.__context__
    return None
