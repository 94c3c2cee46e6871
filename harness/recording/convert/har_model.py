"""The parts of a HAR file (HTTP Archive 1.2) that a recording can hold, checked as they are read. Pure.

1. Unknown fields are ignored, as the format asks; our own begin with an underscore, as it asks too.
2. ``_webSocketMessages`` is what Chromium's network panel writes and others after it.
3. An error names the place in the file and no value.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Literal

import msgspec

from harness.errors import RecordingFormatError

__all__ = ["Har", "HarEntry", "HarMessage", "Pair", "read_har"]

_WHERE = re.compile(r"at `(\$[A-Za-z0-9_.\[\]]*)`")


class Pair(msgspec.Struct):
    name: str
    value: str = ""


class PostData(msgspec.Struct):
    text: str = ""


class Request(msgspec.Struct):
    method: str
    url: str
    headers: list[Pair] = []
    post: PostData | None = msgspec.field(name="postData", default=None)


class Content(msgspec.Struct):
    text: str | None = None
    encoding: str = ""


class Response(msgspec.Struct):
    status: int
    headers: list[Pair] = []
    content: Content = msgspec.field(default_factory=Content)


class Timings(msgspec.Struct):
    wait: float = 0.0
    receive: float = 0.0


class HarMessage(msgspec.Struct):
    """One message; ``time`` in seconds (Chromium) or milliseconds (others) since 1970."""

    type: Literal["send", "receive"]
    time: float
    opcode: int = 1
    data: str = ""
    order: int | None = msgspec.field(name="_order", default=None)
    fragments: tuple[tuple[int, int], ...] = msgspec.field(name="_fragments", default=())


class End(msgspec.Struct):
    """How a WebSocket connection ended."""

    time: float
    by: Literal["peer", "us"] = "peer"
    code: int | None = None
    reason: str = ""
    clean: bool = True
    error: str | None = None
    order: int | None = msgspec.field(name="_order", default=None)


class HarEntry(msgspec.Struct):
    """One exchange, or one WebSocket connection."""

    started: str = msgspec.field(name="startedDateTime")
    request: Request
    response: Response
    timings: Timings = msgspec.field(default_factory=Timings)
    resource_type: str = msgspec.field(name="_resourceType", default="")
    messages: list[HarMessage] | None = msgspec.field(name="_webSocketMessages", default=None)
    end: End | None = msgspec.field(name="_webSocketEnd", default=None)
    service: Literal["token", "gateway", "stream"] | None = msgspec.field(name="_service", default=None)
    conn: str | None = msgspec.field(name="_conn", default=None)
    attempt: int = msgspec.field(name="_attempt", default=1)
    orders: tuple[int, ...] = msgspec.field(name="_orders", default=())
    times: tuple[int, ...] = msgspec.field(name="_times", default=())
    chunks: tuple[tuple[int, int], ...] | None = msgspec.field(name="_chunks", default=None)
    error: str | None = msgspec.field(name="_error", default=None)


class About(msgspec.Struct):
    """What our own export says of the recording it came from."""

    created: str = ""
    dialect: str = ""


class Log(msgspec.Struct):
    entries: list[HarEntry]
    about: About | None = msgspec.field(name="_recording", default=None)


class Har(msgspec.Struct):
    log: Log


def read_har(data: bytes, path: Path | str = "har") -> Har:
    """The HAR file in ``data``.

    Raises:
        RecordingFormatError: it is none.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        try:
            return msgspec.json.decode(data, type=Har)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:  # a lone surrogate, which is JSON: the slow decoder takes it
            return msgspec.convert(json.loads(data), Har)
    except msgspec.ValidationError as error:
        found = _WHERE.search(str(error))
        where = found[1] if found else "$"
        raise RecordingFormatError(f"not a HAR file: wrong or missing value at {where}", path=path) from None
    except (ValueError, RecursionError):
        raise RecordingFormatError("not a HAR file: not JSON", path=path) from None
