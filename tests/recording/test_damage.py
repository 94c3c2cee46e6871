from __future__ import annotations

import io
from pathlib import Path

from harness.recording.codec import MAX_LINE, closed
from harness.recording.damage import MAX_DAMAGED, lines_of


def states(data: bytes) -> list[tuple[int, str, int]]:
    return [(found.number, found.state, found.size) for found in lines_of(io.BytesIO(data), "x")]


def test_every_line_is_told_as_what_it_is(sealed: Path) -> None:
    """Whole, flipped, malformed, too long or torn; numbers go on behind damage."""
    _, one, two, three, seal = sealed.read_bytes().splitlines(keepends=True)
    data = one + two.replace(b"20", b"21") + closed(b"[1") + b"x" * (MAX_LINE + 9) + b"\n" + three + seal[:9]
    assert states(data) == [
        (2, "entry", len(one)),
        (3, "flipped", len(two)),
        (4, "malformed", len(closed(b"[1"))),
        (5, "flipped", MAX_LINE + 10),
        (6, "entry", len(three)),
        (7, "torn", 9),
    ]
    assert states(b"") == []


def test_an_overlong_end_is_no_torn_line() -> None:
    """No line may be that long, whatever would have followed."""
    assert states(b"x" * (MAX_LINE + 5)) == [(2, "flipped", MAX_LINE + 5)]


def test_problems_hold_nothing_of_the_line(sealed: Path) -> None:
    """Words only, without the file's name, which the caller knows."""
    _, one, *_ = sealed.read_bytes().splitlines(keepends=True)
    (found,) = lines_of(io.BytesIO(one.replace(b"message 10", b"4012 secret")), sealed)
    assert found.problem == "the line does not match its checksum"
    assert "secret" not in repr(found)


def test_a_file_of_nothing_but_damage_is_given_up() -> None:
    """Rather than told of line by line for hours."""
    found = list(lines_of(io.BytesIO(b"\n" * (2 * MAX_DAMAGED)), "x"))
    assert len(found) == MAX_DAMAGED + 2
    assert found[-1].state == "hopeless"
