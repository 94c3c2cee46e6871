"""A corpus under two policies."""

from __future__ import annotations

import asyncio
from pathlib import Path

from harness.report.compare import compare_sides, side_of
from harness.report.flips import flips
from harness.session.what_if import what_if
from harness.settings import Settings

WEAKER = """
[[rule]]
id = "email.address"
type = "EMAIL"
kind = "regex"
pattern = 'nobody@nowhere[.]example'
priority = 50
min_len = 10
max_len = 30
[rule.examples]
match = ["nobody@nowhere.example"]
no_match = ["nobody"]
"""


def test_weaker_rules(recorded: list[Path], tmp_path: Path) -> None:
    """Under rules that lose addresses each loss is a flip with its rule, and a new leak fails the comparison."""
    (tmp_path / "weaker.toml").write_text(_weaker(recorded))
    told: list[tuple[str, int, int]] = []
    before, after = asyncio.run(
        what_if(Settings(), recorded, [tmp_path / "weaker.toml"], progress=lambda *step: told.append(step))
    )
    assert told[-1] == ("replayed", 2 * len(recorded), 2 * len(recorded))
    found = compare_sides(side_of(before.report), side_of(after.report))
    changed = list(flips(before.rows, after.rows))
    assert found["verdict"] == "regressed"
    assert found["leaks"]["new"]
    assert all(name.endswith("|EMAIL") for name in found["leaks"]["new"])
    assert any(flip["rules"]["before"] and flip["words"] for flip in changed)


def _weaker(recorded: list[Path]) -> str:
    """The built-in rules of addresses, each in place of itself with a pattern that matches next to nothing."""
    from harness.pii.rules import builtin_rules

    ids = [rule.id for rule in builtin_rules().rules if rule.type == "EMAIL"]
    assert ids
    return "".join(WEAKER.replace("email.address", one) for one in ids)


def test_the_same_rules(recorded: list[Path], tmp_path: Path) -> None:
    """Under the rules in force nothing flips."""
    before, after = asyncio.run(what_if(Settings(), recorded[:1], []))
    assert list(flips(before.rows, after.rows)) == []
    assert compare_sides(side_of(before.report), side_of(after.report))["identical"]
