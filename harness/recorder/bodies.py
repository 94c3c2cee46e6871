"""Response bodies: searched as one text, stored in the chunks they came in.

1. A summary's body waits for its outcome, since the pipeline has looked at it; every other one is searched here.
2. A body that is not UTF-8 text is withheld: nobody could search it.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass, field

from harness.recorder.edits import Edited
from harness.recorder.queue import EntryQueue, Pending
from harness.recorder.texts import Searcher, WireText
from harness.recording.entry import AnyEntry, HttpChunk, Withheld

__all__ = ["Bodies"]


@dataclass(slots=True, eq=False)
class _Body:
    """One body: its chunks as text (a character split over chunks belongs to the later one)."""

    asked: Pending
    may_wait: bool
    decoder: codecs.IncrementalDecoder = field(default_factory=codecs.getincrementaldecoder("utf-8"))
    sizes: list[int] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    chunks: list[str] = field(default_factory=list, repr=False)
    text: WireText | None = None
    edited: Edited | None = None
    withheld: str | None = None
    """The rule by which it is not written."""


class Bodies:
    """The bodies of a session's HTTP exchanges.

    Args:
        search: finds and replaces values.
        queue: where chunk entries go.
        digest: keyed digest of what is withheld.
    """

    def __init__(self, search: Searcher, queue: EntryQueue, digest: Callable[[bytes], str]) -> None:
        self._search = search
        self._queue = queue
        self._digest = digest
        self._open: dict[str, _Body] = {}
        self._waiting: dict[Pending, _Body] = {}

    def begins(self, conn: str, asked: Pending, status: int) -> None:
        """A response to ``asked`` has come; only a success can hold a summary."""
        self._open[conn] = _Body(asked, may_wait=200 <= status < 300)

    def chunk(self, conn: str, data: bytes, final: bool, t: int) -> Pending:
        """Take a chunk; with the final one the body is a text that waits for its outcome, or for nobody."""
        body = self._open[conn]
        index = len(body.chunks)
        body.chunks.append(_decoded(body, data, final))
        body.sizes.append(len(data))
        body.digests.append(self._digest(data))
        pending = Pending(
            lambda n: self._build(body, conn, index, n, t, final),
            lambda: body.text is not None and self._search.complete(body.text),
        )
        if final:
            del self._open[conn]
            whole = "".join(body.chunks)
            body.text = self._search.wire_text(whole)
            if body.may_wait and '"summary_id"' in whole:
                self._waiting[pending] = body
            else:
                self._search.search(body.text)
        return self._queue.put(pending)

    def taken(self, pending: Pending) -> WireText | None:
        """The body text behind ``pending``, once; None if it does not wait."""
        body = self._waiting.pop(pending, None)
        return None if body is None else body.text

    def broken(self, conn: str) -> None:
        """The body will not be completed: what came of it is written."""
        body = self._open.pop(conn, None)
        if body is not None:
            body.text = self._search.wire_text("".join(body.chunks))
            self._search.search(body.text)

    def close(self) -> None:
        """The session is over: nobody will tell of the bodies that wait."""
        for body in self._waiting.values():
            if body.text is not None:
                self._search.search(body.text)
        self._waiting.clear()
        for conn in list(self._open):
            self.broken(conn)

    def _build(self, body: _Body, conn: str, index: int, n: int, t: int, final: bool) -> AnyEntry:
        edited = self._edit(body)
        if body.withheld is not None:
            return Withheld(
                n=n,
                t=t,
                of_kind="http.chunk",
                size=body.sizes[index],
                rule=body.withheld,
                conn=conn,
                dir="in",
                digest=body.digests[index],
            )
        start = edited.cuts[index - 1] if index else 0
        end = edited.cuts[index] if index < len(edited.cuts) else len(edited.text)
        labels = edited.labels if final else ()
        return HttpChunk(n=n, t=t, conn=conn, re=body.asked.n, text=edited.text[start:end], final=final, pii=labels)

    def _edit(self, body: _Body) -> Edited:
        if body.edited is None:
            assert body.text is not None
            cuts, at = [], 0
            for chunk in body.chunks[:-1]:
                at += len(chunk)
                cuts.append(at)
            body.edited = self._search.edited(body.text, cuts)
            leak = self._search.leak(body.edited, body.text.raw)
            if leak is not None:
                body.withheld = body.withheld or f"leak:{leak}"
        return body.edited


def _decoded(body: _Body, data: bytes, final: bool) -> str:
    try:
        return body.decoder.decode(data, final)
    except UnicodeDecodeError:
        body.withheld = "binary"
        body.decoder.reset()
        return ""
