"""The table of record modes, cell by cell."""

from __future__ import annotations

import pytest

from harness.errors import ConfigError
from harness.session.modes import Ending, Miss, ModePlan, RecordMode, chosen_mode, plan_of

RECORDED = ModePlan(False, Miss.RECORD, Ending.KEEP)
TABLE = [
    ("none", True, ModePlan(True, Miss.FAIL, Ending.NOTHING)),
    ("once", True, ModePlan(True, Miss.FAIL, Ending.NOTHING)),
    ("once", False, RECORDED),
    ("new_episodes", True, ModePlan(True, Miss.RECORD, Ending.ADD)),
    ("new_episodes", False, RECORDED),
    ("all", True, ModePlan(False, Miss.RECORD, Ending.SWAP_IF_WELL)),
    ("all", False, RECORDED),
    ("rewrite", True, ModePlan(False, Miss.RECORD, Ending.SWAP)),
    ("rewrite", False, RECORDED),
    ("verify", True, ModePlan(False, Miss.RECORD, Ending.COMPARE)),
]


@pytest.mark.parametrize("mode,exists,plan", TABLE)
def test_the_table(mode: str, exists: bool, plan: ModePlan) -> None:
    """Every mode does what its line says, with the file and without."""
    assert plan_of(RecordMode(mode), None, exists=exists) == plan
    assert plan.live == (plan.miss is not Miss.FAIL)


@pytest.mark.parametrize("mode", ["none", "verify"])
def test_modes_that_need_the_file(mode: str) -> None:
    """They name the way out."""
    with pytest.raises(ConfigError, match="record it first"):
        plan_of(RecordMode(mode), None, exists=False)


@pytest.mark.parametrize(
    "asked,environ,found",
    [
        (None, {}, "none"),
        (None, {"HARNESS_RECORD_MODE": "once"}, "once"),
        (None, {"HARNESS_RECORD_MODE": "once", "CI": "true"}, "none"),
        ("all", {"CI": "true"}, "all"),
        (None, {"HARNESS_RECORD_MODE": "all", "CI": "false"}, "all"),
    ],
)
def test_ci_forces_none(asked: str | None, environ: dict[str, str], found: str) -> None:
    """In CI only an explicit mode counts."""
    assert chosen_mode(asked, environ) == found


def test_on_miss() -> None:
    """A miss can be passed through or recorded, but not in mode none and not in CI."""
    once = RecordMode.ONCE
    assert plan_of(once, "passthrough", exists=True) == ModePlan(True, Miss.PASSTHROUGH, Ending.NOTHING)
    assert plan_of(once, "record", exists=True) == ModePlan(True, Miss.RECORD, Ending.ADD)
    assert plan_of(RecordMode.NONE, "fail", exists=True).miss is Miss.FAIL
    for mode, ci in ((RecordMode.NONE, False), (once, True)):
        with pytest.raises(ConfigError, match="fail in mode none and in CI"):
            plan_of(mode, "record", exists=True, ci=ci)


@pytest.mark.parametrize("mode,miss", [("often", None), ("once", "ignore")])
def test_unknown_words(mode: str, miss: str | None) -> None:
    """A word that is none is refused with the list."""
    with pytest.raises(ConfigError, match="expected"):
        plan_of(chosen_mode(mode, {}), miss, exists=True)
