"""Digits as people say them: one by one, doubled, in pairs and with pauses; addresses with "at" and "dot"."""

from __future__ import annotations

from collections.abc import Sequence

from harness.strategies.labelled import Choose

__all__ = ["SPOKEN_FORMS", "say_address", "say_digits"]

_ONES = "zero one two three four five six seven eight nine".split()
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_TIMES = {2: "double", 3: "triple"}
_SIGNS = {".": "dot", "_": "underscore", "-": "dash", "+": "plus", "@": "at"}
SPOKEN_FORMS = ("single", "oh", "double", "pairs", "fillers", "half-written")
"""Ways to say a row of digits."""


def say_digits(choose: Choose, groups: Sequence[str], form: str) -> str:
    """``groups`` of digits in words, one after the other.

    Args:
        choose: decides where a choice is left.
        groups: digits as they are grouped; a leading ``+`` is said as "plus".
        form: one of :data:`SPOKEN_FORMS`.
    """
    said = [_say_group(group, form, index) for index, group in enumerate(groups)]
    glue = ", uh, " if form == "fillers" else choose.pick((", ", " "))
    return glue.join(said)


def _say_group(group: str, form: str, index: int) -> str:
    if form == "half-written" and index % 2 and len(group) > 1 and group.isdigit():
        return group
    plus, group = ("plus ", group[1:]) if group.startswith("+") else ("", group)
    if form == "double":
        return plus + " ".join(_doubled(group))
    if form == "pairs" and len(group) % 2 == 0:
        return plus + " ".join(_pair(group[n : n + 2]) for n in range(0, len(group), 2))
    words = [_ONES[int(digit)] for digit in group]
    return plus + " ".join("oh" if form == "oh" and word == "zero" else word for word in words)


def _doubled(group: str) -> list[str]:
    words: list[str] = []
    while group:
        size = next((n for n in (3, 2) if group[:n] == group[0] * n), 1)
        words += [_TIMES[size], _ONES[int(group[0])]] if size > 1 else [_ONES[int(group[0])]]
        group = group[size:]
    return words


def _pair(two: str) -> str:
    number = int(two)
    if number < 10:
        return f"oh {_ONES[number]}"
    if number < 20:
        return _TEENS[number - 10]
    tens = _TENS[number // 10 - 2]
    return tens if number % 10 == 0 else f"{tens} {_ONES[number % 10]}"


def say_address(address: str, *, half: bool = False) -> str:
    """An e-mail address in words; with ``half`` only its ``@`` is said."""
    if half:
        return address.replace("@", " at ")
    words = "".join(f" {_SIGNS[char]} " if char in _SIGNS else char for char in address)
    return " ".join(words.split())
