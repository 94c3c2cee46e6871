"""What may be stored of headers and URLs, by allow-list."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from harness.wire.tap import Headers

__all__ = ["SECRET", "SECRET_FIELDS", "safe_headers", "safe_url"]

SECRET = "<secret>"

SECRET_FIELDS = frozenset({"access_token", "refresh_token", "id_token", "client_secret", "token", "password"})
"""Members of JSON objects and of forms whose value is never stored."""

_HEADERS = frozenset(
    {
        "accept",
        "cache-control",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "date",
        "retry-after",
        "sec-websocket-extensions",
        "sec-websocket-protocol",
        "sec-websocket-version",
        "server",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    }
)

_QUERY_KEYS = frozenset({"version", "v"})
"""Query keys whose value is stored as it is."""


def safe_headers(headers: Headers) -> tuple[tuple[str, str], ...]:
    """The headers that may be stored, names in lower case, in their order."""
    return tuple((name.lower(), value) for name, value in headers if name.lower() in _HEADERS)


def safe_url(url: str, search: Callable[[str], str]) -> str:
    """Path and query of ``url``; the path searched for values, query values by allow-list, keys kept."""
    parts = urlsplit(url)
    path = search(parts.path)
    if not parts.query:
        return path
    return f"{path}?{form(parts.query, lambda key: key in _QUERY_KEYS)}"


def form(text: str, keep: Callable[[str], bool]) -> str:
    """A form or query with the values of all keys but those ``keep`` allows replaced."""
    pairs = [pair.partition("=") for pair in text.split("&")]
    return "&".join(key + equals + (value if keep(key) or not value else SECRET) for key, equals, value in pairs)
