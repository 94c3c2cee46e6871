"""What can be wrong with a text's redaction, as pure checks of one text.

1. *leak*: a letter or digit of a true value is outside every span. *over*: one outside every true value is in a span.
2. *chunk*: pieces give another text or other spans than the whole, take back what was given out, or hold too much.
3. *idempotence*: redacting redacted text changes it.
4. *slow*: see pump.py. *crash*: the detector raised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.pii.segment import HELD_MAX
from harness.pii.stream import Redactor
from harness.strategies.labelled import NearMiss, PiiText, Truth
from harness.text.span import Span

__all__ = ["KINDS", "Finding", "Problem", "chunk_problems", "near_problems", "text_problems", "twice_problems"]

KINDS = ("leak", "over", "chunk", "idempotence", "slow")
"""What ``--only`` takes; a crash is always looked for."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Args:
        kind: of :data:`KINDS`, or ``crash``.
        rule: the rule, or the type and form, it concerns.
        what: the fact, in words.
    """

    kind: str
    rule: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A problem and the smallest case that shows it.

    Args:
        problem: what is wrong.
        text: the text.
        spans: its true spans.
        example: the case as an argument of hypothesis's ``@example``.
        pieces: how it was cut, for a problem of chunks.
    """

    problem: Problem
    text: str
    spans: tuple[Truth, ...]
    example: str
    pieces: tuple[str, ...] = ()


def _covered(spans: Sequence[Span | Truth]) -> set[int]:
    return {place for span in spans for place in range(span.start, span.end)}


def _told(text: str, places: Sequence[int]) -> int:
    return sum(text[place].isalnum() for place in places)


def text_problems(redactor: Redactor, case: PiiText, names: Sequence[str] = ()) -> list[Problem]:
    """Leaks and over-redaction of a labelled text.

    Args:
        redactor: what is tested.
        case: the text.
        names: what to call a leak of each true span; its type if there is none.
    """
    found = redactor.detect(case.text)
    covered, true = _covered(found), _covered(case.spans)
    problems = []
    for index, span in enumerate(case.spans):
        inside = range(span.start, span.end)
        missed = _told(case.text, [place for place in inside if place not in covered])
        if missed:
            name = names[index] if names else span.type
            problems.append(
                Problem("leak", name, f"{missed} of {_told(case.text, inside)} letters and digits are left")
            )
    for hit in found:
        outside = _told(case.text, [place for place in range(hit.start, hit.end) if place not in true])
        if outside:
            problems.append(
                Problem("over", hit.rule, f"{outside} letters and digits that are no {hit.type} are redacted")
            )
    return problems


def near_problems(redactor: Redactor, case: NearMiss) -> list[Problem]:
    """Over-redaction of a text that must survive."""
    return [
        Problem("over", span.rule, f"{case.family}: {span.end - span.start} characters are redacted as {span.type}")
        for span in redactor.detect(case.text)
    ]


def chunk_problems(redactor: Redactor, pieces: Sequence[str]) -> list[Problem]:
    """Differences between the pieces and the whole."""
    whole = redactor.redact("".join(pieces))
    stream, out = redactor.stream(), ""
    for piece in pieces:
        out += stream.feed(piece)
        if not whole.text.startswith(out):
            return [Problem("chunk", _first(stream.spans), "what was given out is no prefix of the whole")]
        if stream.held > HELD_MAX:
            return [Problem("chunk", "stream", f"more than {HELD_MAX} characters are held")]
    out += stream.finish()
    if out != whole.text or stream.spans != whole.spans:
        different = set(stream.spans) ^ set(whole.spans)
        return [Problem("chunk", _first(sorted(different)), "the pieces give another result than the whole")]
    return []


def _first(spans: Sequence[Span]) -> str:
    return spans[0].rule if spans else "stream"


def twice_problems(redactor: Redactor, text: str) -> list[Problem]:
    """What a second redaction changes."""
    once = redactor.redact(text).text
    again = redactor.redact(once)
    if again.text == once:
        return []
    return [Problem("idempotence", _first(again.spans), "redacting the redacted text changes it")]
