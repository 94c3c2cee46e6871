"""Conversions that need to know what personal data is: placeholders for surrogates, and foreign files as recordings.

1. A foreign file holds what really crossed a wire. Its entries go through the same recorder as live traffic, so that
   nothing of it reaches a disk but with surrogates, secrets left out, and leaks withheld.
2. Bodies are decoded first (``gzip``, ``deflate``), as they are where they are recorded: nothing could be found in them
   otherwise.
3. What was imported says so: source ``edited``, the file's digest as ``parent``, the form in ``labels.imported``.
"""

from __future__ import annotations

import base64
import hashlib
import random
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from harness._version import __version__
from harness.dialects.base import Dialect
from harness.dialects.json_text import apply_edits_with_cuts, splice
from harness.dialects.mediation import MediationDialect
from harness.errors import RecordingFormatError
from harness.pii.surrogate import SurrogateVault, is_surrogate
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import GapFound, Outcome
from harness.pipeline.policy import PipelinePolicy
from harness.recorder import Recorder
from harness.recorder.edits import leak_in, parse, strings
from harness.recorder.pieces import cuts_of, moved_fragments
from harness.recording.convert.har_import import Imported, from_har
from harness.recording.convert.state import Edits, Fragments, redacted
from harness.recording.convert.vcr import from_vcr
from harness.recording.copying import edited_head, load, write_copy, write_new
from harness.recording.entry import (
    AnyEntry,
    Header,
    HttpChunk,
    HttpError,
    HttpRequest,
    HttpResponse,
    Redaction,
    WsAbort,
    WsAccept,
    WsClose,
    WsControl,
    WsMessage,
    WsOpen,
    WsReject,
)
from harness.recording.ulid import ulid
from harness.recording.writer import RecordingWriter
from harness.session.keys import Key
from harness.session.leftovers import spoken
from harness.session.parts import Tools, tool_name
from harness.text.placeholder import placeholder
from harness.wire.decoding import BodyDecoder, content_coding

__all__ = ["MAX_IMPORT", "import_file", "redact_recording"]

MAX_IMPORT = 128 * 1024 * 1024
"""Bytes of a foreign file."""

_FORMS = {"har": from_har, "vcr": from_vcr}
_SHAPED = frozenset({"CREDIT_CARD", "EMAIL", "IBAN", "IP", "PHONE", "SSN"})
"""Types whose surrogates can be told from a piece of one."""


class _TextTools:
    """What ``convert/state.py`` asks."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def values(self, text: str) -> Mapping[str, str]:
        return {"": text} | dict(strings(text, parse(text)))

    def edit(self, text: str, edits: Edits, cuts: Sequence[int]) -> tuple[str, list[int]]:
        parsed = parse(text)
        if parsed is None or (set(edits) == {""} and not isinstance(parsed.value, str)):
            return splice(text, edits[""], cuts)
        return apply_edits_with_cuts(text, edits, cuts, scanned=parsed)

    def fragments(self, text: str, fragments: Fragments, edits: Edits) -> Fragments:
        new, cuts = self.edit(text, edits, cuts_of(text, fragments))
        return moved_fragments(text, fragments, new, cuts)

    def placeholder(self, type_: str) -> str:
        return placeholder(type_)

    def whole(self, type_: str, value: str) -> bool:
        return type_ not in _SHAPED or is_surrogate(type_, value)

    def leak(self, text: str) -> str | None:
        event = self._dialect.decode(text)
        return leak_in(text, lambda path: self._dialect.exempt(event, path))


def redact_recording(source: Path, target: Path) -> Path:
    """Write ``source`` with placeholders in the place of surrogates to ``target``.

    Raises:
        RecordingError: ``source`` is damaged, or ``target`` exists.
    """
    loaded = load(source)
    head = edited_head(loaded.head, loaded.digest, {"redaction": {"state": "redacted", "key_id": None}})
    return write_copy(
        target, head, redacted(loaded.lines, _TextTools(spoken(loaded.header))), dropped=loaded.seal.dropped
    )


def import_file(source: Path, form: str, target: Path, *, key: Key, tools: Tools) -> Path:
    """Write the exchanges of a foreign file as a recording in state ``surrogate``.

    Args:
        source: the file.
        form: ``har`` or ``vcr``.
        target: the recording; compressed if its name says so.
        key: of the surrogates.
        tools: what finds personal data.

    Raises:
        RecordingError: it cannot be read or is not of that form, or ``target`` exists.
    """
    data = _bytes_of(source)
    found = _FORMS[form](data, source)
    header = _header(found, form, hashlib.sha256(data).hexdigest(), key, tools)
    with tempfile.TemporaryDirectory(prefix=".import-", dir=target.parent) as folder:
        path = Path(folder) / "import.rec.jsonl"
        _record(found.entries, RecordingWriter(path, header), key, tools)
        with path.open("rb") as file:
            return write_new(target, file)


def _bytes_of(source: Path) -> bytes:
    try:
        with source.open("rb") as file:
            data = file.read(MAX_IMPORT + 1)
    except (OSError, ValueError):
        raise RecordingFormatError("it cannot be read", path=source, fix="check its name and permissions") from None
    if len(data) > MAX_IMPORT:
        raise RecordingFormatError(f"it is larger than {MAX_IMPORT} bytes", path=source, fix="import it in parts")
    return data


def _header(found: Imported, form: str, digest: str, key: Key, tools: Tools) -> Header:
    return Header(
        id=ulid(found.created, random.Random(digest)),
        created=found.created.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        tool=tool_name(__version__),
        dialect=MediationDialect.name,
        source="edited",
        parent=f"sha256:{digest}",
        redaction=Redaction(state="surrogate", policy=tools.redactor.policy_digest, key_id=key.id),
        labels={"imported": form},
    )


def _record(entries: Iterable[AnyEntry], writer: RecordingWriter, key: Key, tools: Tools) -> None:
    recorder = Recorder(
        writer,
        vault=SurrogateVault(key.secret, key.id),
        redactor=tools.redactor,
        dialect=MediationDialect(),
        start_ns=0,
        key=key.secret,
    )
    pipeline = Pipeline(
        dialect=MediationDialect(), redactor=tools.redactor, checker=tools.checker, policy=PipelinePolicy()
    )
    feed = _Feed(recorder, pipeline)
    for entry in entries:
        feed.take(entry)
    feed.end()


class _Feed:
    """Tells a recorder of entries as if they crossed a wire, and the pipeline of every inbound message."""

    def __init__(self, recorder: Recorder, pipeline: Pipeline) -> None:
        self._recorder = recorder
        self._pipeline = pipeline
        self._number = 0
        self._decoders: dict[str, BodyDecoder] = {}

    def take(self, entry: AnyEntry) -> None:
        tap, at = self._recorder, entry.t * 1000
        match entry:
            case HttpRequest():
                body = (entry.body or "").encode("utf-8", "surrogatepass")
                tap.http_request(entry.conn, entry.service, entry.method, entry.url, entry.headers, body, at)
            case HttpResponse():
                headers = [(name.lower(), value) for name, value in entry.headers]
                self._decoders[entry.conn] = BodyDecoder(content_coding(headers))
                tap.http_response(entry.conn, entry.status, entry.headers, at)
            case HttpChunk():
                tap.unused(tap.http_chunk(entry.conn, self._body(entry), entry.final, at))
            case HttpError():
                tap.http_error(entry.conn, entry.error, at)
            case WsOpen():
                tap.ws_open(entry.conn, entry.attempt, entry.url, entry.headers, at)
            case WsAccept():
                tap.ws_accept(entry.conn, entry.status, entry.headers, at)
            case WsReject():
                tap.ws_reject(entry.conn, entry.status, entry.headers, (entry.body or "").encode(), at)
            case WsMessage():
                self._message(entry, at)
            case WsControl():
                tap.ws_control(entry.conn, entry.dir, entry.opcode, base64.b64decode(entry.base64), at)
            case WsClose():
                tap.ws_close(entry.conn, entry.by, entry.code, entry.reason, entry.clean, at)
            case WsAbort():
                tap.ws_abort(entry.conn, entry.by, entry.error, at)
            case _:
                raise AssertionError("no form imports such an entry")

    def _body(self, chunk: HttpChunk) -> bytes:
        """The bytes of a chunk, decoded; text is what was decoded before."""
        if chunk.base64 is None:
            return (chunk.text or "").encode("utf-8", "surrogatepass")
        data = base64.b64decode(chunk.base64)
        decoder = self._decoders.get(chunk.conn)
        return data if decoder is None else decoder.feed(data)

    def end(self) -> None:
        self._tell(self._pipeline.finish())
        self._recorder.seal("edited")

    def _message(self, entry: WsMessage, at_ns: int) -> None:
        data = entry.text if entry.text is not None else base64.b64decode(entry.base64 or "")
        handle = self._recorder.ws_message(entry.conn, entry.dir, data, at_ns, entry.fragments)
        if entry.dir == "in":
            self._number += 1
            self._recorder.inbound(handle, self._number)
            self._tell(self._pipeline.feed(data, at_ns))

    def _tell(self, effects: Iterable[object]) -> None:
        for effect in effects:
            if isinstance(effect, Outcome):
                self._recorder.outcome(effect)
                self._recorder.settled(effect)
            elif isinstance(effect, GapFound):
                self._recorder.gap(effect, self._number)
