"""Does an utterance end in the middle of a value?

1. A *half* is a row of digits and number words at the end of a text, of three to twelve digits (one is enough after the cue of
   a short code), that no complete value covers.
2. A final utterance waits for its speaker's next one only if a cue stands before its half, or the half is four single spoken
   digits or more. The next one goes on with it if it begins with two digits or more, or with one and hardly anything else.
   An interim one does not wait: its half is masked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.pii.spoken import NUMBER_WORDS, runs
from harness.text.fold import fold
from harness.text.span import Span

__all__ = ["PARTIAL", "goes_on", "half", "is_awaited"]

PARTIAL = "PARTIAL"
"""Type of a half in an interim utterance."""

_TOKEN = re.compile(r"[0-9]+|[^\W\d_]+|\S")
_JOINTS = frozenset("-.,/()+…#:")
_FILLERS = frozenset(
    "uh um er erm hmm and then okay ok yeah yes yep right alright sure got it so next comma space".split()
)
_REACH = 200
_FEWEST, _MOST = 3, 12
_WHOLE = 9
_CUES = frozenset(
    "card phone mobile cell telephone account social ssn iban visa mastercard amex callback contact call reach ring text "
    "routing passport security sort cvv cvc pin passcode otp verification aadhaar nhs nino imei license licence birth dob "
    "national insurance".split()
)
_SHORT_CUES = frozenset("cvv cvc pin passcode otp security".split())
"""Of values so short that one or two digits may be half of them."""
_FEW_WORDS = 3
_DICTATED = 4
"""Spoken digits in a row that need no cue."""
_AGAINST = frozenset("order ticket invoice reference ref case tracking confirmation booking claim policy".split())


def half(text: str, spans: Sequence[Span]) -> int:
    """Where the half at the end of ``text`` begins, -1 if there is none; ``spans`` are the values of ``text``."""
    folded, offsets = fold(text)
    base = max(0, len(folded) - _REACH)
    start, end = _row(folded[base:])
    if start < 0:
        return -1
    first, last = offsets[base + start], offsets[base + end - 1] + 1
    count = _digits(folded[base + start : base + end])
    for span in spans:
        if span.start <= first and span.end >= last and (span.type != "PHONE" or count >= _WHOLE):
            return -1
        if first <= span.start and span.end >= last and count >= _WHOLE:
            return -1
    fewest = _FEWEST if _SHORT_CUES.isdisjoint(_words_before(text, first)) else 1
    return first if fewest <= count <= _MOST else -1


def goes_on(text: str) -> int:
    """Where the row of digits ends with which ``text`` begins, 0 if it begins otherwise.

    One digit is a row only where hardly anything else is said.
    """
    folded, offsets = fold(text)
    last = end = 0
    for found in _TOKEN.finditer(folded):
        word = found[0]
        if word[0] in "0123456789" or word.lower() in NUMBER_WORDS:
            end, last = found.end(), offsets[found.end() - 1] + 1
        elif word not in _JOINTS and word.lower() not in _FILLERS:
            break
    count = _digits(folded[:end])
    return last if count > 1 or (last and len(folded.split()) <= _FEW_WORDS) else 0


def is_awaited(text: str, start: int) -> bool:
    """Whether the half of ``text`` that begins at ``start`` is likely to go on in the speaker's next utterance."""
    words = _words_before(text, start)
    if not _AGAINST.isdisjoint(words):
        return False
    row = text[start:]
    return not _CUES.isdisjoint(words) or (row.count(" ") + 1 >= _DICTATED and _is_dictated(row))


def _words_before(text: str, start: int) -> list[str]:
    return re.findall(r"[^\W\d_]+", text[max(0, start - 80) : start].lower())[-8:]


def _is_dictated(row: str) -> bool:
    """Whether a row is single spoken digits, one after the other: nobody counts like that."""
    found = runs(fold(row)[0])
    return len(found) == 1 and len(found[0].items) >= _DICTATED and all(len(one.digits) == 1 for one in found[0].items)


def _row(text: str) -> tuple[int, int]:
    """(First, one past the last) character of the row of numbers that ends ``text``; (-1, -1) for none."""
    first = last = -1
    for found in _TOKEN.finditer(text):
        word = found[0]
        glued = (
            text[found.end() : found.end() + 1].isalpha() or text[max(0, found.start() - 1) : found.start()].isalpha()
        )
        if (word[0] in "0123456789" and not glued) or word.lower() in NUMBER_WORDS:
            first, last = (found.start() if first < 0 else first), found.end()
        elif word not in _JOINTS and word.lower() not in _FILLERS:
            first = last = -1
    return first, last


def _digits(text: str) -> int:
    said = sum(len(run.digits.lstrip("+")) for run in runs(text))
    return max(said, sum(char in "0123456789" for char in text))
