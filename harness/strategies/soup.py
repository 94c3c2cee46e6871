"""Random soup: pieces of values, separators and odd characters, for laws that hold for any text."""

from __future__ import annotations

from harness.strategies.labelled import Choose

__all__ = ["soup"]

_ATOMS = (
    " ", "call ", "1", "628-271-4432", "(628) 271 4432", "+44 20 7612 3388", "4539578763621486", "4539 5787", "kim@kestrel.io",
    "kim at kestrel dot io", "six two eight ", "double ", "oh ", "dot ", " at ", "my card ", "ssn ", "order ", "536-22-1478",
    "GB33BUKB20201555555555", "GB33 BUKB 2020 ", "84.17.60.201", "2a02:26f0:12::5", "3C:84:6A:1F:0B:92", "my pin is ",
    "password ", "https://a.kestrel.io/?token=", "sk_live_", "a7f2c9b4", "ext 12", "x3", "  ", "\n", ", ", ".", "/", "-",
    "(", ")", "+", "@", "::", "0", "12", "1234", "10:30", "$", "#", "*", '"', "[PHONE_REDACTED]", "[", "]", "_", "é",
    "\uff11", "\u0662", "\u200b", "\u00ad", "\u2013", "\u00a0", "は", "😀", "\ud800", "\x1f", "\t", "office", "card", "x" * 40,
)  # fmt: skip


def soup(choose: Choose) -> str:
    """Up to 14 pieces in a row, now and then many times over."""
    text = "".join(choose.pick(_ATOMS) for _ in range(choose.number(0, 14)))
    return text * choose.pick((1, 1, 1, 1, 1, 1, 2, 20))
