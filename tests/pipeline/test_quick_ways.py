"""Every quick way of the pipeline against the slow one: the same outcomes, to the byte, whatever comes in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.dialects import mediation, strict_json
from harness.dialects.mediation import MediationDialect
from harness.grounding.baseline import OverlapChecker
from harness.pii import Redactor
from harness.pii.book import NameBook
from harness.pipeline import audit, payload
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import Effect, Outcome
from harness.recording.codec import decode_entry
from harness.recording.entry import WsMessage
from harness.scenario.compose import compose
from harness.scenario.model import load_scenario
from harness.text.span import Span

ROOT = Path(__file__).resolve().parents[2]
QUICK, CHECKER = Redactor(), OverlapChecker()
WORDS = (
    "call 628-232-7719 | ann at corvalis dot co | one two three four five six seven | card 4716 6477 1684 2682 | six | my name is "
    "Bryxel Tornwick | the password is hunter22x | key: value | ümlaut zero eight | a%6f%6e | ends in 7719 | at home. |  | all is well"
)
TEXTS = st.sampled_from([*WORDS.split(" | "), "x" * 400, "word " * 80])
VALUES = st.recursive(
    TEXTS
    | st.sampled_from([0, 5, 0.3, 1e16, 1e-7, 4716647716842682, 4.716647716842682e15, -100000, None, True, 2**70]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
SCRAPS = st.text(st.sampled_from('\\"{}[],: 0e-.\nu\ud800'), min_size=1, max_size=3)


class Slow(Redactor):
    """One that no quick test stands before: it has a ``detect`` of its own."""

    def detect(self, text: str, names: NameBook | None = None) -> list[Span]:
        return super().detect(text, names)


def _never(*_: object, **__: object) -> bool:
    return False


@cache
def recorded() -> tuple[tuple[str, ...], ...]:
    """The messages of the recordings and scenarios that ship with the project."""
    found = []
    for path in sorted((ROOT / "recordings").glob("*.rec.jsonl")):
        entries = [decode_entry(line) for line in path.read_bytes().splitlines()[1:]]
        found.append(tuple(one.text for one in entries if isinstance(one, WsMessage) and one.text and one.dir == "in"))
    for path in sorted((ROOT / "fixtures" / "scenarios").glob("*.yaml"))[::4]:
        made = compose(load_scenario(path), seed=3).entries
        found.append(tuple(one.text for one in made if isinstance(one, WsMessage) and one.text and one.dir == "in"))
    return tuple(one for one in found if one)


def shown(effects: Sequence[Effect], pipeline: Pipeline) -> list[str]:
    """All that there is to an effect, what its repr hides included."""
    return [
        f"{effect!r} {getattr(effect, 'payload', None)!r} {pipeline.audit_body(effect) if isinstance(effect, Outcome) else ''}"
        for effect in effects
    ]


def played(messages: Sequence[str], redactor: Redactor) -> list[str]:
    """What a pipeline says of ``messages``."""
    pipeline = Pipeline(dialect=MediationDialect(), redactor=redactor, checker=CHECKER)
    return [line for text in messages for line in shown(pipeline.feed(text), pipeline)] + shown(
        pipeline.finish(), pipeline
    )


def slowly(messages: Sequence[str]) -> list[str]:
    """The same with every quick way closed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strict_json, "_quickly", lambda _: strict_json._DOUBT)
        patch.setattr(mediation, "accepted", lambda *_: None)
        patch.setattr(audit, "is_quiet", _never)
        patch.setattr(payload, "_is_ordinary", _never)
        patch.setattr(payload, "_is_top", _never)
        return played(messages, Slow())


def test_recordings_and_scenarios_come_out_alike() -> None:
    """Message by message."""
    for messages in recorded():
        assert played(messages, QUICK) == slowly(messages)


@st.composite
def spoilt(draw: st.DrawFn) -> list[str]:
    """A part of a session with messages that were changed, lost, cut or sent again."""
    session = draw(st.sampled_from(recorded()))
    start = draw(st.integers(0, max(0, len(session) - 8)))
    return [text for one in session[start : start + 8] for text in draw(_changes(one))]


@st.composite
def _changes(draw: st.DrawFn, text: str) -> list[str]:
    kind = draw(st.sampled_from([*["as it is"] * 4, "member", "flat", "scrap", "twice", "lost"]))
    if kind == "member":
        value: dict[str, Any] = json.loads(text) if _is_json(text) else {}
        value[draw(st.sampled_from([*value, "note", "a/b", "k#key"]) | TEXTS)] = draw(VALUES)
        return [json.dumps(value, ensure_ascii=draw(st.booleans()))]
    if kind == "flat":
        matrix = {"min_tokens": 50, "max_tokens": draw(st.sampled_from([500, 2048, 0.5]))}
        directives = {"entity_types": ["PERSON"], "confidence_threshold": 0.9}
        value = {"interaction_id": "i-1", "summary_matrix": matrix, "extraction_directives": directives}
        return [json.dumps({**value, "summary": draw(TEXTS), "conversation_context": draw(TEXTS), "n": draw(VALUES)})]
    if kind == "scrap":
        at = draw(st.integers(0, len(text)))
        return [text[:at] + draw(SCRAPS) + text[at + draw(st.integers(0, 2)) :]]
    return {"twice": [text, text], "lost": []}.get(kind, [text])


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


@given(spoilt())
def test_whatever_comes_in_comes_out_alike(messages: list[str]) -> None:
    """Values in odd places, broken JSON, repetitions and holes."""
    assert played(messages, QUICK) == slowly(messages)


@pytest.mark.parametrize(
    "text, looked_at", [("the router is on its way", False), ("the router is on its way since 5", True)]
)
def test_the_quick_ways_are_taken(text: str, looked_at: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the laws above compare the slow one with itself: ordinary talk is not scanned by itself."""
    seen: list[str] = []

    def leaks(text: str, heard: object) -> list[Span]:
        seen.append(text)
        return []

    monkeypatch.setattr(audit, "leaks", leaks)
    line = {"type": "utterance", "interaction_id": "i", "seq": 1, "utterance_id": "u", "speaker": "agent"}
    played([json.dumps({**line, "text": text, "is_final": False})], QUICK)
    assert (text in seen) is looked_at
