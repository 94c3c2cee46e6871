"""The recorder: a tap on the wire on one side, a recording file on the other.

1. Entries are written in wire order; one whose text may hold a value that goes on in a later message waits for it.
2. The personal data of an inbound message is what the pipeline found in it: one detection, so that recording and
   verdict cannot disagree. Everything else (sends, HTTP, URLs, close reasons) is searched here.
3. Secrets are never stored: headers and query values by allow-list, tokens as ``<secret>``.
4. What the leak scan still finds is withheld: order and count survive, the text does not.
5. Traffic never goes unrecorded in silence: a write that fails raises, or is counted and leaves a ``gap`` entry.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from typing import Any

from msgspec.structs import replace as entry_replaced

from harness.dialects.base import Dialect, Event
from harness.pii import Redactor
from harness.pii.surrogate import SurrogateVault
from harness.pipeline.outcome import GapFound, Outcome
from harness.recorder.bodies import Bodies
from harness.recorder.edits import EditedString
from harness.recorder.outcomes import outcome_entry, recorded_digest
from harness.recorder.pieces import cuts_of, moved_fragments
from harness.recorder.queue import EntryQueue, Pending
from harness.recorder.safe import safe_headers, safe_url
from harness.recorder.texts import Searcher, WireText
from harness.recording.entry import (
    AnyEntry,
    Gap,
    HttpError,
    HttpRequest,
    HttpResponse,
    Withheld,
    WsAbort,
    WsAccept,
    WsClose,
    WsControl,
    WsMessage,
    WsOpen,
    WsReject,
)
from harness.recording.steady import RecordingSuspended, SteadyWriter
from harness.recording.writer import RecordingWriter, SealReason
from harness.wire.tap import By, Control, Direction, Fragments, Headers, Opaque

__all__ = ["EditedString", "Recorder"]


class Recorder:
    """Records one session.

    Args:
        writer: the file; sealed by :meth:`seal`.
        vault: makes surrogates, the same for the same value all through the session.
        redactor: finds personal data in what the pipeline does not see.
        dialect: which paths are ids and enums.
        start_ns: the session's monotonic start; every ``t`` counts from it.
        key: for the digests of what is withheld.
    """

    def __init__(
        self,
        writer: RecordingWriter | SteadyWriter,
        *,
        vault: SurrogateVault,
        redactor: Redactor,
        dialect: Dialect,
        start_ns: int,
        key: bytes,
    ) -> None:
        self._writer = writer
        self._vault = vault
        self._start_ns = start_ns
        self._key = key
        self._search = Searcher(vault=vault, redactor=redactor, dialect=dialect)
        self._queue = EntryQueue(writer.write)
        self._bodies = Bodies(self._search, self._queue, self._digest)
        self._last: dict[str, Pending] = {}
        """conn -> what an answer on it answers: the dial, the request, the last send."""
        self._waiting: dict[Pending, WireText] = {}
        self._numbered: dict[int, Pending] = {}
        self._last_us = 0

    # -- the tap ---------------------------------------------------------------------------------------------------

    def ws_open(self, conn: str, attempt: int, url: str, headers: Headers, at_ns: int) -> None:
        """A dial begins."""
        t, safe, kept = self._t(at_ns), self._url(url), safe_headers(headers, self._search.holds)
        self._last[conn] = self._put(lambda n: WsOpen(n=n, t=t, conn=conn, attempt=attempt, url=safe, headers=kept))

    def ws_accept(self, conn: str, status: int, headers: Headers, at_ns: int) -> None:
        """The service took it."""
        t, opened, kept = self._t(at_ns), self._last[conn], safe_headers(headers, self._search.holds)
        self._put(lambda n: WsAccept(n=n, t=t, conn=conn, re=opened.n, status=status, headers=kept))

    def ws_reject(self, conn: str, status: int, headers: Headers, body: bytes, at_ns: int) -> None:
        """The handshake was refused."""
        t, opened, kept = self._t(at_ns), self._last[conn], safe_headers(headers, self._search.holds)
        text, _ = self._search.searched(body.decode("utf-8", "replace"))
        self._put(lambda n: WsReject(n=n, t=t, conn=conn, re=opened.n, status=status, headers=kept, body=text))

    def ws_message(
        self, conn: str, direction: Direction, data: str | bytes, at_ns: int, fragments: Fragments = ()
    ) -> Pending:
        """A whole message; an inbound one waits for its outcome."""
        t = self._t(at_ns)
        if isinstance(data, bytes):
            rule = data.rule if isinstance(data, Opaque) else "binary"
            return self._put(lambda n: self._withheld(n, t, len(data), rule, conn, direction, data))
        if direction == "in":
            return self._inbound(conn, data, t, fragments)
        self._last[conn] = self._outbound(conn, data, t, fragments)
        return self._last[conn]

    def ws_control(self, conn: str, direction: Direction, opcode: Control, data: bytes, at_ns: int) -> None:
        """A ping or pong; its payload is withheld if it reads like personal data."""
        t, payload = self._t(at_ns), bytes(data)
        text = payload.decode("utf-8", "replace")
        if self._search.searched(text)[0] != text:
            self._put(lambda n: self._withheld(n, t, len(payload), "leak", conn, direction, payload, kind="ws.control"))
            return
        encoded = base64.b64encode(payload).decode()
        self._put(lambda n: WsControl(n=n, t=t, conn=conn, dir=direction, opcode=opcode, base64=encoded))

    def ws_partial(self, conn: str, direction: Direction, data: bytes, fragments: Fragments, at_ns: int) -> None:
        """Pieces of a message that was never completed: what they say cannot be judged, only their size is kept."""
        t, size, rule = self._t(at_ns), len(data), "incomplete"
        self._put(lambda n: self._withheld(n, t, size, rule, conn, direction, data, kind="ws.fragments"))

    def ws_close(self, conn: str, by: By, code: int | None, reason: str, clean: bool, at_ns: int) -> None:
        """A close frame, with who sent it first."""
        t, text = self._t(at_ns), self._search.searched(reason)[0] or ""
        self._put(lambda n: WsClose(n=n, t=t, conn=conn, by=by, code=code, reason=text, clean=clean))

    def ws_abort(self, conn: str, by: By, error: str, at_ns: int) -> None:
        """The connection ended without a close frame."""
        t = self._t(at_ns)
        self._put(lambda n: WsAbort(n=n, t=t, conn=conn, error=error, by=by))

    def http_request(
        self, conn: str, service: str, method: str, url: str, headers: Headers, body: bytes, at_ns: int
    ) -> None:
        """A request."""
        t, safe, kept = self._t(at_ns), self._url(url), safe_headers(headers, self._search.holds)
        whole = body.decode("utf-8", "replace")
        is_form = any(name == "content-type" and "x-www-form-urlencoded" in value.lower() for name, value in kept)
        text, labels = self._search.searched_form(whole) if is_form else self._search.searched(whole)

        def build(n: int) -> AnyEntry:
            return HttpRequest(
                n=n,
                t=t,
                service="token" if service == "token" else "gateway",
                conn=conn,
                method=method,
                url=safe,
                headers=kept,
                body=text,
                pii=labels,
            )

        self._last[conn] = self._put(build)

    def http_response(self, conn: str, status: int, headers: Headers, at_ns: int) -> None:
        """The head of a response."""
        t, asked, kept = self._t(at_ns), self._last[conn], safe_headers(headers, self._search.holds)
        self._bodies.begins(conn, asked, status)
        self._put(lambda n: HttpResponse(n=n, t=t, conn=conn, re=asked.n, status=status, headers=kept))

    def http_chunk(self, conn: str, data: bytes, final: bool, at_ns: int) -> Pending:
        """A piece of a body; the whole body is searched as one text, cut anew at its old places."""
        return self._bodies.chunk(conn, data, final, self._t(at_ns))

    def http_error(self, conn: str, error: str, at_ns: int) -> None:
        """The exchange failed."""
        t, asked = self._t(at_ns), self._last[conn]
        self._bodies.broken(conn)
        self._put(lambda n: HttpError(n=n, t=t, conn=conn, re=asked.n, error=error))

    # -- what the pipeline says ------------------------------------------------------------------------------------

    def inbound(self, handle: Any, number: int) -> None:
        """The message (or summary body) behind ``handle`` is the pipeline's message ``number``."""
        self._numbered[number] = handle

    def outcome(self, outcome: Outcome) -> None:
        """The values of a message are known; it is written when all of them are complete."""
        pending = self._numbered[outcome.number]
        text = self._waiting.pop(pending, None) or self._bodies.taken(pending)
        if text is not None:
            self._search.told(text, outcome)
            self._queue.flush()

    def settled(self, outcome: Outcome) -> None:
        """The outcome is final: it becomes an entry, the live side of parity."""
        pending = self._numbered.pop(outcome.number)
        t, digest = self._last_us, recorded_digest(outcome, self._vault)

        def build(n: int) -> AnyEntry:
            # By now every piece of its values is known.
            seen = replace(outcome, spans=[span for span in outcome.spans if self._search.survives(span)])
            return outcome_entry(seen, n=n, t=t, of=pending.n, digest=digest)

        self._put(build)

    def unused(self, handle: Any) -> None:
        """No outcome will come for the body behind ``handle``."""
        text = self._bodies.taken(handle)
        if text is not None:
            self._search.search(text)
            self._queue.flush()

    def dropped(self, handle: Any, event: Event, reason: str) -> None:
        """Nobody will look for personal data in the message behind ``handle``: its size and place are kept."""
        text = self._waiting.pop(handle, None)
        if text is None:
            return
        text.conversation, text.seq = event.conversation, event.seq
        withheld = handle.withhold(reason)
        handle.build, handle.ready, handle.withhold = (lambda n: entry_replaced(withheld, n=n)), (lambda: True), None
        self._queue.flush()

    def gap(self, gap: GapFound, after: int) -> None:
        """Messages were given up after ``after`` inbound messages."""
        t = self._last_us
        self._put(
            lambda n: Gap(
                n=n,
                t=t,
                conversation=gap.conversation,
                from_seq=gap.from_seq,
                to_seq=gap.to_seq,
                reason=gap.reason,
                after=after,
            )
        )

    def seal(self, reason: SealReason = "closed") -> None:
        """Close the file under its name; texts whose outcome never came are searched as they stand."""
        for text in self._waiting.values():
            self._search.search(text)
        self._waiting.clear()
        self._bodies.close()
        self._search.close()
        self._queue.flush()
        self._writer.seal(reason)

    def discard(self) -> None:
        """Leave no file behind: nothing was received that could be lost."""
        self._writer.close()
        self._writer.part.unlink(missing_ok=True)

    @property
    def suspensions(self) -> tuple[RecordingSuspended, ...]:
        """When the disk refused."""
        return self._writer.suspensions if isinstance(self._writer, SteadyWriter) else ()

    @property
    def edited(self) -> list[EditedString]:
        """How the strings of the messages were changed."""
        return self._search.log

    # -- inside ----------------------------------------------------------------------------------------------------

    def _put(self, build: Any) -> Pending:
        return self._queue.put(Pending(build))

    def _t(self, at_ns: int) -> int:
        self._last_us = max(self._last_us, (at_ns - self._start_ns) // 1000)
        return self._last_us

    def _url(self, url: str) -> str:
        def search(text: str) -> str:
            found = self._search.searched(text)[0]
            return "/withheld" if found is None else found

        return safe_url(url, search)

    def _inbound(self, conn: str, data: str, t: int, fragments: Fragments) -> Pending:
        text = self._search.wire_text(data)
        asked = self._last.get(conn)
        pending = Pending(
            lambda n: self._message(n, t, conn, "in", text, fragments, asked.n if asked else None),
            lambda: self._search.complete(text),
            lambda rule: self._without_text(t, conn, text, rule),
        )
        self._waiting[pending] = text
        return self._queue.put(pending)

    def _outbound(self, conn: str, data: str, t: int, fragments: Fragments) -> Pending:
        text = self._search.wire_text(data)
        self._search.search(text)
        return self._put(lambda n: self._message(n, t, conn, "out", text, fragments, None))

    def _message(
        self, n: int, t: int, conn: str, direction: Direction, text: WireText, fragments: Fragments, re: int | None
    ) -> AnyEntry:
        done = self._search.edited(text, cuts_of(text.raw, fragments))
        leak = self._search.leak(done, text.raw)
        if leak is not None:
            encoded = text.raw.encode("utf-8", "surrogatepass")
            return self._withheld(n, t, len(encoded), f"leak:{leak}", conn, direction, encoded, text)
        return WsMessage(
            n=n,
            t=t,
            conn=conn,
            dir=direction,
            re=re,
            text=done.text,
            size=len(done.text.encode("utf-8", "surrogatepass")),
            fragments=moved_fragments(text.raw, fragments, done.text, done.cuts),
            pii=done.labels,
        )

    def _without_text(self, t: int, conn: str, text: WireText, rule: str) -> Withheld:
        encoded = text.raw.encode("utf-8", "surrogatepass")
        return self._withheld(0, t, len(encoded), rule, conn, "in", encoded, text)

    def _withheld(
        self,
        n: int,
        t: int,
        size: int,
        rule: str,
        conn: str,
        direction: Direction,
        data: bytes,
        text: WireText | None = None,
        *,
        kind: str = "ws.message",
    ) -> Withheld:
        return Withheld(
            n=n,
            t=t,
            of_kind=kind,
            size=size,
            rule=rule,
            conn=conn,
            dir=direction,
            conversation=text.conversation if text else "",
            seq=text.seq if text else None,
            digest=self._digest(data),
        )

    def _digest(self, data: bytes) -> str:
        return hmac.new(self._key, data, hashlib.sha256).hexdigest()
