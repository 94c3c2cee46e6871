"""What a chaos run may draw."""

from __future__ import annotations

import random

from harness.replayer.fault_words import NAMES, parse_fault
from harness.session.chaos.menu import MENU, draw


def test_every_kind_is_on_the_menu_in_words_the_replayer_takes() -> None:
    """At least 28 kinds; every drawn form parses as its own kind."""
    assert set(MENU) == set(NAMES)
    assert len(NAMES) >= 28
    for kind, forms in MENU.items():
        for form in forms:
            for seed in range(20):
                assert parse_fault(form.drawn(random.Random(seed))).name == kind == form.kind


def test_kinds_are_drawn_evenly_and_by_the_seed() -> None:
    """Every kind as often as any other; the same seed draws the same."""
    sessions = draw(3 * len(NAMES), random.Random(4))
    kinds = [form.kind for forms in sessions for form in forms]
    assert {kinds.count(name) for name in NAMES} == {3}
    assert sessions == draw(3 * len(NAMES), random.Random(4))
    assert sessions != draw(3 * len(NAMES), random.Random(5))


def test_a_session_has_one_fault_of_a_course_at_most() -> None:
    """What ends a session is alone in it."""
    for forms in draw(500, random.Random(1)):
        courses = [form.course for form in forms]
        assert len(set(courses)) == len(courses) <= 2
        assert "alone" not in courses or len(courses) == 1


def test_only_what_is_asked_for_is_drawn() -> None:
    """A choice of kinds."""
    sessions = draw(7, random.Random(1), ["drop", "gap"])
    assert {form.kind for forms in sessions for form in forms} == {"drop", "gap"}
    assert sum(map(len, sessions)) == 7
