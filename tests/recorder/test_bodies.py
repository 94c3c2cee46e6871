"""Response bodies in chunks."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.recorder.bodies import Bodies
from harness.recorder.queue import EntryQueue, Pending
from harness.recorder.texts import Searcher
from harness.recording.entry import AnyEntry, HttpChunk, Withheld

EMAIL, CARD = "jane.roe@corvalis-mail.co", "4539 1488 0343 6467"
SUMMARY = json.dumps({"summary_id": "s", "interaction_id": "c", "summary": f"Caf\u00e9 \u20ac, {CARD}."}).encode()


class Row:
    """Bodies and what came of them."""

    def __init__(self, searcher: Searcher) -> None:
        self.entries: list[AnyEntry] = []
        self.queue = EntryQueue(self._write)
        self.bodies = Bodies(searcher, self.queue, lambda data: f"digest-{len(data)}")
        self.asked = Pending(lambda n: HttpChunk(n=n, t=0, conn="h1"), n=41)

    def _write(self, build: Callable[[int], AnyEntry]) -> AnyEntry:
        self.entries.append(build(len(self.entries) + 1))
        return self.entries[-1]

    def take(self, *chunks: bytes, status: int = 200, end: bool = True) -> Pending:
        self.bodies.begins("h1", self.asked, status)
        pending = self.asked
        for index, chunk in enumerate(chunks):
            pending = self.bodies.chunk("h1", chunk, end and index == len(chunks) - 1, index)
        return pending

    def texts(self) -> list[str]:
        return [entry.text or "" for entry in self.entries if isinstance(entry, HttpChunk)]


@pytest.fixture
def make(searcher: Searcher) -> Callable[[], Row]:
    return lambda: Row(searcher)


def test_boundaries_survive(make: Callable[[], Row]) -> None:
    """A value split over chunks is found, and each chunk keeps its own part of the text."""
    row = make()
    row.take(b'{"a":"to jane.roe@cor', b'valis-mail.co","b"', b":1}", b"")
    assert len(row.texts()) == 4
    assert row.texts()[2:] == [":1}", ""]
    whole = "".join(row.texts())
    last = row.entries[-1]
    assert isinstance(last, HttpChunk) and last.final and last.re == 41
    label = last.pii[0]
    assert (label.path, json.loads(whole)["b"]) == ("/a", 1)
    assert json.loads(whole)["a"][label.start : label.end].endswith(("example.com", "example.org", "example.net"))
    assert EMAIL not in whole


@given(st.lists(st.integers(1, 9), max_size=30))
def test_any_cut(sizes: list[int]) -> None:
    """However the bytes are cut, in the midst of characters too, the text is whole and as many chunks are written."""
    from harness.dialects.mediation import MediationDialect
    from harness.pii import Redactor
    from harness.pii.surrogate import SurrogateVault

    row = Row(Searcher(vault=SurrogateVault(b"k", "k1"), redactor=Redactor(), dialect=MediationDialect()))
    body = json.dumps({"a": "Caf\u00e9 \u20ac \U0001f600"}, ensure_ascii=False).encode()
    chunks, at = [], 0
    for size in sizes:
        chunks.append(body[at : at + size])
        at += size
    chunks.append(body[at:])
    row.take(*chunks)
    assert "".join(row.texts()).encode() == body
    assert len(row.entries) == len(chunks)


def test_a_summary_waits(make: Callable[[], Row]) -> None:
    """The body of a summary waits for its outcome, which is told once."""
    row = make()
    pending = row.take(SUMMARY, b"")
    assert not row.entries
    text = row.bodies.taken(pending)
    assert text is not None and row.bodies.taken(pending) is None
    row.bodies._search.search(text)
    row.queue.flush()
    assert len(row.entries) == 2 and CARD not in "".join(row.texts())


@pytest.mark.parametrize("status", [404, 503])
def test_a_failure_does_not_wait(make: Callable[[], Row], status: int) -> None:
    """An answer that is no success is written at once, whatever it holds."""
    row = make()
    row.take(SUMMARY, status=status)
    assert len(row.entries) == 1 and CARD not in "".join(row.texts())


def test_broken(make: Callable[[], Row]) -> None:
    """What came of a body that broke off is searched and written; an unknown connection has none."""
    row = make()
    row.take(f"write to {EMAIL} ".encode(), end=False)
    row.bodies.broken("h9")
    assert not row.entries
    row.bodies.broken("h1")
    row.queue.flush()
    assert EMAIL not in row.texts()[0] and row.texts()[0].startswith("write to ")


def test_close(make: Callable[[], Row]) -> None:
    """At the end of the session everything that waits is searched and written."""
    row = make()
    row.take(SUMMARY)
    row.take(b"half", end=False)
    row.bodies.close()
    row.queue.flush()
    assert len(row.entries) == 2 and CARD not in "".join(row.texts())


@pytest.mark.parametrize("body", [b"\x1f\x8b\x08\x00", b'{"a":"\xff"}', b"4\xc3"])
def test_binary(make: Callable[[], Row], body: bytes) -> None:
    """A body that is no text is withheld with sizes and keyed digests."""
    row = make()
    row.take(b"plain", body, b"")
    rows: list[Any] = row.entries
    assert all(isinstance(entry, Withheld) for entry in rows)
    assert [(entry.size, entry.rule, entry.digest) for entry in rows] == [
        (size, "binary", f"digest-{size}") for size in (5, len(body), 0)
    ]


def test_leak(make: Callable[[], Row], monkeypatch: pytest.MonkeyPatch) -> None:
    """A value the search missed is withheld chunk by chunk: order and count survive."""
    row = make()
    monkeypatch.setattr(row.bodies._search._redactor, "detect", lambda *_: [])
    row.take(b"write to ", EMAIL.encode(), b"")
    rows: list[Any] = row.entries
    assert [(entry.rule, entry.size, entry.of_kind) for entry in rows] == [
        ("leak:EMAIL", size, "http.chunk") for size in (9, len(EMAIL), 0)
    ]
