"""The second opinion: what it must see, and what it must let pass."""

from __future__ import annotations

import ast
import inspect

import pytest

from harness.pii import scan
from harness.pii.scan import leaks
from harness.pii.stream import Redactor

LEFT = [
    ("mail kim@kestrel.io", "EMAIL"), ("x 4539578763621486 y", "CREDIT_CARD"), ("3714 496353 98431", "CREDIT_CARD"),
    ("2223 0031 2200 3222", "CREDIT_CARD"), ("536-22-1478", "SSN"), ("GB33 BUKB 2020 1555 5555 55", "IBAN"),
    ("(628) 271-4432", "PHONE"), ("+44 20 7612 3388", "PHONE"), ("ip 84.17.60.201", "IP"), ("６２８-２７１-４４３２", "PHONE"),
]  # fmt: skip
PASS = [
    "", "plain words", "[PHONE_REDACTED]", "a@example.com", "section 3.2.1.4", "build 4.18.0.1", "1-800-271-4432",
    "9578763621486001", "4539 5787 6362 1487", "3714 496353 98432", "371449635398431 7"[:14], "000-22-1478",
    "order 536-22-1478", "GB33 BUKB 2020 1555 5555", "GB34 BUKB 2020 1555 5555 55", "+1 628 271 443", "84.17.60.256",
    "k***m@kestrel.io", "[A12_REDACTED]", "371449635398431"[:13], "5 @ 7",
]  # fmt: skip


@pytest.mark.parametrize(("text", "type_"), LEFT)
def test_leaks_are_seen(text: str, type_: str) -> None:
    """Each structured type is reported; once redacted, nothing is."""
    assert {span.type for span in leaks(text)} == {type_}
    assert leaks(Redactor().redact(text).text) == []


@pytest.mark.parametrize("text", PASS)
def test_what_passes(text: str) -> None:
    """Placeholders, surrogates, negatives and broken checks are no leaks."""
    assert leaks(text) == []


def test_it_is_independent() -> None:
    """It imports nothing of the detector."""
    imported = {
        node.module for node in ast.walk(ast.parse(inspect.getsource(scan))) if isinstance(node, ast.ImportFrom)
    }
    assert not imported & {f"harness.pii.{name}" for name in ("detect", "segment", "stream", "rules", "validators")}


def test_offsets_are_raw() -> None:
    """Offsets count the raw text's code points."""
    text = "a\u200bb 536-22-1\u200b478"
    (span,) = leaks(text)
    assert (span.start, span.end) == (4, len(text))
