"""Values that lie in two utterances of one speaker, and halves of values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.pii import Redactor
from harness.pipeline.halves import goes_on, half, is_awaited
from harness.pipeline.outcome import Outcome

REDACTOR = Redactor()


def texts(effects: list[Any]) -> list[str]:
    """What left, of utterances."""
    return [one.payload["text"] for one in effects if isinstance(one, Outcome) and one.event == "utterance"]


def played(pipeline: Any, *messages: str) -> list[str]:
    """Everything that leaves."""
    return texts([*(effect for message in messages for effect in pipeline.feed(message)), *pipeline.finish()])


@pytest.mark.parametrize(
    ("first", "second", "redacted"),
    [
        ("my card is 4539 1488", "0343 6467 thanks", ["my card is [CC_REDACTED]", " thanks"]),
        (
            "my card is four five three nine one four eight eight",
            "zero three four three six four six seven ok",
            ["my card is [CC_REDACTED]", " ok"],
        ),
        ("my phone is 628 271", "4432 please", ["my phone is [PHONE_REDACTED]", " please"]),
    ],
)
def test_a_value_goes_on_in_the_next_utterance(
    talk: Callable[..., Any], pipeline_with: Callable[..., Any], first: str, second: str, redacted: list[str]
) -> None:
    """Written or said, whoever speaks in between; the first part does not leave before the second is known."""
    call, pipeline = talk(), pipeline_with()
    assert texts(pipeline.feed(call.utterance(first))) == []
    assert texts(pipeline.feed(call.utterance("go on", by="agent"))) == []
    assert texts(pipeline.feed(call.utterance(second))) == [redacted[0], "go on", redacted[1]]


def test_speakers_do_not_mix(talk: Callable[..., Any], pipeline_with: Callable[..., Any]) -> None:
    """Two speakers with half a number each; what is no value stays."""
    call = talk()
    found = played(
        pipeline_with(),
        call.utterance("my card is 4539 1488"),
        call.utterance("our phone is 628 271", by="agent"),
        call.utterance("0343 6467"),
        call.utterance("4432", by="agent"),
    )
    assert found == ["my card is [CC_REDACTED]", "our phone is [PHONE_REDACTED]", "", ""]


def test_nobody_waits_for_ever(talk: Callable[..., Any], pipeline_with: Callable[..., Any]) -> None:
    """A summary, the end, or a few words of others: then the utterance leaves as it is."""
    for closing in ("completed", "end"):
        call, pipeline = talk(), pipeline_with()
        pipeline.feed(call.utterance("my account is 4539 14"))
        message = call.completed("Nothing.") if closing == "completed" else call.end()
        assert texts(pipeline.feed(message))
    call, pipeline = talk(), pipeline_with()
    pipeline.feed(call.utterance("my account is 4539 14"))
    left = [texts(pipeline.feed(call.utterance("yes", by="agent"))) for _ in range(5)]
    assert left[:4] == [[]] * 4
    assert len(left[4]) == 6


def test_interim_lines_show_no_half(talk: Callable[..., Any], pipeline_with: Callable[..., Any]) -> None:
    """Each revision is masked at its end; one that continues a final line is read with it."""
    call = talk()
    found = played(
        pipeline_with(),
        call.utterance("my card is 4539", is_final=False, revision=1),
        call.utterance("my card is 4539 1488", is_final=False, revision=2),
        call.utterance("my card is 4539 1488"),
        call.utterance("0343 6467", is_final=False, revision=1),
        call.utterance("0343 6467 and that is it"),
    )
    assert found == [
        "my card is [PARTIAL_REDACTED]",
        "my card is [PARTIAL_REDACTED]",
        "my card is [CC_REDACTED]",
        "[PARTIAL_REDACTED]",
        " and that is it",
    ]


def test_a_hole_masks_what_waits(talk: Callable[..., Any], pipeline_with: Callable[..., Any]) -> None:
    """What may have been lost in between cannot be judged."""
    call, pipeline = talk(), pipeline_with()
    first = call.utterance("my card is 4539 1488")
    call.utterance("lost")
    last = call.utterance("0343 6467")
    effects = [*pipeline.feed(first), *pipeline.feed(last), *pipeline.give_up("i-1"), *pipeline.finish()]
    assert all("4539" not in text for text in texts(effects))


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("my card is 4539 1488", 11),
        ("it is four five three", 6),
        ("I paid 42", -1),
        ("call 628-271-4432", -1),
        ("it ended 4539 1488 I think", -1),
        ("4539 1488 0343 6467", -1),
        ("order 44812", 6),
        ("room B204", -1),
    ],
)
def test_where_a_half_begins(text: str, start: int) -> None:
    """At its first digit, if no whole value covers it."""
    assert half(text, REDACTOR.detect(text)) == start


def test_what_is_waited_for() -> None:
    """A number with a cue; not an order."""
    assert is_awaited("my card is 4539", 11)
    assert not is_awaited("it is 453914", 6)
    assert not is_awaited("order 44812", 6)
    assert not is_awaited("my card for order 44812", 18)


def test_what_goes_on() -> None:
    """Two digits at the beginning; "one" alone is none."""
    assert goes_on("0343 6467 it is") == 9
    assert goes_on("uh, four three") == 14
    assert goes_on("One ending in 4662") == goes_on("yes") == goes_on("") == 0


def test_another_sentence_ends_the_wait(talk: Callable[..., Any], pipeline_with: Callable[..., Any]) -> None:
    """What does not begin with digits does not go on."""
    call, pipeline = talk(), pipeline_with()
    assert texts(pipeline.feed(call.utterance("my card is 4539 1488"))) == []
    assert texts(pipeline.feed(call.utterance("one moment please"))) == ["my card is 4539 1488", "one moment please"]
