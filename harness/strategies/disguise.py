"""The same value in other characters: what a reader sees as the number is the number.

1. A disguise keeps every letter and digit readable; it changes how they are coded, never what they say.
2. Where a value begins and ends stays known: the disguise is put on before the value goes into its sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness.strategies.labelled import Choose, Value

__all__ = ["DISGUISES", "disguised", "fitting"]

_FULL = {code: code + 0xFEE0 for code in range(ord("0"), ord("9") + 1)}
_ARABIC = {ord("0") + n: 0x660 + n for n in range(10)}
_DEVANAGARI = {ord("0") + n: 0x966 + n for n in range(10)}
_BOLD = {ord("0") + n: 0x1D7CE + n for n in range(10)}
_FULL_SIGNS = {code: code + 0xFEE0 for code in map(ord, "0123456789()+-.@")}


def _between(mark: str) -> Callable[[str], str]:
    return mark.join


def _in_the_middle(mark: str) -> Callable[[str], str]:
    return lambda text: text[: len(text) // 2] + mark + text[len(text) // 2 :]


DISGUISES: Mapping[str, Callable[[str], str]] = {
    "none": lambda text: text,
    "no-break spaces": lambda text: text.replace(" ", "\u00a0"),
    "thin spaces": lambda text: text.replace(" ", "\u2009"),
    "en dashes": lambda text: text.replace("-", "\u2013"),
    "no-break hyphens": lambda text: text.replace("-", "\u2011"),
    "full-width digits": lambda text: text.translate(_FULL),
    "full-width": lambda text: text.translate(_FULL_SIGNS),
    "Arabic digits": lambda text: text.translate(_ARABIC),
    "Devanagari digits": lambda text: text.translate(_DEVANAGARI),
    "bold digits": lambda text: text.translate(_BOLD),
    "zero-width space inside": _in_the_middle("\u200b"),
    "zero-width joiners between": _between("\u200d"),
    "soft hyphen inside": _in_the_middle("\u00ad"),
    "upper case": str.upper,
}
"""Name -> how it rewrites a value."""

_CASELESS = frozenset({"EMAIL", "IBAN", "VIN", "MAC", "IP"})
_WORDS = ("none", "upper case")


def fitting(value: Value) -> tuple[str, ...]:
    """The disguises that leave ``value`` what it is."""
    if value.said:
        return _WORDS
    return tuple(name for name in DISGUISES if name != "upper case" or value.type in _CASELESS)


def disguised(choose: Choose, value: Value) -> tuple[str, str]:
    """``value`` in a disguise that changes it, or none at all.

    Returns:
        (the disguise's name, the text).
    """
    if choose.pick((True, True, False)):
        return "none", value.text
    name = choose.pick(fitting(value))
    text = DISGUISES[name](value.text)
    return (name, text) if text != value.text else ("none", text)
