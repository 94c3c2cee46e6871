"""A TLS certificate of our own for loopback, made when it is asked for and valid for a day.

The private key never leaves the folder it is made in, which only its owner may enter.
"""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

from harness.errors import ConfigError

__all__ = ["make_certificate", "server_context"]

_NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"


def make_certificate(folder: Path) -> Path:
    """A PEM file in ``folder`` with the certificate a client has to trust; its key lies beside it.

    Raises:
        ConfigError: there is no openssl to make one with.
    """
    certificate, key = folder / "replay.pem", folder / "replay.key"
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "1",
    ]
    names = ["-subj", "/CN=localhost", "-addext", _NAMES, "-addext", "basicConstraints=critical,CA:TRUE"]
    try:
        # A fixed command line with a folder of ours in it: nothing a user typed is run.
        subprocess.run(  # noqa: S603
            [*made, *names, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError):
        raise ConfigError("--tls", "on", "an openssl command to make a certificate with", fix=_FIX) from None
    key.chmod(0o600)
    return certificate


def server_context(certificate: Path) -> ssl.SSLContext:
    """A server's context with the certificate and the key beside it.

    Raises:
        ConfigError: they cannot be read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    except (OSError, ssl.SSLError):
        raise ConfigError("--tls", certificate, "a PEM certificate with its .key beside it") from None
    return context


_FIX = "install openssl, or serve without --tls"
