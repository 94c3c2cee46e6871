from __future__ import annotations

import json

import pytest

from harness.dialects.mediation import MediationDialect
from harness.recording.entry import (
    AnyEntry,
    Gap,
    Header,
    HttpChunk,
    HttpRequest,
    OutcomeEntry,
    Redaction,
    Unknown,
    WsClose,
    WsMessage,
    WsOpen,
    WsReject,
)
from harness.session.leftovers import Leftover, leaks_of, leftovers, spoken

PHONE = "415-299-0188"
SURROGATE = "415-555-0123"


def header(dialect: str = "mediation/2") -> Header:
    return Header(id="r", created="c", tool="t", source="live", dialect=dialect, redaction=Redaction(state="surrogate"))


def utterance(text: str) -> str:
    return json.dumps(
        {
            "type": "utterance",
            "interaction_id": f"i-{PHONE}",
            "seq": 2,
            "utterance_id": PHONE,
            "speaker": "customer",
            "text": text,
            "is_final": True,
            "offset_ms": 1,
            "duration_ms": 1,
        }
    )


def message(text: str) -> WsMessage:
    return WsMessage(n=3, t=0, conn="w", dir="in", text=text)


def found(entry: AnyEntry, *, strict: bool = False) -> list[Leftover]:
    return list(leftovers([entry], MediationDialect(), strict=strict))


def test_leaks_are_found_by_place() -> None:
    """In decoded strings, but not in ids; surrogates are none. Nothing of the value is told."""
    escaped = utterance(f"call {PHONE} or {SURROGATE}").replace("299", "\\u0032\\u0039\\u0039")
    (one,) = found(message(escaped))
    assert one == Leftover(n=3, path="/text", start=5, end=17, type="PHONE")
    assert not one.candidate
    assert PHONE not in repr(one)
    assert found(message(utterance(SURROGATE))) == []


@pytest.mark.parametrize(
    "entry",
    [
        message(f"no JSON {PHONE}"),
        HttpRequest(n=1, t=0, service="gateway", conn="h", method="GET", url=f"/x/{PHONE}", body=None),
        HttpRequest(n=1, t=0, service="gateway", conn="h", method="GET", url="/x", body=f"q={PHONE}"),
        HttpChunk(n=1, t=0, conn="h", text=PHONE),
        WsOpen(n=1, t=0, conn="w", url=f"/x?v={PHONE}"),
        WsClose(n=1, t=0, conn="w", by="us", reason=PHONE),
        WsReject(n=1, t=0, conn="w", re=1, status=401, body=PHONE),
        OutcomeEntry(n=1, t=0, of=1, event="e", stage="s", verdict="accepted", grounding={"claims": [PHONE]}),
        Unknown(n=1, t=0, raw={"n": 1, "t": 0, "kind": "later", "x": {"y": PHONE}}),
    ],
)
def test_every_text_is_looked_at(entry: AnyEntry) -> None:
    """Bodies, addresses, reasons, and entries this version does not know."""
    assert [one.type for one in found(entry)] == ["PHONE"]


def test_what_carries_no_text_is_clean() -> None:
    """Gaps, bytes."""
    assert found(Gap(n=1, t=0, from_seq=1, to_seq=2, reason="hole")) == []
    assert found(WsMessage(n=1, t=0, conn="w", dir="in", base64="AAEC")) == []


@pytest.mark.parametrize(
    "text, types",
    [
        ("my name is Yolanda Quist", ["NAME?"]),
        ("Mr. Quist called", ["NAME?"]),
        ("it was Yolanda M. Quist who called", ["NAME?"]),
        ("I live at 12 Marlow Hill Road now", ["ADDRESS?", "NAME?"]),
        ("that is Salem OR 97301", ["ADDRESS?"]),
        ("the code is SW1A 2AA", ["ADDRESS?"]),
        ("the birth record of 03/14/1982", ["BIRTH_DATE?"]),
        ("Thank You very much", []),
        ("this is a late parcel", []),
    ],
)
def test_candidates_are_for_a_person_to_judge(text: str, types: list[str]) -> None:
    """Only when asked for: they are no leaks."""
    candidates = found(message(utterance(text)), strict=True)
    assert sorted({one.type for one in candidates}) == types
    assert all(one.candidate for one in candidates)
    assert found(message(utterance(text))) == []


def test_the_recording_s_dialect_is_spoken() -> None:
    """One that is not installed exempts nothing."""
    assert spoken(header()).name == "mediation/2"
    assert leaks_of(header())(message(utterance("hello"))) == []
    assert leaks_of(header("nobody/1"))(message(utterance("hello"))) != []
