"""vcrpy cassettes (YAML or JSON) to entries and back: the REST part of a recording. Pure; vcrpy itself is not needed.

1. Read with a YAML loader that makes plain values only. Anchors are allowed, as vcrpy's own files have them; what they
   expand to is capped.
2. A cassette holds no time: exchanges follow each other at t = 0 unless our own ``mediation`` field beside an
   interaction, which vcrpy ignores, tells otherwise.
3. What is no finished REST exchange (the stream, failures, outcomes ...) stays behind and is counted.
4. Texts are as they were found: they must be searched for personal data before they are written.
5. A recording holds bodies decoded, under the headers they came with; a client under vcrpy would decode them again. So a
   cassette gets the coding and the length its body has, and our own field keeps the headers that were recorded.
6. A request's body is text in a recording: bytes that are none become U+FFFD.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping, Sequence
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
    headers: tuple[tuple[str, str], ...] = ()
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
    body = body_of(chunks)
    headers = _grouped(_sent(response.headers, body, head=request.method == "HEAD"))
    own = {"headers": [list(pair) for pair in response.headers]} if _pairs(headers) != response.headers else {}
    return {
        "request": {
            "method": request.method,
            "uri": address(request.service, request.url),
            "body": request.body,
            "headers": _grouped(request.headers),
        },
        "response": {
            "status": {"code": response.status, "message": _phrase(response.status)},
            "headers": headers,
            "body": {"string": body},
        },
        "mediation": {
            **own,
            "created": header.created,
            "service": request.service,
            "conn": request.conn,
            "orders": [entry.n for entry in exchange.entries],
            "times": [entry.t for entry in exchange.entries],
            "chunks": [[chunk.t, len(body_of([chunk]))] for chunk in chunks],
        },
    }


def _sent(headers: Sequence[tuple[str, str]], body: str | bytes, *, head: bool) -> list[tuple[str, str]]:
    """The headers that are true of ``body``; rule 5."""
    size = len(body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body)
    found = []
    for name, value in headers:
        match name.lower():
            case "content-encoding" if not _is_coded(body, value.strip().lower()):
                continue
            case "content-length" if not (head and size == 0):
                value = str(size)
        found.append((name, value))
    return found


def _is_coded(body: str | bytes, coding: str) -> bool:
    """Whether ``body`` is still as it travelled; a coding nobody undoes (``br``) is, unless the body is text."""
    if isinstance(body, str):
        return not body
    if coding in ("gzip", "x-gzip"):
        return body.startswith(b"\x1f\x8b")
    return coding != "deflate" or any(_inflates(body, bits) for bits in (zlib.MAX_WBITS, -zlib.MAX_WBITS))


def _inflates(body: bytes, bits: int) -> bool:
    try:
        zlib.decompressobj(bits).decompress(body, 1)
    except zlib.error:
        return False
    return True


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _grouped(headers: Sequence[tuple[str, str]]) -> dict[str, list[str] | str]:
    found: dict[str, Any] = {}
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
    headers = own.headers or _pairs(one.response.headers)
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
        HttpResponse(n=0, t=0, conn=conn, re=0, status=one.response.status.code, headers=headers),
        *chunks_of(body or "", _pieces(own, body), conn=conn, re=0, first_n=0),
    ]
    times = _stretched(own.times or (0,), len(found))
    found = [msgspec.structs.replace(e, t=max(0, t)) for e, t in zip(found, times, strict=True)]
    return list(zip(_stretched(own.orders or (index,), len(found)), found, strict=True))


def _pieces(own: _Own, body: str | bytes | None) -> Sequence[tuple[int, int]]:
    """How a body is cut: as our own field has it; without one it is a piece, and one that was withheld is none."""
    return own.chunks or ([] if own.orders and not body else [(0, 0)])


def _stretched(values: tuple[int, ...], size: int) -> tuple[int, ...]:
    """``values`` as so many: a cassette that was edited may have a piece more or less than its field says."""
    return (*values, *values[-1:] * (size - len(values)))[:size]


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


def _pairs(headers: Mapping[str, list[str] | str]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, value) for name, values in headers.items() for value in ([values] if isinstance(values, str) else values)
    )
