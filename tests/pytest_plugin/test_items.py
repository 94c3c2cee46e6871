"""Recordings as test items, in projects without a line of Python."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.main import main
from harness.recording.edit import reseal

Run = Callable[..., pytest.RunResult]
Copy = Callable[..., Path]


def test_a_rule_that_loses_a_format_turns_red_and_back(
    run: Run, with_recordings: Copy, lose_phone: Callable[[], Path]
) -> None:
    """The first loss is told of with message, place, rule and the replay's command; without the rule all is green."""
    with_recordings("retail-gift-return")
    settings = lose_phone()
    red = run("recordings/", "-q")
    red.assert_outcomes(failed=2, passed=2)
    red.stdout.re_match_lines(
        [
            r"recordings/retail-gift-return\.rec\.jsonl: the replay differs from what was recorded live, findings: \d+",
            r"  message 11 \(seq 11, utterance\): redaction differs",
            r"    PHONE at /text is no longer found: the built-in rule phone\.nanp finds it; a rule of yours has taken .*",
            r"replay it: harness run --recording recordings/retail-gift-return\.rec\.jsonl",
            r"recordings/retail-gift-return\.rec\.jsonl: labels and outcomes disagree, findings: \d+",
            r"  message 11 \(seq 11, utterance\) at /text: PHONE of 12 characters from 35 on is missed",
            r"    the built-in rule phone\.nanp finds it; a rule of yours has taken its place",
            r"replay it: harness run --recording recordings/retail-gift-return\.rec\.jsonl",
        ],
        consecutive=False,
    )
    settings.unlink()
    run("recordings/", "-q").assert_outcomes(passed=4)


def same_report(run: Run, project: pytest.Pytester, checks: int) -> None:
    alone = run("recordings/", "-q", "--harness-report", "one/all")
    alone.assert_outcomes(passed=checks)
    assert "report: one/all/report.html sha256:" in alone.stdout.str()
    run("recordings/", "-q", "-n", "2", "--harness-report", "two/all").assert_outcomes(passed=checks)
    for name in ("report.json", "results.jsonl", "report.md", "report.html"):
        assert (project.path / "one/all" / name).read_bytes() == (project.path / "two/all" / name).read_bytes(), name


def test_one_report_with_and_without_workers(run: Run, with_recordings: Copy, project: pytest.Pytester) -> None:
    """The merged report of two workers is byte for byte that of one process, and nothing is left behind."""
    with_recordings("airline-misspelled-name", "bank-lost-card")
    same_report(run, project, 8)


@pytest.mark.prove
def test_one_report_of_all_recordings(run: Run, with_recordings: Copy, project: pytest.Pytester) -> None:
    """The same over every committed recording, and the digest is that of ``harness run`` over them."""
    folder = with_recordings()
    same_report(run, project, 24)
    done = CliRunner().invoke(main, ["run", str(folder), "--name", "all", "--json"])
    report = json.loads((project.path / "one/all/report.json").read_text())
    assert json.loads(done.stdout)["digest"] == report["digest"]


def test_a_packed_recording_without_labels(run: Run, with_recordings: Copy) -> None:
    """A compressed recording is collected like any other; without labels there is no such check."""
    folder = with_recordings("bank-lost-card", labels=False)
    plain = folder / "bank-lost-card.rec.jsonl"
    plain.with_name(plain.name + ".gz").write_bytes(gzip.compress(plain.read_bytes(), mtime=0))
    plain.unlink()
    name = "recordings/bank-lost-card.rec.jsonl.gz"
    done = run(name, "-v")
    done.assert_outcomes(passed=3)
    done.stdout.fnmatch_lines([f"{name}::file PASSED*", f"{name}::parity PASSED*", f"{name}::leaks PASSED*"])


def test_damage_is_told_of_by_line(run: Run, with_recordings: Copy) -> None:
    """A flipped byte fails every check of the file; the check of the file names the line, and none shows text."""
    path = with_recordings("bank-lost-card") / "bank-lost-card.rec.jsonl"
    data = bytearray(path.read_bytes())
    at = data.index(b'"text":"{') + 30
    data[at] ^= 1
    path.write_bytes(bytes(data))
    done = run("recordings", "-q")
    done.assert_outcomes(failed=4)
    done.stdout.re_match_lines(
        [r".*: 1 kinds of damage", r"  line \d+: flipped_byte: .*", r"see it again: harness doctor .*"]
    )
    done.stdout.re_match_lines([r".*: parity could not be checked: .*"])
    assert "interaction_id" not in done.stdout.str()


def test_a_baseline_names_the_rule_that_found_a_value(
    run: Run, with_recordings: Copy, lose_phone: Callable[[], Path]
) -> None:
    """Against an earlier report a lost value is told of with the rule that found it then."""
    folder = with_recordings("retail-gift-return", labels=False)
    assert CliRunner().invoke(main, ["run", str(folder), "--name", "before"]).exit_code == 0
    run("recordings", "--harness-baseline", "reports/before").assert_outcomes(passed=4)
    lose_phone()
    done = run("recordings", "-k", "baseline", "--harness-baseline", "reports/before")
    done.assert_outcomes(failed=1, deselected=3)
    done.stdout.re_match_lines(
        [
            r"  message 11 \(seq 11, utterance\):",
            r"    PHONE at /text is no longer found: rule phone\.nanp found it in the baseline; a rule of yours has .*",
        ],
        consecutive=True,
    )


def test_a_baseline_that_cannot_be_read(run: Run, with_recordings: Copy) -> None:
    """A baseline that is not there ends the run with its name, before anything is replayed."""
    with_recordings("retail-gift-return")
    done = run("recordings", "--harness-baseline", "nowhere")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert "nowhere" in done.stderr.str() + done.stdout.str()


@pytest.mark.prove
def test_expired_recordings_are_told_of(run: Run, with_recordings: Copy, project: pytest.Pytester) -> None:
    """With a limit of days an old recording is named at the end; it fails nothing."""
    folder = with_recordings("bank-lost-card", labels=False)
    path = folder / "bank-lost-card.rec.jsonl"
    head, _, rest = path.read_text().partition("\n")
    path.write_text(head.replace('"created":"2', '"created":"1', 1) + "\n" + rest)
    reseal(path)
    done = run("recordings", "-k", "file", "--harness-expire-days", "30")
    done.assert_outcomes(passed=1, deselected=2)
    done.stdout.re_match_lines([r"expired: recordings/bank-lost-card\.rec\.jsonl is \d+ days old \(more than 30\); .*"])
    assert run("recordings", "--harness-expire-days", "0").ret == pytest.ExitCode.USAGE_ERROR
    project.makeini("[pytest]\nharness_expire_days = 30\n")
    assert "expired: " in run("recordings", "-k", "file").stdout.str()
