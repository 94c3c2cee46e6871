"""What may be stored of headers and URLs, by allow-list.

1. Of a subprotocol the name is stored where it reads like one: words with at most four digits behind them. Some clients
   put a token there, for they can send no header: anything else, and whatever is offered behind a word such as
   ``bearer``, is stored as ``<secret>``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote_plus

from harness.pii.scan import leaks
from harness.wire.tap import Headers

__all__ = ["SECRET", "SECRET_FIELDS", "form", "is_secret", "safe_headers", "safe_url"]

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

_SUBPROTOCOL = "sec-websocket-protocol"
_NAME = re.compile(r"[A-Za-z]{1,24}[0-9]{0,4}(?:[._/+:-](?:[A-Za-z]{1,24}[0-9]{0,4}|[0-9]{1,4})){0,6}")
_CREDENTIAL = re.compile(r"\b(?:auth|authori[sz]ation|bearer|jwt|key|secret|ticket|token)\b", re.IGNORECASE)

_QUERY_KEYS = frozenset({"version", "v"})
"""Query keys whose value is stored as it is."""


def safe_headers(headers: Headers, holds: Callable[[str], bool]) -> tuple[tuple[str, str], ...]:
    """The headers that may be stored, names in lower case, in their order; a value that holds personal data is not.

    Args:
        holds: what the detector says of a value; the leak scan is asked too.
    """
    named = ((name.lower(), value) for name, value in headers)
    kept = ((name, _names(value) if name == _SUBPROTOCOL else value) for name, value in named if name in _HEADERS)
    return tuple((name, SECRET if leaks(value) or holds(value) else value) for name, value in kept)


def _names(value: str) -> str:
    """A list of subprotocols with what may not be stored replaced; rule 1."""
    names: list[str] = []
    hidden = False
    for name in (one.strip() for one in value.split(",")):
        words = name.replace("_", ".")
        spoken_of = _CREDENTIAL.search(words) is not None
        names.append(SECRET if hidden or not _NAME.fullmatch(words) or (spoken_of and words.count(".")) else name)
        hidden = hidden or spoken_of
    return ", ".join(names)


def safe_url(url: str, search: Callable[[str], str]) -> str:
    """``url``, a path with perhaps a query; both searched for values, query values by allow-list, keys kept."""
    path, mark, query = url.partition("#")[0].partition("?")
    return search(path) + mark + search(form(query, lambda key: key in _QUERY_KEYS))


def is_secret(name: str) -> bool:
    """Whether a member or field of this name is never stored."""
    return unquote_plus(name).strip().lower() in SECRET_FIELDS


def form(text: str, keep: Callable[[str], bool]) -> str:
    """A form or query with the values of all keys but those ``keep`` allows replaced; without a key, all is value."""
    pairs = [pair.partition("=") for pair in text.split("&")]
    return "&".join(pair[0] + pair[1] + pair[2] if _may_stay(pair, keep) else _hidden(pair) for pair in pairs)


def _may_stay(pair: tuple[str, str, str], keep: Callable[[str], bool]) -> bool:
    key, equals, value = pair
    return keep(key) or not (value if equals else key)


def _hidden(pair: tuple[str, str, str]) -> str:
    key, equals, _ = pair
    return f"{key}={SECRET}" if equals else SECRET
