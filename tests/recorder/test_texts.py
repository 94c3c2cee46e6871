"""Searching texts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.pipeline.outcome import Outcome, PathSpan
from harness.recorder.texts import Searcher

EMAIL, CARD, PHONE = "jane.roe@corvalis-mail.co", "4539 1488 0343 6467", "(628) 232-7719"


def judged(*spans: PathSpan, seq: int | None = 4) -> Outcome:
    return Outcome(
        number=1, conversation="c", seq=seq, event="utterance", verdict="accepted", stage="audit", spans=spans
    )


def span(path: str, start: int, end: int, type_: str = "CREDIT_CARD", **more: Any) -> PathSpan:
    return PathSpan(path=path, start=start, end=end, type=type_, rule="r", **more)


@pytest.mark.parametrize("value", [EMAIL, CARD, PHONE])
def test_alone(searcher: Searcher, value: str) -> None:
    """A text that stands alone is searched; the label is at the surrogate, which is the same every time."""
    text, labels = searcher.searched(json.dumps({"a": f"it is {value}, yes", "b": [value]}))
    assert text is not None and value not in text
    shown = json.loads(text)
    assert shown["a"][labels[0].start : labels[0].end] == shown["b"][0]
    assert {label.id for label in labels} == {"s1"}
    assert searcher.searched("") == ("", ())


def test_secrets(searcher: Searcher) -> None:
    """Members that hold secrets are replaced whole, also inside them and if they are numbers, without a label."""
    text, labels = searcher.searched('{"access_token":"abc","token":{"x":"def"},"Password":1234,"a":"abc"}')
    assert text == '{"access_token":"<secret>","token":{"x":"<secret>"},"Password":"<secret>","a":"abc"}'
    assert labels == ()


def test_form(searcher: Searcher) -> None:
    """A form loses its secrets and its values, and keeps the rest."""
    text, _ = searcher.searched_form(f"grant_type=password&client_secret=abc&mail={EMAIL}")
    assert text is not None and EMAIL not in text and "abc" not in text
    assert text.startswith("grant_type=password&client_secret=<secret>&mail=")


def test_a_detector_that_misses(searcher: Searcher, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the search misses and the leak scan finds is not given out at all."""
    monkeypatch.setattr(searcher._redactor, "detect", lambda *_: [])
    assert searcher.searched(f"write to {EMAIL}") == (None, ())


def test_told(searcher: Searcher) -> None:
    """The pipeline's spans are replaced, later mentions of a part too, and what changed is logged."""
    value = f"card {CARD}, the one ending in 6467"
    text = searcher.wire_text(json.dumps({"text": value}))
    assert not searcher.complete(text)
    searcher.told(text, judged(span("/text", 5, 24)))
    assert searcher.complete(text)
    done = searcher.edited(text)
    shown = json.loads(done.text)["text"]
    assert shown[5:24] != CARD
    log = searcher.log[0]
    assert (log.conversation, log.seq, log.path) == ("c", 4, "/text")
    assert log.edits[0] == (5, 24, 19)
    assert searcher.leak(done, text.raw) is None
    assert searcher.survives(span("/text", 5, 24))


def test_parts_of_known_values(searcher: Searcher) -> None:
    """A last-four of a value known from before is replaced where no span covers it."""
    searcher.searched(CARD)
    text = searcher.wire_text(json.dumps({"text": "the card ending in 6467"}))
    searcher.told(text, judged())
    done = searcher.edited(text)
    assert "6467" not in done.text
    assert done.labels[0].type == "CREDIT_CARD"


def test_judged_as_a_whole(searcher: Searcher) -> None:
    """Spans on the raw text of something that is JSON here but was not to the dialect replace in the raw text."""
    raw = json.dumps({"a": EMAIL})
    text = searcher.wire_text(raw)
    at = raw.index(EMAIL)
    searcher.told(text, judged(span("", at, at + len(EMAIL), "EMAIL")))
    done = searcher.edited(text)
    assert EMAIL not in done.text
    assert done.labels[0].path == ""
    assert done.text[: done.labels[0].start] == raw[:at]


@pytest.mark.parametrize(
    ("literal", "read", "start", "end"),
    [
        ("4539148803436467", "4539148803436467", 0, 16),
        ("4539148803436467.0", "4539148803436467", 0, 16),
        ("4.539148803436467e15", "4539148803436467", 0, 16),
        ("628232e4", "6282320000", 0, 10),
    ],
)
def test_numbers(searcher: Searcher, literal: str, read: str, start: int, end: int) -> None:
    """A number is replaced however it is written; the result reads like a number of that shape."""
    type_ = "CREDIT_CARD" if end == 16 else "PHONE"
    text = searcher.wire_text(f'{{"a":{literal},"b":1}}')
    searcher.told(text, judged(span("/a", start, end, type_)))
    shown = json.loads(searcher.edited(text).text)
    assert shown["b"] == 1
    assert str(shown["a"]) != read
    assert len(str(shown["a"])) == len(read)


def test_an_untold_piece_of_a_summary(searcher: Searcher) -> None:
    """A piece of a longer text that nobody judged keeps its shape only."""
    raw = json.dumps(
        {"type": "summary.delta", "interaction_id": "c", "seq": 1, "summary_id": "s", "index": 0, "text": "Jo 6467"}
    )
    text = searcher.wire_text(raw)
    searcher.search(text)
    assert json.loads(searcher.edited(text).text)["text"] == "xx 0000"


def test_ids_are_left_alone(searcher: Searcher) -> None:
    """Ids and enums of a well-formed message are not searched, and a value nobody noted survives."""
    raw = json.dumps({"type": "heartbeat", "interaction_id": PHONE, "seq": 1})
    assert searcher.searched(raw) == (raw, ())
    assert searcher.survives(span("/x", 0, 1, value_id=99))


def test_closing(searcher: Searcher) -> None:
    """A text whose value never ended is complete when the searcher is closed."""
    text = searcher.wire_text(json.dumps({"text": "card 4539"}))
    searcher.told(text, judged(span("/text", 5, 9, value_id=5, last=False)))
    assert not searcher.complete(text)
    searcher.close()
    assert searcher.complete(text)
    assert json.loads(searcher.edited(text).text)["text"] == "card 0000"
