"""One search per text and message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.pii import Redactor
from harness.pii.book import NameBook
from harness.pipeline.found import Found
from harness.text.span import Span


class Counting(Redactor):
    """Notes what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def detect(self, text: str, names: NameBook | None = None) -> list[Span]:
        self.asked.append(text)
        return super().detect(text, names)


def test_an_equal_text_is_searched_once_per_message() -> None:
    """Whoever asks gets the same spans, of a list of their own; another message is searched anew."""
    counting = Counting()
    found = Found(counting)
    text = "call 628-271-4432"
    first, redacted = found.detect(text), found.redact(text)
    assert redacted.text == "call [PHONE_REDACTED]"
    assert tuple(first) == redacted.spans == tuple(Redactor().detect(text))
    first.clear()
    assert found.detect(text)
    assert counting.asked == [text]
    found.begin()
    found.detect(text)
    assert counting.asked == [text, text]
    assert found.policy_digest == counting.policy_digest
    assert found.span_stream().feed("so ") == []


def test_whoever_learns_a_name_searches() -> None:
    """A text with a name in it is searched for each book; what one book knows is not found for another."""
    counting, one, other = Counting(), NameBook(), NameBook()
    found = Found(counting)
    assert found.detect("my name is Tobias Renner", one) == found.detect("my name is Tobias Renner", other) != []
    assert one.heard == other.heard != NameBook().heard
    assert found.detect("so Renner called", one) != []
    assert found.detect("so Renner called", NameBook()) == found.detect("so Renner called") == []
    assert counting.asked == ["my name is Tobias Renner"] * 2 + ["so Renner called"] * 2


def test_grounding_and_redaction_share_a_search(talk: Callable[..., Any], pipeline_with: Callable[..., Any]) -> None:
    """An utterance and a summary are each searched once, though both stages need their values."""
    counting, one = Counting(), talk()
    spoken, said = "my number is 628-271-4432", "The customer gave 628-271-4432."
    pipeline = pipeline_with(redactor=counting)
    for message in (
        one.subscribed(max_streaming_tokens=4096, context_window_threshold=2048),
        one.utterance(spoken),
        one.completed(said),
    ):
        pipeline.feed(message)
    assert (counting.asked.count(spoken), counting.asked.count(said)) == (1, 1)
