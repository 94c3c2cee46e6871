from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import pytest

from harness.recording.codec import encode_entry
from harness.recording.convert.state import Edits, Fragments, redacted
from harness.recording.entry import AnyEntry, HttpChunk, HttpRequest, PiiLabel, Withheld, WsClose, WsMessage


class Tools:
    """A surrogate is ``<`` letters ``>``, a leak is a digit; texts are plain."""

    def values(self, text: str) -> Mapping[str, str]:
        return {"": text}

    def edit(self, text: str, edits: Edits, cuts: Sequence[int]) -> tuple[str, list[int]]:
        if text.startswith("!"):
            raise ValueError
        moved = list(cuts)
        for start, end, new in reversed(edits[""]):
            text = text[:start] + new + text[end:]
            moved = [cut + len(new) - (end - start) if cut >= end else cut for cut in moved]
        return text, moved

    def fragments(self, text: str, fragments: Fragments, edits: Edits) -> Fragments:
        return ((0, 1), (1, len(self.edit(text, edits, ())[0]) - 1))

    def placeholder(self, type_: str) -> str:
        return f"[{type_}]"

    def whole(self, type_: str, value: str) -> bool:
        return re.fullmatch("<[a-z]+>", value) is not None

    def leak(self, text: str) -> str | None:
        return "DIGIT" if re.search("[0-9]", text) else None


def labels(text: str, *pieces: str) -> tuple[PiiLabel, ...]:
    return tuple(PiiLabel(type="NAME", start=text.index(p), end=text.index(p) + len(p), id="s1") for p in pieces)


def message(text: str, *pieces: str, **fields: Any) -> WsMessage:
    given: dict[str, Any] = {"n": 1, "t": 0, "conn": "w", "dir": "in", "text": text, "pii": labels(text, *pieces)}
    return WsMessage(**(given | fields))


def run(*entries: AnyEntry) -> list[AnyEntry]:
    lines = [(entry, encode_entry(entry)) for entry in entries]
    done = list(redacted(lines, Tools()))
    assert all(line == encode_entry(entry) for entry, line in done)
    return [entry for entry, _ in done]


def texts(entries: Sequence[AnyEntry]) -> Iterator[Any]:
    return (getattr(entry, "text", None) for entry in entries)


def test_surrogates_become_placeholders() -> None:
    """Labels, size and fragments follow; what has no label keeps its line."""
    (done,) = run(message("I am <ann>, <bob>'s", "<ann>", "<bob>", size=19, fragments=((0, 9), (1, 10))))
    assert isinstance(done, WsMessage)
    assert done.text == "I am [NAME], [NAME]'s"
    assert [(p.start, p.end) for p in done.pii] == [(5, 11), (13, 19)]
    assert (done.size, done.fragments) == (21, ((0, 1), (1, 20)))
    plain = message("hello")
    close = WsClose(n=1, t=0, conn="w", by="us")
    done_plain, done_close = run(plain, close)
    assert done_plain is plain
    assert done_close is close


@pytest.mark.parametrize(
    "pieces, expected",
    [
        (["<a", "nn", ">x"], ["[NAME]", "", "x"]),
        (["<ann>", "<ann>"], ["[NAME]", "[NAME]"]),
        (["<a", "x"], ["[NAME]", "x"]),
        (["<a", "nn>", "<ann>"], ["[NAME]", "", "[NAME]"]),
    ],
)
def test_a_value_over_several_messages_is_one_placeholder(pieces: list[str], expected: list[str]) -> None:
    """It stands where the value begins; the same value again is another."""
    entries = [message(piece, *([piece.rstrip("x")] if piece != "x" else [])) for piece in pieces]
    assert list(texts(run(*entries))) == expected


@pytest.mark.parametrize(
    "entry, rule",
    [
        (message("a 7"), "leak:DIGIT"),
        (message("a <ann> 7", "<ann>"), "leak:DIGIT"),
        (message("ab", pii=(PiiLabel(type="NAME", start=1, end=9, id="s1"),)), "labels"),
        (message("ab", pii=(PiiLabel(type="NAME", start=1, end=2, id="s1", path="/x"),)), "labels"),
        (message("!ab", "a"), "labels"),
        (WsMessage(n=1, t=0, conn="w", dir="in", base64="AAE=", size=2), "binary"),
        (HttpChunk(n=1, t=0, conn="h", re=1, base64="AAE=", final=True), "binary"),
        (HttpChunk(n=1, t=0, conn="h", re=1, text="7", final=True), "leak:DIGIT"),
        (HttpChunk(n=1, t=0, conn="h", re=1, text="!a", final=True, pii=labels("!a", "a")), "labels"),
    ],
)
def test_in_doubt_an_entry_is_withheld(entry: AnyEntry, rule: str) -> None:
    """Its order, size and place stay."""
    (done,) = run(entry)
    assert isinstance(done, Withheld)
    assert (done.rule, done.n, done.conn) == (rule, 1, getattr(entry, "conn", ""))
    assert done.size > 0


def request(body: str | None, *pieces: str) -> HttpRequest:
    pii = labels(body or "", *pieces)
    return HttpRequest(n=1, t=0, service="gateway", conn="h", method="POST", url="/", body=body, pii=pii)


@pytest.mark.parametrize(
    "body, piece, expected",
    [("a <ann>", "<ann>", "a [NAME]"), ("a 7", "", None), ("!a", "a", None), ("plain", "", "plain"), (None, "", None)],
)
def test_a_request_keeps_its_place(body: str | None, piece: str, expected: str | None) -> None:
    """In doubt without its body, for others answer it."""
    (done,) = run(request(body, *([piece] if piece else [])))
    assert isinstance(done, HttpRequest)
    assert done.body == expected
    assert len(done.pii) == (expected == "a [NAME]")


def test_a_body_is_edited_as_one_text() -> None:
    """Cut anew where it was cut, its labels with the last piece; another body may cross it."""
    whole = "I am <ann> here"
    pieces = ["I am <a", "nn> he", "re"]
    chunks = [HttpChunk(n=1, t=0, conn="h", re=1, text=text, final=text == "re") for text in pieces]
    other = HttpChunk(n=1, t=0, conn="g", re=2, text="x", final=True)
    chunks[-1] = msgspec.structs.replace(chunks[-1], pii=labels(whole, "<ann>"))
    done = run(chunks[0], other, *chunks[1:])
    assert [getattr(entry, "conn", "") for entry in done] == ["h", "g", "h", "h"]
    body = "".join(getattr(entry, "text", "") for entry in done if getattr(entry, "conn", "") == "h")
    assert body == "I am [NAME] here"
    assert [len(getattr(entry, "pii", ())) for entry in done] == [0, 0, 0, 1]
    assert list(texts(run(chunks[0]))) == [pieces[0]]
