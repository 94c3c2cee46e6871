"""Which recorded connection a dialled address reaches, by its path, its query and its subprotocol. Pure.

1. Paths are compared as templates: a segment that is an id (a number, a UUID, a ULID, 16 or more hex digits) stands for any
   id. The standard stream path reaches every stream connection, for that is what a replay's own address names.
2. Of the query the names count, without the volatile ones: tokens, times and what is there to defeat caches. Values do
   not: a recording may hold another in their place. A dial without a query of its own reaches every connection.
3. A connection the service gave a subprotocol is reached by a dial that offers it, and it is given the same again. Where
   several were given, the one due first decides. Where none was given, none is, whatever is offered. A dial of the
   standard stream path that offers none reaches every connection (rule 1).
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

__all__ = ["STREAM_PATH", "is_standard", "query_names", "reaches", "template"]

STREAM_PATH = "/api/v2/mediation/conversations/stream"

_ID = re.compile(
    r"[0-9]+|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{16,}|[0-7][0-9A-HJKMNP-TV-Z]{25}", re.ASCII
)
_VOLATILE = frozenset("access_token token auth ticket signature sig nonce _ cb ts t time timestamp expires".split())


def template(path: str) -> str:
    """``path`` with every segment that is an id written as ``{id}``."""
    return "/".join("{id}" if _ID.fullmatch(segment) else segment for segment in path.split("/"))


def query_names(query: str) -> list[str]:
    """The names in ``query`` that are compared, sorted; rule 2."""
    return sorted(name for name, _ in parse_qsl(query, keep_blank_values=True) if name.lower() not in _VOLATILE)


def is_standard(target: str) -> bool:
    """True for the path a replay's own address names, with whatever query."""
    return target.partition("?")[0] == STREAM_PATH


def reaches(target: str, path: str, query: str) -> bool:
    """True if dialling ``target`` (a path, with its query if it has one) reaches what was recorded at path and query."""
    asked, _, with_query = target.partition("?")
    if asked != STREAM_PATH and template(asked) != template(path):
        return False
    names = query_names(with_query)
    return not names or names == query_names(query)
