"""The fixtures, the rules' own examples, and places where a number may or may not begin and end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.pii.rules import Rule, builtin_rules
from harness.pii.stream import Redactor

FIXTURES = Path(__file__).parents[2] / "fixtures" / "pii"
REDACTOR = Redactor()


def cases(name: str) -> list[Any]:
    """The cases of one fixture file."""
    lines = (FIXTURES / name).read_text(encoding="utf-8").splitlines()
    return [pytest.param(case, id=case["id"]) for case in map(json.loads, lines)]


@pytest.mark.parametrize("case", cases("core.jsonl"))
def test_core_values_are_found_exactly(case: dict[str, Any]) -> None:
    """Exact spans and types."""
    found = [{"start": s.start, "end": s.end, "type": s.type} for s in REDACTOR.detect(case["text"])]
    assert found == case["spans"]


@pytest.mark.parametrize("case", cases("survive.jsonl"))
def test_what_is_no_personal_data_survives(case: dict[str, Any]) -> None:
    """Not a character changes."""
    assert REDACTOR.redact(case["text"]).text == case["text"]


@pytest.mark.parametrize("rule", builtin_rules().rules, ids=lambda rule: rule.id)
def test_rules_keep_their_examples(rule: Rule) -> None:
    """Each ``match`` gives the rule's type, no ``no_match`` does."""
    for text in rule.match:
        assert rule.type in {span.type for span in REDACTOR.detect(text)}, text
    for text in rule.no_match:
        assert rule.type not in {span.type for span in REDACTOR.detect(text)}, text


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("tel6282714432", "tel[PHONE_REDACTED]"),
        ("phone=6282714432", "phone=[PHONE_REDACTED]"),
        ("(628-271-4432)", "([PHONE_REDACTED])"),
        ("6282714432,6282714433", "[PHONE_REDACTED],[PHONE_REDACTED]"),
        ("phone #628-271-4432", "phone #[PHONE_REDACTED]"),
        ("mobile #271 4432", "mobile #[PHONE_REDACTED]"),
        ("628-271-4432+44 20 7612 3388", "[PHONE_REDACTED][PHONE_REDACTED]"),
        ("電話は０９０－６２３４－５６７１です", "電話は[PHONE_REDACTED]です"),
        ("a@b@kestrel.io", "[EMAIL_REDACTED]"),
        ("kim@kestrel.io7", "[EMAIL_REDACTED]"),
        ("IBAN GB33 BUKB 2020 1555 5555 55 ok", "IBAN [IBAN_REDACTED] ok"),
        ("call 2714432 dollars", "call 2714432 dollars"),
        ("code_6282714432", "code_6282714432"),
        ("6282714432%", "6282714432%"),
        ("x::1_a", "x::1_a"),
        ("::ffff:84.17.60.201.4", "::ffff:84.17.60.201.4"),
        ("84.17.60.201.4", "84.17.60.201.4"),
        ("628-271-4432/5", "[PHONE_REDACTED]/5"),
        ("call 10:6282714432", "call 10:6282714432"),
    ],
)
def test_edges(text: str, redacted: str) -> None:
    """Where values begin and end."""
    assert REDACTOR.redact(text).text == redacted


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("routing number 021000021; six two eight, two seven one, four four three two", "routing number [ROUTING_REDACTED]; [PHONE_REDACTED]"),
        ("my ssn is 536-22-1478 and 6282714432", "my ssn is [SSN_REDACTED] and [PHONE_REDACTED]"),
        ("order 6282714432", "order 6282714432"),
        ("my card is 4539 5787 6362 1486. 4539 5787 6362 1486, yes", "my card is [CC_REDACTED]. [CC_REDACTED], yes"),
    ],
)  # fmt: skip
def test_a_cue_has_one_value(text: str, redacted: str) -> None:
    """What a cue speaks against is the number after it, not the one after that; a number said twice is two."""
    assert Redactor().redact(text).text == redacted
