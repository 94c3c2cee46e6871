"""``harness chaos``: its figures and exit codes."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from harness.cli import chaos
from harness.cli.chaos import command
from harness.session.chaos.campaign import Campaign
from harness.session.chaos.history import Findings
from harness.session.chaos.trial import Result, Trial

KEYS = ["faults", "kinds", "survived", "lost", "duplicated", "reordered", "unrecorded_gaps", "seconds"]


def test_json_has_exactly_the_promised_keys() -> None:
    """And the run survived."""
    done = CliRunner().invoke(command, ["--faults", "2", "--kinds", "drop,gap", "--seed", "3", "--json"])
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout)
    assert list(figures) == KEYS
    assert (figures["faults"], figures["kinds"], figures["survived"]) == (2, 2, 2)


def test_what_was_not_survived_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 1, the trial, its faults and why; not hundreds of them."""
    trial = Trial(number=7, words=("gap:n=2", "drop:code=fin"), forms=())
    bad = Result(trial=trial, findings=Findings(lost=["seq 3"]))
    monkeypatch.setattr(chaos, "run_campaign", lambda *_, **__: Campaign(results=[bad] * 25, seconds=1))
    monkeypatch.setattr(Campaign, "figures", dict.fromkeys(KEYS, 0) | {"faults": 25})
    done = CliRunner().invoke(command, [])
    assert done.exit_code == 1
    assert "trial 7, gap:n=2 + drop:code=fin: lost: seq 3" in done.stderr
    assert "and 5 trials more" in done.stderr


def test_an_unknown_kind_is_refused() -> None:
    """With what there is."""
    done = CliRunner().invoke(command, ["--kinds", "earthquake"])
    assert done.exit_code == 2
    assert "earthquake" in done.stderr
