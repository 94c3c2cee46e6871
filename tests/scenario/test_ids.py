"""Ids depend on the seed and the date alone."""

from __future__ import annotations

from datetime import date

from harness.scenario.ids import created, hex_id, source_of_chance, ulid


def test_created_is_nine_o_clock() -> None:
    """The header's date is the scenario's own."""
    assert created(date(2026, 3, 14)) == "2026-03-14T09:00:00.000Z"


def test_ulid_holds_the_date_in_order() -> None:
    """26 characters that sort by date, the same for the same seed."""
    early = ulid(date(2026, 3, 14), source_of_chance(1, "a"))
    assert early == ulid(date(2026, 3, 14), source_of_chance(1, "a")) == "01KKNS5TM0" + early[10:]
    assert len(early) == 26
    assert early < ulid(date(2026, 3, 15), source_of_chance(1, "a"))


def test_chance_is_pinned() -> None:
    """The source is the same on every machine: these digits must never change."""
    assert hex_id(source_of_chance(7, "x")) == "a135e305"
    assert hex_id(source_of_chance(7, "x")) != hex_id(source_of_chance(8, "x")) != hex_id(source_of_chance(7, "y"))
