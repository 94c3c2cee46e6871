"""The header and the entries of a recording, as typed values. ``FORMAT.md`` beside this file is the specification.

1. One entry is one line. ``n`` counts from 1, ``t`` is integer microseconds since the header.
2. ``re`` is the ``n`` of the entry this one answers.
3. Text fields hold what crossed the wire with personal data replaced in place.
4. A kind this version does not know is an :class:`Unknown`: kept on rewrite, skipped on play.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

__all__ = [
    "FORMAT",
    "VERSION",
    "AnyEntry",
    "Checkpoint",
    "Entry",
    "Gap",
    "Header",
    "HttpChunk",
    "HttpError",
    "HttpRequest",
    "HttpResponse",
    "OutcomeEntry",
    "PiiLabel",
    "Play",
    "Redaction",
    "Seal",
    "Unknown",
    "Withheld",
    "WsAbort",
    "WsAccept",
    "WsClose",
    "WsControl",
    "WsMessage",
    "WsOpen",
    "WsReject",
]

FORMAT = "mediation-recording"
VERSION = 1

Headers = tuple[tuple[str, str], ...]
Direction = Literal["in", "out"]
Service = Literal["token", "gateway", "stream"]


class Redaction(msgspec.Struct, frozen=True, kw_only=True):
    """How personal data was treated: state ``surrogate``, ``redacted`` or ``fictional``."""

    state: Literal["surrogate", "redacted", "fictional"]
    signed_off: str | None = None
    policy: str = ""
    key_id: str | None = None
    counts: dict[str, int] = {}


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """Line 1 of a recording."""

    format: str = FORMAT
    version: int = VERSION
    min_reader: int = 1
    id: str
    created: str
    tool: str
    python: str = ""
    libraries: dict[str, str] = {}
    dialect: str = "mediation/2"
    source: Literal["live", "synthetic", "replay", "edited"]
    parent: str | None = None
    scenario: str | None = None
    redaction: Redaction
    seed: int | None = None
    labels: dict[str, str] = {}


class PiiLabel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A span as detected at record time; offsets are code points of the decoded value at ``path``."""

    type: str
    start: int
    end: int
    id: str
    path: str = ""


class Play(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Hints for the replayer, written by compose only: JSON pointers not compared, and "may stay unplayed"."""

    ignore: tuple[str, ...] = ()
    optional: bool = False


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", gc=False):
    """What every entry has. Printed, it shows its place, and nothing of what it holds."""

    n: int
    t: int

    def __repr__(self) -> str:
        return f"{type(self).__name__}(n={self.n}, t={self.t})"


class HttpRequest(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="http.request"):
    service: Service
    conn: str
    method: str
    url: str
    headers: Headers = ()
    body: str | None = None
    pii: tuple[PiiLabel, ...] = ()
    play: Play | None = None


class HttpResponse(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="http.response"):
    conn: str
    re: int
    status: int
    headers: Headers = ()


class HttpChunk(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="http.chunk"):
    """A piece of a response body; ``final`` closes it. ``pii`` offsets (path "") are of this chunk's own text."""

    conn: str
    re: int | None = None
    text: str | None = None
    base64: str | None = None
    final: bool = False
    pii: tuple[PiiLabel, ...] = ()


class HttpError(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="http.error"):
    conn: str
    re: int
    error: str


class WsOpen(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="ws.open"):
    service: Service = "stream"
    conn: str
    attempt: int = 1
    url: str
    headers: Headers = ()


class WsAccept(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="ws.accept"):
    conn: str
    re: int
    status: int = 101
    headers: Headers = ()


class WsReject(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="ws.reject"):
    conn: str
    re: int
    status: int
    headers: Headers = ()
    body: str | None = None


class WsMessage(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="ws.message"):
    """One whole message. ``re`` defaults to the last send on the connection; ``fragments`` = [dt us, bytes]."""

    conn: str
    dir: Direction
    re: int | None = None
    text: str | None = None
    base64: str | None = None
    size: int | None = None
    digest: str | None = None
    fragments: tuple[tuple[int, int], ...] = ()
    pii: tuple[PiiLabel, ...] = ()
    play: Play | None = None


class WsControl(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="ws.control"):
    conn: str
    dir: Direction
    opcode: Literal["ping", "pong"]
    base64: str = ""


class WsClose(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="ws.close"):
    """``by`` = peer (the service) or us (the client); ``code`` None = a close frame without code."""

    conn: str
    by: Literal["peer", "us"]
    code: int | None = None
    reason: str = ""
    clean: bool = True


class WsAbort(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="ws.abort"):
    conn: str
    error: str
    by: Literal["peer", "us"] = "peer"


class OutcomeEntry(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="outcome"):
    """The live side of parity: what the pipeline said of the inbound entry ``of``."""

    of: int
    service: str = "stream"
    conversation: str = ""
    seq: int | None = None
    event: str
    stage: str
    verdict: Literal["accepted", "rejected", "quarantined"]
    reasons: tuple[str, ...] = ()
    spans: dict[str, tuple[str, ...]] = {}
    """JSON pointer -> types in order."""
    grounding: dict[str, Any] | None = None
    budget: dict[str, Any] | None = None
    deliverable: bool = False
    pii_redacted: bool = False
    digest: str = ""


class Gap(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="gap"):
    """Messages ``from_seq`` .. ``to_seq`` never came; ``after`` = number of inbound messages seen when given up.

    With reason ``disk_full`` or ``disk_error`` the hole is in the recording, not in the stream: ``dropped`` entries
    came while nothing could be written.
    """

    conn: str = ""
    conversation: str = ""
    from_seq: int
    to_seq: int
    reason: str
    after: int = 0
    dropped: int = 0


class Withheld(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="withheld"):
    """Stands for an entry that could not be written safely, so that order and count survive.

    ``conversation`` and ``seq`` say which message it was, where that could be read.
    """

    of_kind: str
    size: int
    rule: str
    conn: str = ""
    dir: Direction | None = None
    conversation: str = ""
    seq: int | None = None
    digest: str | None = None


class Checkpoint(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="checkpoint"):
    sha256: str


class Seal(Entry, frozen=True, kw_only=True, tag="seal"):
    """The last line: counts, duration (us) and SHA-256 of every byte before this line."""

    entries: int
    by_kind: dict[str, int]
    dropped: int = 0
    duration: int
    sha256: str
    reason: Literal["closed", "signal", "recovered", "composed", "edited"]


class Unknown(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of a kind this version does not know; ``raw`` is the whole JSON object."""

    n: int
    t: int
    raw: dict[str, Any]

    def __repr__(self) -> str:
        return f"Unknown(n={self.n}, t={self.t})"


AnyEntry = (
    HttpRequest
    | HttpResponse
    | HttpChunk
    | HttpError
    | WsOpen
    | WsAccept
    | WsReject
    | WsMessage
    | WsControl
    | WsClose
    | WsAbort
    | OutcomeEntry
    | Gap
    | Withheld
    | Checkpoint
    | Seal
    | Unknown
)
