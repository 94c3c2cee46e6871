"""The recorder as a whole: taps in, a sealed file out."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.dialects.base import Lifecycle
from harness.errors import RecordingWriteError
from harness.pii import RedactionResult, Redactor
from harness.pipeline.outcome import GapFound
from harness.recording.entry import (
    Gap,
    HttpChunk,
    HttpError,
    HttpRequest,
    OutcomeEntry,
    Withheld,
    WsAbort,
    WsClose,
    WsMessage,
    WsOpen,
    WsReject,
)
from harness.recording.reader import Recording
from harness.text.span import RedactedText

CONVERSATION = "telco-one-0001"

EMAIL, CARD, PHONE = "jane.roe@corvalis-mail.co", "4539 1488 0343 6467", "(628) 232-7719"


def kinds(recording: Recording) -> list[str]:
    return [type(entry).__name__ for entry in recording.entries]


def inbound(recording: Recording) -> list[WsMessage]:
    return [entry for entry in recording.entries if isinstance(entry, WsMessage) and entry.dir == "in"]


def texts(recording: Recording) -> list[str]:
    values = [json.loads(entry.text or "") for entry in inbound(recording)]
    return [value["text"] for value in values if "text" in value]


def outcomes(recording: Recording) -> list[OutcomeEntry]:
    return [entry for entry in recording.entries if isinstance(entry, OutcomeEntry)]


def test_a_session(tape: Any) -> None:
    """Entries are in wire order, answer what they answer, and labels point exactly at the surrogate."""
    tape.opened()
    tape.sends('{"type":"subscribe"}')
    tape.hears(tape.said(1, f"It is {PHONE}, or {EMAIL}."))
    tape.recorder.ws_close("w1", "peer", 4000, f"bye {EMAIL}", True, tape.tick())
    recording = tape.finish()
    assert kinds(recording) == ["WsOpen", "WsAccept", "WsMessage", "WsMessage", "OutcomeEntry", "WsClose"]
    message = inbound(recording)[0]
    assert message.re == 3
    text = json.loads(message.text or "")["text"]
    phone, mail = message.pii
    assert text == f"It is {text[phone.start : phone.end]}, or {text[mail.start : mail.end]}."
    assert (phone.type, mail.type, phone.path) == ("PHONE", "EMAIL", "/text")
    assert text[phone.start] == "(" and text[mail.start : mail.end].count("@") == 1
    assert message.size == len((message.text or "").encode())
    close = recording.entries[-1]
    assert isinstance(close, WsClose) and close.reason == f"bye {text[mail.start : mail.end]}"
    raw = tape.path.read_text()
    assert PHONE not in raw and EMAIL not in raw
    assert outcomes(recording)[0].of == message.n
    assert [entry.t for entry in recording.entries] == sorted(entry.t for entry in recording.entries)
    assert len(tape.recorder.edited) == 1


@pytest.mark.parametrize(
    ("value", "cuts"),
    [(CARD, (4, 9)), (PHONE, (5, 9)), (EMAIL, (1, 24)), (EMAIL, (3, 23)), (CARD, tuple(range(1, 19)))],
)
def test_a_value_over_deltas(tape: Any, value: str, cuts: tuple[int, ...]) -> None:
    """A value split over deltas is replaced over all pieces; the messages wait for it and stay in order."""
    tape.opened()
    bounds = [0, *cuts, len(value)]
    pieces = [value[a:b] for a, b in itertools.pairwise(bounds)]
    pieces[0] = "Reach " + pieces[0]
    for seq, piece in enumerate(pieces, 1):
        tape.hears(tape.delta(seq, piece))
    assert [type(entry).__name__ for entry in tape.written()] == ["WsOpen", "WsAccept"]
    tape.hears(tape.delta(len(pieces) + 1, " now. And more text follows here."))
    tape.hears(tape.message("summary.completed", len(pieces) + 2, summary_id="s1", summary="Reach them."))
    recording = tape.finish()
    found = texts(recording)
    whole = "".join(found)
    assert len(found) == len(pieces) + 1
    assert all(found)
    assert whole.startswith("Reach ") and whole.endswith(" now. And more text follows here.")
    assert value not in whole
    labels = [label for entry in inbound(recording) for label in entry.pii]
    assert len(labels) == len(pieces)
    assert len({label.id for label in labels}) == 1
    shown = "".join(text[label.start : label.end] for text, label in zip(found, labels, strict=False))
    spans = Redactor().detect(whole)
    assert [whole[span.start : span.end] for span in spans] == [shown]
    assert not [entry for entry in recording.entries if isinstance(entry, Withheld)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(st.data())
def test_nothing_else_changes(make_tape: Callable[..., Any], tmp_path: Path, data: st.DataObject) -> None:
    """Whatever the JSON, its escapes and its spaces, the text outside the labels is the one received."""
    for old in tmp_path.iterdir():
        old.unlink()
    tape = make_tape()
    words = st.text(st.characters(exclude_categories=["Cs", "Nd", "No", "Nl"], exclude_characters="@"), max_size=12)
    before, after, other = (data.draw(words) for _ in range(3))
    fields = {"text": f"{before} {PHONE} {after}", "x": {other: [1, None, True, other]}}
    value = {"type": "other.kind", **fields}
    raw = json.dumps(value, ensure_ascii=data.draw(st.booleans()), indent=data.draw(st.sampled_from([None, 1])))
    tape.hears(raw)
    message = inbound(tape.finish())[0]
    shown = json.loads(message.text or "")
    (label,) = [label for label in message.pii if label.path == "/text"]
    assert shown["text"][: label.start] + PHONE + shown["text"][label.end :] == fields["text"]
    surrogate = shown["text"][label.start : label.end]
    assert (message.text or "").replace(surrogate, PHONE) == raw


def test_secrets(tape: Any) -> None:
    """No secret of headers, bodies, forms or addresses is written anywhere."""
    hidden = ["h1dden-basic", "h1dden-secret", "h1dden-token", "h1dden-query", "h1dden-cookie"]
    headers = [
        ("Authorization", "Basic h1dden-basic"),
        ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
        ("cookie", "h1dden-cookie"),
    ]
    recorder = tape.recorder
    form = b"grant_type=client_credentials&client_secret=h1dden-secret"
    recorder.http_request("h1", "token", "POST", "/oauth/token?key=h1dden-query", headers, form, tape.tick())
    recorder.http_response("h1", 200, [("set-cookie", "h1dden-cookie")], tape.tick())
    recorder.http_chunk("h1", b'{"access_token":"h1dden-token","expires_in":60}', False, tape.tick())
    recorder.http_chunk("h1", b"", True, tape.tick())
    recorder.ws_open("w1", 1, "/s?version=2&t=h1dden-query", [("authorization", "h1dden-token")], tape.tick())
    recorder.ws_reject("w1", 401, [], b'{"token":"h1dden-token"}', tape.tick())
    recording = tape.finish()
    raw = tape.path.read_text()
    assert not [secret for secret in hidden if secret in raw]
    request, reject = recording.entries[0], recording.entries[-1]
    assert isinstance(request, HttpRequest)
    assert (request.service, request.url) == ("token", "/oauth/token?key=<secret>")
    assert request.body == "grant_type=client_credentials&client_secret=<secret>"
    assert isinstance(recording.entries[4], WsOpen) and recording.entries[4].url == "/s?version=2&t=<secret>"
    assert isinstance(reject, WsReject) and (reject.re, reject.body) == (5, '{"token":"<secret>"}')
    chunk = recording.entries[2]
    assert isinstance(chunk, HttpChunk) and not chunk.pii


def test_binary(tape: Any) -> None:
    """Binary messages are withheld both ways, with size and keyed digest."""
    tape.opened()
    tape.sends(b"\x00" * 9)
    tape.hears(b"\x01" * 7)
    recording = tape.finish()
    held = [entry for entry in recording.entries if isinstance(entry, Withheld)]
    assert [(entry.dir, entry.size, entry.rule) for entry in held] == [("out", 9, "binary"), ("in", 7, "binary")]
    assert all(entry.digest and len(entry.digest) == 64 for entry in held)
    assert outcomes(recording)[0].of == held[1].n


class Blind(Redactor):
    """Misses everything."""

    def detect(self, text: str, names: Any = None) -> list[Any]:
        return []

    def redact(self, text: str, operator: Any = None, names: Any = None) -> Any:
        return RedactionResult(RedactedText(text), ())


def test_a_planted_miss(make_tape: Callable[..., Any]) -> None:
    """What the detector misses is withheld by the leak scan: order and count survive, the text does not."""
    tape = make_tape(Blind())
    tape.opened()
    tape.sends(json.dumps({"a": EMAIL}))
    tape.hears(tape.said(1, "nothing here"))
    tape.hears(tape.said(2, f"write to {EMAIL}"))
    tape.hears(tape.said(3, "nothing more"))
    tape.recorder.http_request("h1", "gateway", "POST", f"/x/{EMAIL}?a", [], EMAIL.encode(), tape.tick())
    tape.recorder.ws_close("w1", "us", 1000, EMAIL, True, tape.tick())
    recording = tape.finish()
    assert EMAIL not in tape.path.read_text()
    sent, heard = (entry for entry in recording.entries if isinstance(entry, Withheld))
    assert (sent.dir, sent.rule) == ("out", "leak:EMAIL")
    assert (heard.rule, heard.of_kind, heard.conversation, heard.seq) == (
        "leak:EMAIL",
        "ws.message",
        "telco-one-0001",
        2,
    )
    assert len(inbound(recording)) == 2
    assert [entry.of for entry in outcomes(recording)] == [4, 6, 8]
    request = next(entry for entry in recording.entries if isinstance(entry, HttpRequest))
    assert (request.body, request.url) == (None, "/withheld?<secret>")
    assert isinstance(recording.entries[-1], WsClose) and recording.entries[-1].reason == ""


def test_gateway_bodies(tape: Any) -> None:
    """A summary's body and its outcome belong together, though none of them has a seq."""
    tape.opened()
    summary = {"summary_id": "s", "interaction_id": "telco-one-0001", "summary": f"Write to {EMAIL}.", "entities": []}
    body = json.dumps(summary).encode()
    tape.answers([body[:70], body[70:]], status=201, feed=True)
    tape.answers([body], conn="h2", status=201, feed=True)
    tape.hears(tape.said(1, "more"))
    recording = tape.finish()
    final = [entry for entry in recording.entries if isinstance(entry, HttpChunk) and entry.final]
    assert [entry.of for entry in outcomes(recording)][:2] == [final[0].n, final[1].n]
    assert {entry.event for entry in outcomes(recording)} == {"gateway.summary", "utterance"}
    assert EMAIL not in tape.path.read_text()
    first = [entry.text for entry in recording.entries if isinstance(entry, HttpChunk) and entry.conn == "h1"]
    assert json.loads("".join(text or "" for text in first))["summary"].startswith("Write to ")
    assert len(first) == 3 and first[0] == body[:70].decode()[: len(first[0] or "")]


def test_unused_bodies(tape: Any) -> None:
    """A body nobody will judge is searched when that is known, and lets what waits behind it pass."""
    handle = tape.answers(json.dumps({"summary_id": "s", "x": EMAIL}).encode())
    tape.recorder.ws_abort("w1", "peer", "reset", tape.tick())
    assert len(tape.written()) == 2
    tape.recorder.unused(handle)
    tape.recorder.unused(handle)
    assert isinstance(tape.written()[-1], WsAbort)
    tape.seal()
    assert EMAIL not in tape.path.read_text()


def test_http_error(tape: Any) -> None:
    """An exchange that fails in the midst of its body keeps what came, searched, and the error."""
    recorder = tape.recorder
    recorder.http_request("h1", "gateway", "POST", "/x", [], b"", tape.tick())
    recorder.http_response("h1", 200, [], tape.tick())
    recorder.http_chunk("h1", f"mail {EMAIL} ".encode(), False, tape.tick())
    recorder.http_error("h1", "reset", tape.tick())
    recording = tape.seal()
    assert kinds(recording) == ["HttpRequest", "HttpResponse", "HttpChunk", "HttpError"]
    assert isinstance(recording.entries[-1], HttpError) and recording.entries[-1].re == 1
    assert EMAIL not in tape.path.read_text()


def test_gaps(tape: Any) -> None:
    """What was given up is an entry with its place."""
    tape.opened()
    tape.hears(tape.said(1, "a"))
    tape.recorder.gap(GapFound(conversation="c", from_seq=2, to_seq=3, reason="timer"), 1)
    entry = tape.finish().entries[-1]
    assert isinstance(entry, Gap)
    assert (entry.conversation, entry.from_seq, entry.to_seq, entry.reason, entry.after) == ("c", 2, 3, "timer", 1)


def test_seal_without_outcomes(tape: Any) -> None:
    """Sealed before every outcome came: all entries are there, and nothing a value could hide in."""
    tape.opened()
    tape.hears(tape.delta(1, "Card 4539 1488"))
    tape.hears(tape.said(2, f"It is {PHONE}"), judge=False)
    tape.hears(tape.delta(3, " 0343 6467 it is fine"), judge=False)
    tape.hears("}{ " + EMAIL, judge=False)
    tape.answers(json.dumps({"summary_id": "s", "x": EMAIL}).encode())
    recording = tape.seal()
    raw = tape.path.read_text()
    assert not [value for value in ("4539", "6467", PHONE, EMAIL) if value in raw]
    assert len(inbound(recording)) == 4


def test_seal_with_half_a_value(tape: Any) -> None:
    """A value whose first piece was judged and whose last was not keeps its shape only; nothing behind it is lost."""
    tape.opened()
    first = tape.hears(tape.delta(1, "Card 4539 1488"), judge=False)
    last = tape.hears(tape.delta(2, " 0343 6467 it is fine"), judge=False)
    effects = [
        *tape.pipeline.feed(tape.delta(1, "Card 4539 1488")),
        *tape.pipeline.feed(tape.delta(2, " 0343 6467 it is fine")),
        *tape.pipeline.finish(),
    ]
    tape.recorder.inbound(first, 1)
    tape.recorder.inbound(last, 2)
    tape.recorder.outcome(effects[0])
    recording = tape.seal()
    assert texts(recording) == ["Card 0000 0000", " 0000 0000 xx xx xxxx"]


def test_a_failed_write_stops(make_tape: Callable[..., Any]) -> None:
    """An entry that cannot be written is raised to whoever was telling."""

    class Full:
        def write(self, build: Any) -> Any:
            raise RecordingWriteError("disk full", path="x")

    with pytest.raises(RecordingWriteError):
        make_tape(writer=Full()).opened()


@pytest.mark.parametrize(
    "literal",
    [
        "4716647716842682", "4716647716842682.0", "-4716647716842682.00", "4.716647716842682e15", "47166477168426.82E+2",
        "0.4716647716842682e16", "371449635398431.0", "6282714432.0", "6.282714432e9",
    ],
)  # fmt: skip
def test_a_number_without_quotes_is_a_value_however_it_is_written(
    make_tape: Callable[..., Any], tmp_path: Path, literal: str
) -> None:
    """Nothing of it is in the file, and the replayed recording is redacted as the live message was."""
    tape = make_tape()
    tape.opened()
    tape.hears(tape.said(1, "hello")[:-1] + f', "extra": {{"n": {literal}}}}}')
    entries = tape.finish().entries
    (stored,) = [entry.text for entry in entries if isinstance(entry, WsMessage)]
    assert stored is not None
    assert not any(part in stored for part in ("71664771", "71449635", "62827144"))
    json.loads(stored)
    (tmp_path / "one.rec.jsonl").unlink()
    again = make_tape()
    again.opened()
    again.hears(stored)
    again.finish()
    assert [outcome.digest for outcome in again.outcomes] == [outcome.digest for outcome in tape.outcomes]
    assert [outcome.pii_redacted for outcome in tape.outcomes] == [True]


def test_a_dropped_message(tape: Any) -> None:
    """Nobody looked into it: its size, digest and place are kept, its text is not; its outcome follows."""
    text = json.dumps(
        {"type": "utterance", "interaction_id": CONVERSATION, "seq": 1, "text": "Call jane.roe@x-mail.co"}
    )
    handle = tape.hears(text, judge=False)
    event = Lifecycle(type="utterance", conversation=CONVERSATION, seq=1, payload={"seq": 1})
    tape.recorder.dropped(handle, event, "dropped")
    tape.recorder.dropped(handle, event, "dropped")
    tape.fed += 1
    tape.recorder.inbound(handle, tape.fed)
    tape.judge(tape.pipeline.drop(event))
    recording = tape.finish()
    withheld = next(entry for entry in recording.entries if isinstance(entry, Withheld))
    assert (withheld.rule, withheld.size, withheld.seq, withheld.conversation) == (
        "dropped",
        len(text),
        1,
        CONVERSATION,
    )
    assert "jane" not in tape.path.read_text()
    judged = next(entry for entry in recording.entries if isinstance(entry, OutcomeEntry))
    assert (judged.of, judged.stage, judged.verdict) == (withheld.n, "queue", "rejected")
    assert [entry.reason for entry in recording.entries if isinstance(entry, Gap)] == ["dropped"]
