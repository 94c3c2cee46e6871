"""The access tokens of one service: minted at random, or given by who runs it; kept as digests, compared as digests."""

from __future__ import annotations

import hashlib
import re
import secrets
from urllib.parse import parse_qs

from harness.errors import ConfigError

__all__ = ["MIN_TOKEN_CHARS", "Tokens"]

MIN_TOKEN_CHARS = 16
_SOUND = re.compile(rf"[A-Za-z0-9\-._~+/]{{{MIN_TOKEN_CHARS},512}}=*")  # RFC 6750 2.1


class Tokens:
    """The tokens that open the door.

    Args:
        given: one that was chosen outside, None for none.

    Raises:
        ConfigError: ``given`` is no bearer token, or too short to be a secret.
    """

    def __init__(self, given: str | None = None) -> None:
        self._digests: set[bytes] = set()
        if given is not None:
            if not _SOUND.fullmatch(given):
                wanted = f"{MIN_TOKEN_CHARS} or more of A-Z a-z 0-9 - . _ ~ + /"
                raise ConfigError("--token", "…", wanted, fix="such as: openssl rand -hex 16")
            self._digests.add(_digest(given))

    def mint(self) -> str:
        """A new random token."""
        token = secrets.token_urlsafe(32)
        self._digests.add(_digest(token))
        return token

    def accepts(self, authorization: str, query: str = "") -> bool:
        """True if the Authorization header carries a known token, or, without one, the query (RFC 6750 2.3)."""
        scheme, _, token = authorization.partition(" ")
        if not authorization:
            scheme, token = "bearer", parse_qs(query).get("access_token", [""])[0]
        return scheme.lower() == "bearer" and _digest(token.strip()) in self._digests

    def revoke(self) -> None:
        """No token known so far is accepted any more."""
        self._digests.clear()


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
