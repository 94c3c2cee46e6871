"""Messages, sessions and recordings of the mediation dialect with invented personal data in them.

1. A session interleaves the speakers; an utterance may come as interim revisions before its final one, and the
   connection may be lost in between: a :data:`LOST` stands for that, what follows comes over the next one.
2. Values are told beside the messages, so that a test can look for them in whatever left.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from harness._version import __version__
from harness.dialects.mediation import MediationDialect
from harness.recording.entry import Header, Redaction
from harness.scenario.ids import created, ulid
from harness.scenario.wire_builder import WireBuilder
from harness.strategies.labelled import Choose, InventedRecording, InventedSession, PiiText
from harness.strategies.texts import pii_text

__all__ = ["LOST", "malformed", "message", "recording", "recording_of", "session", "spoken_message"]

LOST: None = None
"""In the place of a message: the connection was lost."""

_DAY = date(2026, 1, 1)
_SPEAKERS = ("customer", "agent", "bot")


def _dump(value: dict[str, Any]) -> str:
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value)
    return text


def _utterance(choose: Choose, conversation: str, seq: int, text: str, *, number: int, revision: int = -1) -> str:
    fields: dict[str, Any] = {"is_final": revision < 0}
    if revision >= 0:
        fields["revision"] = revision
    speaker = _SPEAKERS[number % 2] if revision >= 0 else choose.pick(_SPEAKERS)
    return _dump(
        {
            "type": "utterance", "interaction_id": conversation, "seq": seq, "utterance_id": f"u{number}",
            "speaker": speaker, "text": text, **fields,
        }
    )  # fmt: skip


def _summary(conversation: str, seq: int, text: str) -> str:
    return _dump(
        {
            "type": "summary.completed", "interaction_id": conversation, "seq": seq, "summary_id": f"s{seq}",
            "summary": text,
        }
    )  # fmt: skip


def message(choose: Choose) -> str:
    """One message of a kind that carries text: an utterance, a delta, a summary, a flat summary or an error."""
    text = pii_text(choose).text
    kind = choose.pick(("utterance", "summary.completed", "summary.delta", "flat", "error"))
    seq = choose.number(1, 99)
    if kind == "utterance":
        return _utterance(choose, "conv-1", seq, text, number=1)
    if kind == "summary.completed":
        return _summary("conv-1", seq, text)
    head: dict[str, Any] = {"type": kind, "interaction_id": "conv-1", "seq": seq}
    if kind == "summary.delta":
        return _dump({**head, "summary_id": "s1", "index": 0, "text": text})
    if kind == "error":
        return _dump({**head, "code": "INTERNAL", "message": text})
    return _dump({"interaction_id": "conv-1", "summary": text, "summary_matrix": {}, "extraction_directives": {}})


def session(choose: Choose) -> InventedSession:
    """A conversation of two to six utterances and a summary (rule 1)."""
    conversation = f"conv-{choose.number(1, 9)}"
    messages: list[str | None] = []
    texts: list[PiiText] = []
    seq = 0
    for number in range(choose.number(2, 6)):
        said = pii_text(choose)
        texts.append(said)
        for revision in range(choose.pick((0, 0, 1, 2))):
            seq += 1
            part = said.text[: len(said.text) * (revision + 1) // 3]
            messages.append(_utterance(choose, conversation, seq, part, number=number, revision=revision))
        if choose.pick((False, False, False, True)):
            messages.append(LOST)
        seq += 1
        messages.append(_utterance(choose, conversation, seq, said.text, number=number))
    summary = pii_text(choose)
    texts.append(summary)
    messages.append(_summary(conversation, seq + 1, summary.text))
    messages.append(_dump({"type": "end", "interaction_id": conversation, "seq": seq + 2, "reason": "completed"}))
    return InventedSession(conversation=conversation, messages=tuple(messages), texts=tuple(texts))


def recording_of(messages: tuple[str | None, ...], conversation: str, *, seed: int, name: str) -> InventedRecording:
    """A recording of one client that subscribes and is sent ``messages``."""
    rng = random.Random(seed)
    wire = WireBuilder(rng)
    wire.dial()
    subscribe = _dump({"type": "subscribe", "interaction_id": conversation})
    wire.send(subscribe)
    for text in messages:
        if text is LOST:
            wire.hang_up(wire.delay(1, 5), 1006)
            wire.dial()
            wire.send(subscribe)
        else:
            wire.receive(wire.delay(5, 50), text=text, size=len(text.encode()))
    wire.close()
    header = Header(
        id=ulid(_DAY, rng),
        created=created(_DAY),
        tool=f"mediation-harness/{__version__}",
        dialect=MediationDialect.name,
        source="synthetic",
        scenario=name,
        redaction=Redaction(state="fictional"),
        seed=seed,
    )
    return InventedRecording(header=header, entries=tuple(wire.entries))


def recording(choose: Choose) -> InventedRecording:
    """A recording of a session."""
    made = session(choose)
    return recording_of(made.messages, made.conversation, seed=choose.number(0, 10**6), name="invented")


_BREAKS: Mapping[str, Callable[[str], str | bytes]] = {
    "cut": lambda whole: whole[:-3],
    "cut in the text": lambda whole: whole[: len(whole) * 2 // 3],
    "no braces": lambda whole: whole.strip("{}"),
    "quotes": lambda whole: whole.replace('"', "'"),
    "twice": lambda whole: whole + whole,
    "number": lambda whole: whole.replace('"seq": ', '"seq": -').replace('"interaction_id": "', '"was": "'),
    "missing": lambda whole: whole.replace('"interaction_id"', '"conversation"'),
    "bytes": lambda whole: whole.encode() + b"\xff\xfe",
    "deep": lambda whole: '{"a":' * 200 + whole + "}" * 200,
    "mark": lambda whole: "\ufeff" + whole,
}


def malformed(choose: Choose) -> str | bytes:
    """A message that breaks the dialect or JSON, most with a value still in it."""
    whole = message(choose)
    return _BREAKS[choose.pick(tuple(_BREAKS))](whole)


def spoken_message(text: str, conversation: str = "fuzz-1") -> str:
    """The final utterance ``text`` of a customer, the first message of a conversation."""
    return _dump(
        {
            "type": "utterance", "interaction_id": conversation, "seq": 1, "utterance_id": "u1", "speaker": "customer",
            "text": text, "is_final": True,
        }
    )  # fmt: skip
