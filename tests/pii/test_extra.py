"""Detectors of others beside our own."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.dialects.mediation import MediationDialect
from harness.pii import Redactor
from harness.pii.extra import LONGEST, UNCHECKED, AidedRedactor, DetectorFailed
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import Outcome
from harness.text.span import Span


class Words:
    """Finds given words, whatever stands around them."""

    name = "words"
    version = "1"

    def __init__(self, *words: str, type_: str = "PERSON", fails_on: str = "\0") -> None:
        self.words = words
        self.type = type_
        self.fails_on = fails_on
        self.seen: list[str] = []

    def detect(self, text: str) -> Sequence[Span]:
        self.seen.append(text)
        if self.fails_on in text:
            raise DetectorFailed
        return [
            Span(at, at + len(word), self.type)
            for word in self.words
            for at in range(len(text))
            if text.startswith(word, at)
        ]


def test_adds() -> None:
    """What it finds is replaced beside what we find; its rule names it."""
    redactor = AidedRedactor(None, [Words("Zorblax")])
    done = redactor.redact("Zorblax called. His number is 628-232-7719, says Zorblax")
    assert done.text == "[PERSON_REDACTED] called. His number is [PHONE_REDACTED], says [PERSON_REDACTED]"
    assert [span.rule for span in done.spans if span.type == "PERSON"] == ["extra.words"] * 2


def test_never_relabels_or_shrinks() -> None:
    """Over a value of ours it adds only what sticks out of it."""
    text = "Reach Zo on 628-232-7719 now"
    redactor = AidedRedactor(None, [Words("on 628-232-7719 now", "628-232", type_="ADDRESS")])
    own = Redactor().detect(text)
    found = redactor.detect(text)
    assert set(own) < set(found)
    assert [(text[s.start : s.end], s.type) for s in found] == [
        ("on ", "ADDRESS"),
        ("628-232-7719", "PHONE"),
        (" now", "ADDRESS"),
    ]


def test_failure_masks_the_segment() -> None:
    """A sentence it could not look at is masked whole, the others are not; our own values keep their type."""
    redactor = AidedRedactor(None, [Words("Zorblax", fails_on="boom")])
    done = redactor.redact("Zorblax is here. This goes boom at 628-232-7719 badly. Fine again.")
    assert done.text == "[PERSON_REDACTED] is here. [UNCHECKED_REDACTED][PHONE_REDACTED][UNCHECKED_REDACTED]Fine again."
    assert {span.type for span in done.spans} == {"PERSON", "PHONE", UNCHECKED}


def test_segments() -> None:
    """A detector sees whole sentences, lines, or at most so many characters cut at a space."""
    words = Words("x")
    AidedRedactor(None, [words]).redact('One. Two?" Three\nfour ' + "word " * 100 + "y" * 600)
    assert words.seen[:3] == ["One. ", 'Two?" ', "Three\n"]
    assert max(map(len, words.seen)) <= LONGEST and all(seen.endswith(" ") for seen in words.seen[3:-3])


_TEXTS = st.lists(
    st.sampled_from(
        [
            "Zorblax",
            " ",
            ". ",
            "\n",
            "628-232-7719",
            "a",
            "boom",
            "jane@corp-mail.com",
            "é",
            "4539 1488 0343 6467",
            "my name is ",
        ]
    ),
    max_size=60,
).map("".join)


@given(_TEXTS, st.lists(st.integers(1, 9), min_size=1, max_size=12))
def test_pieces(text: str, sizes: list[int]) -> None:
    """The same however the text is cut; what is out is never taken back; redacted text stays as it is."""
    redactor = AidedRedactor(None, [Words("Zorblax", "blax 62", fails_on="boom")])
    whole = redactor.redact(text)
    stream, out, at, turn = redactor.stream(), "", 0, 0
    while at < len(text):
        size = sizes[turn % len(sizes)]
        out += stream.feed(text[at : at + size])
        assert whole.text.startswith(out)
        at, turn = at + size, turn + 1
    assert out + stream.finish() == whole.text
    assert stream.spans == whole.spans
    own = Redactor().detect(text)
    assert {(span.start, span.end, span.type) for span in own} <= {(s.start, s.end, s.type) for s in whole.spans}


def test_digest() -> None:
    """Another detector is another policy."""
    digests = {Redactor().policy_digest, AidedRedactor(None, [Words("a")]).policy_digest}
    other = Words("a")
    other.version = "2"
    assert len(digests | {AidedRedactor(None, [other]).policy_digest}) == 3


@pytest.fixture
def outcome_of() -> Callable[[str, Redactor], Outcome]:
    """The outcome of one utterance."""

    def feed(text: str, redactor: Redactor) -> Outcome:
        message: dict[str, Any] = {
            "type": "utterance",
            "version": 1,
            "interaction_id": "i-1",
            "seq": 1,
            "speaker": "customer",
            "text": text,
            "is_final": True,
            "offset_ms": 1,
        }
        pipeline = Pipeline(dialect=MediationDialect(), redactor=redactor)
        effects = [*pipeline.feed(json.dumps(message)), *pipeline.finish()]
        return next(one for one in effects if isinstance(one, Outcome))

    return feed


def test_the_outcome_says_degraded(outcome_of: Callable[[str, Redactor], Outcome]) -> None:
    """A detector that failed is named in the reasons; one that did not is not."""
    redactor = AidedRedactor(None, [Words("Zorblax", fails_on="boom")])
    failed = outcome_of("Zorblax is here. All goes boom.", redactor)
    assert "degraded:words" in failed.reasons
    assert "boom" not in json.dumps(failed.payload) and "[UNCHECKED_REDACTED]" in json.dumps(failed.payload)
    fine = outcome_of("Zorblax is here.", redactor)
    assert "degraded:words" not in fine.reasons and "Zorblax" not in json.dumps(fine.payload)
