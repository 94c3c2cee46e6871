"""TLS failures told apart."""

from __future__ import annotations

import ssl

import pytest

from harness.wire.tls import TlsRefused, tls_refusal


def test_found_in_the_chain() -> None:
    """A TLS error is found behind the error that was raised because of it, and its reason is shown."""
    try:
        try:
            raise ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")
        except ssl.SSLError as inner:
            raise OSError("outer") from inner
    except OSError as error:
        found = tls_refusal(error)
    assert isinstance(found, TlsRefused)
    assert found.close.startswith("TLS: ")
    assert "SSL_CERT_FILE" in str(found)


@pytest.mark.parametrize("error", [OSError("reset"), ConnectionRefusedError()])
def test_none(error: Exception) -> None:
    """Another failure is none."""
    assert tls_refusal(error) is None
