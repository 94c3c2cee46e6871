"""Segments on their own."""

from __future__ import annotations

import pytest

from harness.pii.segment import is_boundary, next_segment


@pytest.mark.parametrize(
    ("text", "kind", "end"),
    [
        ("plain words ", "cold", 12), ("call 415 now", "cold", 5), ("415 555 now", "hot", 7), ("415    555", "hot", 3),
        ("5pm 415", "hot", 3), ("415 ext 12 a", "hot", 10), ("GB33 BUKB 2020 saved", "hot", 14), ('415" 5', "hot", 3),
        ("415 - 555 a", "hot", 9), ("12 ok", "hot", 2), ("ext 5", "cold", 4), ("415 - a", "hot", 3),
    ],
)  # fmt: skip
def test_first_segment(text: str, kind: str, end: int) -> None:
    """What the first segment of a finished text is."""
    segment = next_segment(text, range(len(text)), 0, final=True, masking=False)
    assert segment is not None
    assert (segment.kind, segment.end) == (kind, end)


@pytest.mark.parametrize("text", ["", "word", "415", "415 ", "415 ex", "415 -"])
def test_undecided(text: str) -> None:
    """More text could change the answer, so there is none."""
    assert next_segment(text, range(len(text)), 0, final=False, masking=False) is None


def test_boundaries() -> None:
    """Emoji and scripts without blanks cut tokens, accented letters do not."""
    assert [is_boundary(c) for c in " é📞は;."] == [True, False, True, True, True, False]
