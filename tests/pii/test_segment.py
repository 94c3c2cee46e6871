"""Segments on their own."""

from __future__ import annotations

import pytest

from harness.pii.segment import Segmenter, is_boundary


@pytest.mark.parametrize(
    ("text", "kind", "end"),
    [
        ("plain words ", "cold", 12), ("call 415 now", "hot", 8), ("please call 415 now", "hot", 15), ("415 555 now", "hot", 7), ("415    555", "hot", 3),
        ("5pm 415", "hot", 7), ("5pm on 415", "hot", 3), ("415 ext 12 on", "hot", 10), ("GB33 BUKB 2020 saved", "hot", 14), ('415" 5', "hot", 3),
        ("415 - 555 an", "hot", 9), ("12 no", "hot", 2), ("ext 5", "hot", 5), ("415 - an", "hot", 3), ("call  415 now", "hot", 9), ("oh six two, eight fine", "hot", 17), ("then kim at kestrel dot io now", "hot", 26),
        ("kim at kestrel dot io now", "hot", 21),
    ],
)  # fmt: skip
def test_first_segment(text: str, kind: str, end: int) -> None:
    """What the first segment of a finished text is."""
    segment = Segmenter(text, range(len(text)), final=True).next(0, masking=False)
    assert segment is not None
    assert (segment.kind, segment.end) == (kind, end)


@pytest.mark.parametrize("text", ["", "word", "415", "415 ", "415 ex", "415 -"])
def test_undecided(text: str) -> None:
    """More text could change the answer, so there is none."""
    assert Segmenter(text, range(len(text)), final=False).next(0, masking=False) is None


def test_boundaries() -> None:
    """Emoji and scripts without blanks cut tokens, accented letters do not."""
    assert [is_boundary(c) for c in " é📞は;."] == [True, False, True, True, True, False]
