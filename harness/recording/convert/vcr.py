"""vcrpy cassettes (YAML or JSON) to entries and back: the REST part of a recording. Pure; vcrpy itself is not needed.

1. Read with a YAML loader that makes plain values only. Anchors are allowed, as vcrpy's own files have them; what they
   expand to is capped.
2. A cassette holds no time: exchanges follow each other at t = 0 unless our own ``mediation`` field beside an
   interaction, which vcrpy ignores, tells otherwise.
3. What is no finished REST exchange (the stream, failures, outcomes ...) stays behind and is counted.
4. Texts are as they were found: they must be searched for personal data before they are written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec
import yaml

from harness.errors import RecordingFormatError
from harness.recording.convert.exchanges import (
    Exchange,
    address,
    body_of,
    chunks_of,
    exchanges,
    moment,
    path_of,
    service_of,
)
from harness.recording.convert.har_import import Imported
from harness.recording.entry import AnyEntry, Header, HttpRequest, HttpResponse
from harness.recording.strict import MAX_DEPTH

__all__ = ["MAX_EXPANDED", "from_vcr", "to_vcr"]

MAX_EXPANDED = 64 * 1024 * 1024
"""Characters of all texts together, a value of any kind counted as some more."""

_NODE = 64

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_WHERE = re.compile(r"at `(\$[A-Za-z0-9_.\[\]]*)`")
_Headers = dict[str, list[str] | str]


class _Request(msgspec.Struct):
    method: str
    uri: str
    body: Any = None
    headers: _Headers = {}


class _Status(msgspec.Struct):
    code: int
    message: str | None = None


class _Response(msgspec.Struct):
    status: _Status
    headers: _Headers = {}
    body: Any = None


class _Own(msgspec.Struct):
    """What a cassette has no word for."""

    created: str = ""
    service: str = ""
    conn: str = ""
    orders: tuple[int, ...] = ()
    times: tuple[int, ...] = ()
    chunks: tuple[tuple[int, int], ...] = ()


class _Interaction(msgspec.Struct):
    request: _Request
    response: _Response
    mediation: _Own | None = None


class _Cassette(msgspec.Struct):
    interactions: list[_Interaction]
    version: int = 1


# --- out -------------------------------------------------------------------------------------------------------------


def to_vcr(header: Header, entries: Sequence[AnyEntry], *, as_json: bool = False) -> tuple[str, int]:
    """The cassette of a recording, and how many entries it cannot hold."""
    whole = [one for one in exchanges(entries) if one.response is not None and one.error is None]
    cassette = {"interactions": [_interaction(header, one) for one in whole], "version": 1}
    left = len(entries) - sum(len(one.entries) for one in whole)
    if as_json:
        return json.dumps(cassette, indent=2, default=_not_text) + "\n", left
    return str(yaml.dump(cassette, Dumper=_Dumper, allow_unicode=True, sort_keys=True)), left


def _not_text(value: bytes) -> str:
    # vcrpy's own JSON cassettes hold no bytes either; a lossy body is better told of than written.
    raise RecordingFormatError("a body is not text", path="cassette", fix="write a .yaml cassette")


def _interaction(header: Header, exchange: Exchange) -> dict[str, Any]:
    request, response, chunks = exchange.request, exchange.response, exchange.chunks
    assert response is not None
    return {
        "request": {
            "method": request.method,
            "uri": address(request.service, request.url),
            "body": request.body,
            "headers": _grouped(request.headers),
        },
        "response": {
            "status": {"code": response.status, "message": _phrase(response.status)},
            "headers": _grouped(response.headers),
            "body": {"string": body_of(chunks)},
        },
        "mediation": {
            "created": header.created,
            "service": request.service,
            "conn": request.conn,
            "orders": [entry.n for entry in exchange.entries],
            "times": [entry.t for entry in exchange.entries],
            "chunks": [[chunk.t, len(body_of([chunk]))] for chunk in chunks],
        },
    }


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _grouped(headers: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name, []).append(value)
    return found


# --- in --------------------------------------------------------------------------------------------------------------


def from_vcr(data: bytes, path: Path | str = "cassette") -> Imported:
    """The entries in a cassette, ``n`` given anew.

    Raises:
        RecordingFormatError: it is no cassette.
    """
    cassette = _cassette(data, path)
    if not cassette.interactions:
        raise RecordingFormatError("it holds no exchange", path=path)
    items: list[tuple[int, AnyEntry]] = []
    for index, one in enumerate(cassette.interactions):
        items += _entries(one, index, path)
    own = cassette.interactions[0].mediation
    created = moment(own.created, "mediation", path) if own and own.created else datetime(1970, 1, 1, tzinfo=UTC)
    items.sort(key=lambda item: item[0])
    return Imported(created=created, entries=_numbered([entry for _, entry in items]))


def _cassette(data: bytes, path: Path | str) -> _Cassette:
    try:
        text = data.decode("utf-8-sig")
        value = json.loads(text) if text.lstrip().startswith("{") else _plain_yaml(text)
        return msgspec.convert(_bounded(value, path), _Cassette)
    except msgspec.ValidationError as error:
        found = _WHERE.search(str(error))
        where = found[1] if found else "$"
        raise RecordingFormatError(f"not a cassette: wrong or missing value at {where}", path=path) from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise RecordingFormatError("not a cassette: neither plain YAML nor JSON", path=path) from None


def _plain_yaml(text: str) -> Any:
    """The value of a YAML text; its depth is looked at first, for the fast loader recurses without a limit."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise yaml.YAMLError
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - one of the safe loaders


def _bounded(value: Any, path: Path | str) -> Any:
    """``value`` if it is not larger than allowed once all anchors are followed, also those that lead in a circle."""
    room, todo = MAX_EXPANDED, [value]
    while todo:
        one = todo.pop()
        if isinstance(one, dict):
            todo += [*one, *one.values()]
        elif isinstance(one, (list, tuple, set)):
            todo += one
        room -= _NODE + (len(one) if isinstance(one, (str, bytes)) else 0)
        if room < len(todo):
            raise RecordingFormatError("it expands to more than is allowed", path=path)
    return value


def _text(body: Any, where: str, path: Path | str) -> str | bytes | None:
    """A body: text, bytes or nothing, by itself or as ``{string: ...}``."""
    if isinstance(body, dict):
        body = body.get("string")
    if body is not None and not isinstance(body, (str, bytes)):
        raise RecordingFormatError(f"{where}: a body is neither text nor bytes", path=path)
    return body


def _entries(one: _Interaction, index: int, path: Path | str) -> list[tuple[int, AnyEntry]]:
    own = one.mediation or _Own()
    conn = own.conn or f"h{index + 1}"
    where = f"interaction {index}"
    asked, body = _text(one.request.body, where, path), _text(one.response.body, where, path)
    service = own.service if own.service in ("token", "gateway", "stream") else service_of(one.request.uri)
    found: list[AnyEntry] = [
        HttpRequest(
            n=0,
            t=0,
            service=service,  # type: ignore[arg-type]  # one of the three
            conn=conn,
            method=one.request.method,
            url=path_of(one.request.uri, where, path),
            headers=_pairs(one.request.headers),
            body=asked.decode("utf-8", "replace") if isinstance(asked, bytes) else asked,
        ),
        HttpResponse(n=0, t=0, conn=conn, re=0, status=one.response.status.code, headers=_pairs(one.response.headers)),
        *chunks_of(body or "", own.chunks or [(0, 0)], conn=conn, re=0, first_n=0),
    ]
    if len(own.times) == len(found):
        found = [msgspec.structs.replace(e, t=max(0, t)) for e, t in zip(found, own.times, strict=True)]
    orders = own.orders if len(own.orders) == len(found) else (index,) * len(found)
    return list(zip(orders, found, strict=True))


def _numbered(entries: Sequence[AnyEntry]) -> list[AnyEntry]:
    asked: dict[str, int] = {}
    numbered: list[AnyEntry] = []
    for n, entry in enumerate(entries, 1):
        changes = {"n": n}
        if isinstance(entry, HttpRequest):
            asked[entry.conn] = n
        else:
            changes["re"] = asked.get(str(getattr(entry, "conn", "")), n)
        numbered.append(msgspec.structs.replace(entry, **changes))
    return numbered


def _pairs(headers: _Headers) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, value) for name, values in headers.items() for value in ([values] if isinstance(values, str) else values)
    )
