"""Sentences with values and their spans, put together from left to right."""

from __future__ import annotations

from harness.strategies.carriers import AROUND, carrier
from harness.strategies.disguise import disguised
from harness.strategies.labelled import Choose, PiiText, Truth, Value
from harness.strategies.values import TYPES, make

__all__ = ["MOST_VALUES", "joined", "pii_text", "sentence"]

MOST_VALUES = 3
_BETWEEN = (". ", ".\n", "? ", "! ")


def sentence(value: Value, carried: str, disguise: str, text: str) -> PiiText:
    """``text``, the disguised ``value``, in the sentence ``carried``."""
    start = carried.index("{}")
    form = (value.type, value.form)
    return PiiText(
        text=carried.replace("{}", text),
        spans=(Truth(start, start + len(text), value.type),),
        labels=(("type", form[0]), ("form", " ".join(form)), ("disguise", disguise), ("carrier", carried)),
    )


def joined(parts: list[PiiText | str]) -> PiiText:
    """The parts in a row."""
    text = ""
    spans: list[Truth] = []
    labels: list[tuple[str, str]] = []
    for part in parts:
        if isinstance(part, str):
            text += part
            continue
        spans += [Truth(span.start + len(text), span.end + len(text), span.type) for span in part.spans]
        labels += part.labels
        text += part.text
    return PiiText(text=text, spans=tuple(spans), labels=tuple(labels))


def pii_text(choose: Choose, types: tuple[str, ...] = tuple(TYPES)) -> PiiText:
    """One to :data:`MOST_VALUES` values of ``types`` in sentences of their own, each ended before the next begins."""
    parts: list[PiiText | str] = [choose.pick(AROUND)]
    for index in range(choose.pick((1, 1, 2, MOST_VALUES))):
        if index:
            parts.append(choose.pick(_BETWEEN))
        value = make(choose, choose.pick(types))
        carried = carrier(choose, value)
        parts.append(sentence(value, carried, *disguised(choose, value)))
    if choose.pick((False, True)):
        parts += [choose.pick(_BETWEEN), choose.pick(AROUND).strip()]
    return joined(parts)
