"""The checks of one text, against redactors that are broken on purpose."""

from __future__ import annotations

from typing import cast

import pytest

from harness.fuzz.problems import chunk_problems, near_problems, text_problems, twice_problems
from harness.pii.segment import HELD_MAX
from harness.pii.stream import RedactionResult, Redactor
from harness.strategies.labelled import NearMiss, PiiText, Truth
from harness.text.span import RedactedText, Span

TEXT = "call 628-271-4432 now"


class Broken:
    """Says whatever it is told; its stream says something else."""

    def __init__(self, *spans: Span, whole: str = "", pieces: str = "", held: int = 0) -> None:
        self.spans = spans
        self.held = held
        self._whole = RedactedText(whole)
        self._pieces = RedactedText(pieces)

    def detect(self, text: str) -> list[Span]:
        return list(self.spans)

    def redact(self, text: str) -> RedactionResult:
        return RedactionResult(RedactedText(self._whole or f"{text}."), self.spans)

    def stream(self) -> Broken:
        return self

    def feed(self, chunk: str) -> RedactedText:
        return self._pieces

    def finish(self) -> RedactedText:
        return RedactedText("")


def broken(*spans: Span, whole: str = "", pieces: str = "", held: int = 0) -> Redactor:
    """A redactor that is wrong in that way."""
    return cast("Redactor", Broken(*spans, whole=whole, pieces=pieces, held=held))


def kinds(problems: list[object]) -> list[tuple[str, str]]:
    """Kind and rule of each."""
    return [(getattr(problem, "kind"), getattr(problem, "rule")) for problem in problems]  # noqa: B009


def test_a_whole_value_is_no_problem() -> None:
    """The built-in rules find it, and nothing else."""
    assert text_problems(Redactor(), PiiText(text=TEXT, spans=(Truth(5, 17, "PHONE"),))) == []


def test_a_part_that_is_left_is_a_leak() -> None:
    """Named after the type, or as the caller says."""
    case = PiiText(text=TEXT, spans=(Truth(5, 17, "PHONE"),))
    short = broken(Span(5, 12, "PHONE", "r"))
    assert kinds([*text_problems(short, case)]) == [("leak", "PHONE")]
    assert text_problems(short, case, ["mine"])[0].rule == "mine"
    assert "4 of 10" in text_problems(short, case)[0].what


def test_a_span_beyond_the_value_is_over() -> None:
    """Punctuation does not count, letters do."""
    case = PiiText(text=TEXT, spans=(Truth(5, 17, "PHONE"),))
    assert text_problems(broken(Span(4, 18, "PHONE", "r")), case) == []
    assert kinds([*text_problems(broken(Span(0, 17, "PHONE", "r")), case)]) == [("over", "r")]


def test_a_near_miss_must_survive() -> None:
    """Every span in it is one too many."""
    case = NearMiss(text="order 12", family="order")
    assert kinds([*near_problems(broken(Span(6, 8, "PIN", "r")), case)]) == [("over", "r")]
    assert near_problems(Redactor(), case) == []


@pytest.mark.parametrize(
    "redactor",
    [
        broken(whole="abc", pieces="x"),
        broken(whole="abc", pieces="a"),
        broken(whole="abcabc", pieces="abc", held=HELD_MAX + 1),
        broken(Span(0, 1, "PIN", "r"), whole="abcd", pieces="ab"),
    ],
)
def test_pieces_must_give_the_whole(redactor: Redactor) -> None:
    """Another text, something taken back, too much held: each is a problem of chunks."""
    assert [problem.kind for problem in chunk_problems(redactor, ["ab", "c"])] == ["chunk"]
    assert chunk_problems(Redactor(), ["628-27", "1-4432 a"]) == []


def test_redacting_twice_must_change_nothing() -> None:
    """Named after the rule that struck again."""
    assert kinds([*twice_problems(broken(Span(0, 1, "PIN", "r")), "a")]) == [("idempotence", "r")]
    assert kinds([*twice_problems(broken(), "a")]) == [("idempotence", "stream")]
    assert twice_problems(Redactor(), TEXT) == []
