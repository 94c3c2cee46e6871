"""One search per text and message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from harness.pii import Redactor
from harness.pii.names import NameBook
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


PIECES = st.sampled_from(
    "the customer called about a router at home . , : my name is Bryxel Tornwick mister Anna Smith six fifty two elm street dot "
    "number code pin word person redacted [PHONE_REDACTED] 5 @ é call speaking with doctor well will mark spell t o m "
    "box post office address lives zero 628-271-4432 ann@corvalis-mail.co iban password".split()
)
LINES = st.lists(
    st.lists(PIECES, max_size=7).map(" ".join) | st.sampled_from(["", "x" * 300, "one " * 90, "to be " * 60]),
    max_size=4,
)
OURS = Redactor()
THEIRS = Redactor(replace(OURS.rules, builtin=False))


@given(LINES, st.lists(st.sampled_from(["Bryxel Tornwick", "router", "Anna"]), max_size=2), st.booleans())
def test_where_all_is_quiet_nothing_is_found(lines: list[str], heard: list[str], builtin: bool) -> None:
    """The search is the judge, whatever names the conversation has heard."""
    redactor, names = (OURS if builtin else THEIRS), NameBook()
    for name in heard:
        names.learn(name)
    found = Found(redactor)
    found.begin(lines)
    quiet = [line for line in lines if found.is_quiet_in(line, names)]
    assert [redactor.detect(line, names.copy()) for line in quiet] == [[]] * len(quiet)
    if found.is_quiet(names):
        assert quiet == lines
    assert [found.detect(line, names.copy()) for line in lines] == [
        redactor.detect(line, names.copy()) for line in lines
    ]


def test_most_talk_is_quiet() -> None:
    """Otherwise the law above says nothing; but no quick test stands before somebody's own detector, or before a known name."""
    found, talk = Found(OURS), ["the customer called about a router", "all is well"]
    found.begin([*talk, "call 628-271-4432"])
    names = NameBook()
    assert not found.is_quiet(names)
    assert [found.is_quiet_in(line, names) for line in talk] == [True, True]
    found.begin(talk)
    assert found.is_quiet(names)
    names.learn("Router")
    assert not found.is_quiet(names)
    own = Found(Counting())
    own.begin(talk)
    assert not own.is_quiet(NameBook())
    assert not own.is_quiet_in(talk[0], NameBook())
