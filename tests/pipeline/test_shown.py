from __future__ import annotations

from harness.pipeline.outcome import PathSpan
from harness.pipeline.shown import shown_path


def span(path: str) -> PathSpan:
    return PathSpan(path=path, start=0, end=3, type="PHONE", rule="r", value_id=1, at=0, last=True)


def test_a_value_in_a_key_is_not_shown_by_a_path() -> None:
    """The member's name becomes a placeholder; other paths stay."""
    shown = shown_path([span("/call 4155550#key"), span("/text")])
    assert shown("/call 4155550/0") == "/[PHONE_REDACTED]/0"
    assert shown("/call 4155550#key") == "/[PHONE_REDACTED]#key"
    assert shown("/text") == "/text"
    assert shown_path([span("/text")])("/text") == "/text"
