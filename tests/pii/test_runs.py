"""Rows of written digits: where a number may begin and end."""

from __future__ import annotations

import pytest

from harness.pii.rules import builtin_rules
from harness.pii.runs import GROUP, written_runs
from harness.pii.view import View


def found(chain: str, tail: str = "", look: str = "") -> set[tuple[str, str]]:
    groups = [match.span() for match in GROUP.finditer(chain)]
    return {
        (hit.rule.type, chain[hit.start : hit.end])
        for hit in written_runs(builtin_rules(), View(tail, chain, look), groups)
    }


@pytest.mark.parametrize(
    ("chain", "tail", "value"),
    [
        ("628-271-4432", "", ("PHONE", "628-271-4432")), ("(628) 271-4432", "", ("PHONE", "(628) 271-4432")), ("(628-271-4432)", "", ("PHONE", "628-271-4432")),
        ("628-271-4432 x204", "", ("PHONE", "628-271-4432 x204")), ("+44 20 7612 3388", "", ("PHONE", "+44 20 7612 3388")),
        ("4539 5787 6362 1486", "", ("CREDIT_CARD", "4539 5787 6362 1486")), ("4539578763621486.0", "", ("CREDIT_CARD", "4539578763621486.0")),
        ("84.17.60.201:8080", "", ("IP", "84.17.60.201")), ("12, 628-271-4432", "", ("PHONE", "628-271-4432")), ("ssn536-22-1478", "", ("SSN", "536-22-1478")),
        ("628-271-4432/628-271-4433", "", ("PHONE", "628-271-4433")),
    ],
)  # fmt: skip
def test_whole_numbers(chain: str, tail: str, value: tuple[str, str]) -> None:
    """Parentheses, extensions, plus signs, ports, lists, slashes."""
    assert value in found(chain, tail)


@pytest.mark.parametrize(
    ("chain", "tail", "look"),
    [
        ("1628-271-44321", "", ""), ("628-271-4432", "x", ""), ("628-271-4432", "$", ""), ("628-271-4432", "", "%"), ("628-271-4432", "", "a"),
        ("628-271-4432-9", "", ""), ("3.628-271-4432", "", ""), ("628-271-4432", "", ".5"), ("1,628,271,443", "", ""), ("TKT-628-271-4432", "", ""),
        ("4539578763621486.50", "", ""), ("7", "", ""),
    ],
)  # fmt: skip
def test_pieces_of_other_numbers(chain: str, tail: str, look: str) -> None:
    """Never inside a longer number, money, a measure or a ticket."""
    assert found(chain, tail, look) == set()
