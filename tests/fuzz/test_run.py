"""The whole search: silent on what is sound, and every planted fault is found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.fuzz import KINDS, fuzz
from harness.fuzz.lanes import unclaimed
from harness.fuzz.write import write_findings
from harness.pii.rules import builtin_rules
from harness.pii.user_rules import rules_of
from harness.recording.health import examine

PLANTED = {
    "badge-separator": ("leak", "badge.number"),
    "contract-tail": ("leak", "contract.number"),
    "locker-twice": ("idempotence", "locker.code"),
    "member-greedy": ("over", "member.number"),
    "part-slow": ("slow", "part.number"),
}


def test_every_planted_file_has_its_fault() -> None:
    """The table below names all of them."""
    folder = Path(__file__).parents[2] / "fixtures" / "rules_broken"
    assert {path.stem for path in folder.glob("*.toml")} == set(PLANTED)


@pytest.mark.parametrize("name", [name for name in PLANTED if name != "part-slow"])
def test_planted_faults_are_found(root: Path, name: str) -> None:
    """With a few examples of a fixed seed; the slow one is in test_pump.py."""
    kind, rule = PLANTED[name]
    report = fuzz(rules_of([root / "fixtures" / "rules_broken" / f"{name}.toml"]), seed=1, examples=60, kinds=[kind])
    assert (kind, rule) in {(finding.problem.kind, finding.problem.rule) for finding in report.findings}


@pytest.mark.parametrize("files", [(), ("airline.toml",)])
def test_silence_on_sound_rules(root: Path, files: tuple[str, ...]) -> None:
    """Nothing is found in the built-in rules and in a sane file, and what was tried is told."""
    rules = rules_of([root / "fixtures" / "rules" / file for file in files])
    report = fuzz(rules, examples=60, kinds=[kind for kind in KINDS if kind != "slow"])
    assert report.findings == ()
    tried = report.as_json()["tried"]
    assert tried["lane"]["built-in values"] == 60
    assert sum(tried["near miss"].values()) >= 60


def test_lanes_take_turns_until_the_time_is_up() -> None:
    """Without a number of examples; the pumps have their turn too."""
    left = iter(range(440))
    report = fuzz(builtin_rules(), out_of_time=lambda: next(left, None) is None, kinds=["leak", "slow"])
    assert report.tally.total("lane") > 100
    assert report.tally.total("pumped rule") > 0


def test_slow_rules_are_reported(root: Path) -> None:
    """The user's rules are pumped first; a report without payload of its own is plain data."""
    left = iter(range(12))
    rules = rules_of([root / "fixtures" / "rules_broken" / "part-slow.toml"])
    report = fuzz(rules, examples=1, kinds=["slow"], out_of_time=lambda: next(left, None) is None)
    (found,) = report.as_json()["findings"]
    assert (found["kind"], found["rule"], found["spans"]) == ("slow", "part.number", [])
    assert report.tally.total("pumped rule") > 1


def test_later_turns_are_other_rounds() -> None:
    """With time left the lanes have another turn, with seeds of its own."""
    left = iter(range(1300))
    report = fuzz(builtin_rules(), out_of_time=lambda: next(left, None) is None, kinds=["over"])
    assert report.findings == ()
    assert report.tally.total("lane") > 1000


def test_a_rule_may_claim_a_family() -> None:
    """Who has a rule for order numbers does not want them kept."""
    phone = [rule for rule in builtin_rules().rules if rule.id == "phone.nanp"]
    assert "order" in unclaimed(phone)
    with_order = [rule for rule in builtin_rules().rules if any("order" in text for text in rule.match)]
    assert not with_order or "order" not in unclaimed(with_order)


def test_findings_are_written(root: Path, tmp_path: Path) -> None:
    """A case and a sound recording for each; the same bytes when it is done again."""
    report = fuzz(rules_of([root / "fixtures/rules_broken/member-greedy.toml"]), examples=40, kinds=["over"])
    files = write_findings(report.findings, tmp_path / "out", seed=0)
    first = [path.read_bytes() for path in files]
    assert [path.read_bytes() for path in write_findings(report.findings, tmp_path / "out", seed=0)] == first
    case = json.loads(files[0].read_text().splitlines()[0])
    assert (case["kind"], case["rule"], case["spans"]) == ("over", "member.number", [])
    assert all(examine(path).findings == () for path in files[1:])
    assert len(files) == len(report.findings) + 1
