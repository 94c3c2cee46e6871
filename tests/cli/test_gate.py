"""``harness compare``, ``gate``, ``approve``, ``selfcheck`` and ``history``, in process."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from harness.cli.common import ExitCode
from harness.cli.main import main
from harness.metrics.latency import LatencyBook
from harness.pipeline.outcome import Outcome, PathSpan
from harness.report.digest import digest_of
from harness.report.labels import Label
from harness.report.run import RunResult, SessionResult
from harness.report.write import write_report

Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def session(number: int, *, missed: bool, noted: bool) -> SessionResult:
    """One labelled value, found or missed."""
    text = "on 0123 then" if missed else "on [PHONE_REDACTED] then"
    payload = {"type": "utterance", "text": text}
    outcome = Outcome(
        number=1,
        conversation=f"c{number}",
        seq=1,
        event="utterance",
        verdict="accepted",
        stage="audit",
        reasons=("noted",) if noted else (),
        payload=payload,
        digest=digest_of(payload),
        pii_redacted=True,
        spans=() if missed else (PathSpan(path="/text", start=3, end=7, type="PHONE", rule="phone.x"),),
    )
    label = Label(
        id="l1",
        conversation=f"c{number}",
        seq=1,
        path="/text",
        kind="span",
        start=3,
        end=7,
        label="PHONE",
        annotator_kind="HUMAN",
    )
    return SessionResult(
        recording_id=f"r{number}",
        recording_path=f"{number}.rec.jsonl",
        outcomes=[outcome],
        labels=[label],
        label_source="human gold",
        sha256=f"sha256:{number}",
    )


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a run: so many sessions, so many misses, and with which median latency."""

    def build(
        name: str, n: int, *, missed: int = 0, noted: bool = False, ms: float | None = None, scan: bool = True
    ) -> Path:
        sessions = [session(i, missed=i < missed, noted=noted) for i in range(n)]
        if not scan:
            bad = dataclasses.replace(sessions[0].outcomes[0], pii_redacted=False)
            sessions[0] = dataclasses.replace(sessions[0], outcomes=[bad])
        book = None
        if ms is not None:
            book = LatencyBook()
            for i in range(n):
                book.record("message", round(ms * 1e6 * (1 + i % 7)), conversation=f"c{i}")
        run = RunResult(name=name, mode="replay", sessions=sessions, measurements=book, virtual_time=ms is None)
        write_report(run, tmp_path / name)
        return Path(name)

    return build


def invoke(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def gate(run: Path, *options: str) -> tuple[int, dict[str, Any]]:
    result = invoke("gate", run, "--baseline", "pin.json", "--json", *options)
    return result.exit_code, json.loads(result.stdout)


def test_gate_holds(write: Write) -> None:
    """What was approved passes, strictly too."""
    assert invoke("approve", write("a", 3), "--baseline", "pin.json").exit_code == 0
    code, found = gate(write("b", 3), "--strict")
    assert (code, found["verdict"], found["identical"]) == (ExitCode.OK, "ok", True)


def test_one_leak_fails(write: Write, figure: Callable[[str, object], None]) -> None:
    """One new leak of two hundred values fails at once and is named, without its value."""
    invoke("approve", write("a", 200), "--baseline", "pin.json")
    code, found = gate(write("b", 200, missed=1))
    assert (code, found["leaks"]["new"]) == (ExitCode.FAILED, ["c0|1|/text|3|7|PHONE"])
    figure("one new leak among 200 labelled values: exit code of the gate", int(code))
    shown = invoke("gate", "b", "--baseline", "pin.json")
    assert "new leak     c0|1|/text|3|7|PHONE" in shown.stdout
    assert "0123" not in shown.output
    assert "gate: failed\nnext: harness report b" in shown.stderr


def test_too_small(write: Write, figure: Callable[[str, object], None]) -> None:
    """A changed run of few conversations passes, and with --strict is inconclusive: it says how many more would decide."""
    invoke("approve", write("a", 5), "--baseline", "pin.json")
    run = write("b", 5, noted=True)
    assert gate(run)[0] == ExitCode.OK
    code, found = gate(run, "--strict")
    assert (code, found["verdict"]) == (ExitCode.INCONCLUSIVE, "inconclusive")
    assert all(row["more_conversations"] > 0 for row in found["figures"])
    more = max(row["more_conversations"] for row in found["figures"])
    figure("5 changed conversations", f"{found['verdict']}, {more} more would decide")
    assert "more conversations would decide" in invoke("gate", run, "--baseline", "pin.json").stdout


def test_slower(write: Write) -> None:
    """Half as slow again fails; within the allowance passes; not measured at all fails."""
    invoke("approve", write("a", 40, ms=2.0), "--baseline", "pin.json")
    code, found = gate(write("b", 40, ms=3.0))
    assert code == ExitCode.FAILED
    assert [row["verdict"] for row in found["figures"] if row["kind"] == "latency"] == ["regressed"]
    assert gate(Path("b"), "--slower", "0.6")[0] == ExitCode.OK
    run = write("c", 40)
    assert gate(run)[0] == ExitCode.FAILED
    assert "missing" in invoke("gate", run, "--baseline", "pin.json").stdout


def test_a_failed_check_fails(write: Write) -> None:
    """A message the second scan did not pass fails the gate, whatever the labels say."""
    invoke("approve", write("a", 3), "--baseline", "pin.json")
    run = write("b", 3, scan=False)
    code, found = gate(run)
    assert code == ExitCode.FAILED
    assert [check["name"] for check in found["failed_checks"]] == ["Second leak scan"]
    assert "failed       Second leak scan" in invoke("gate", run, "--baseline", "pin.json").stdout


def test_approving_a_subset(write: Write) -> None:
    """Approving two of four keeps the others; the whole run still passes, a part of it only when asked."""
    invoke("approve", write("a", 4), "--baseline", "pin.json")
    facts = json.loads(invoke("approve", write("part", 2), "--baseline", "pin.json", "--json").stdout)
    assert (facts["pinned"], facts["kept"], facts["recordings"], facts["changed"]) == (2, 2, 4, 2)
    assert gate(Path("a"))[0] == ExitCode.OK
    refused = invoke("gate", "part", "--baseline", "pin.json")
    assert (refused.exit_code, refused.stdout) == (ExitCode.USAGE, "")
    assert "--subset" in refused.stderr
    assert gate(Path("part"), "--subset")[0] == ExitCode.OK
    assert (
        "2 recordings pinned, 0 others kept"
        in invoke(
            "approve", "part", "--baseline", "pin.json", "--forget", "3.rec.jsonl", "--forget", "2.rec.jsonl"
        ).stderr
    )


def test_no_baseline(write: Write) -> None:
    """Without a baseline the way to one is named."""
    result = invoke("gate", write("a", 1), "--baseline", "none.json")
    assert result.exit_code == ExitCode.NOTHING
    assert "harness approve" in result.stderr


def test_compare(write: Write) -> None:
    """Two runs: figures, leaks, and each flip with its rules and words."""
    before, after = write("a", 60), write("b", 60, missed=12)
    result = invoke("compare", before, after, "--flips", "1")
    assert result.exit_code == ExitCode.FAILED
    assert "regressed    redaction.recall (human gold)" in result.stdout
    assert "flip         0.rec.jsonl message 1 (utterance): accepted  (-phone.x)" in result.stdout
    assert "/text: on [-[PHONE_REDACTED]-] [+0123+] then" in result.stdout
    assert "11 more flips" in result.stderr
    found = json.loads(invoke("compare", before, after, "--json").stdout)
    assert len(found["flips"]) == 12
    assert invoke("compare", after, before).exit_code == ExitCode.OK
    assert "leaks that are gone: 12" in invoke("compare", after, before).stdout


def test_compare_on_a_page(write: Write, tmp_path: Path) -> None:
    """--html is the page of the run after, with every flip; it needs two runs whose lines are there."""
    before, after, page = write("a", 6), write("b", 6, missed=2), tmp_path / "flips.html"
    result = invoke("compare", before, after, "--html", page, "--json")
    assert (result.exit_code, len(json.loads(result.stdout)["flips"])) == (ExitCode.FAILED, 2)
    text = page.read_text()
    assert text.count("rule gone: phone.x") == 3 and "Flips: the run before against this one" in text
    assert invoke("compare", before, "--baseline", "token_overlap", "--html", page).exit_code == ExitCode.USAGE
    (after / "results.jsonl").unlink()
    assert invoke("compare", before, after, "--html", page).exit_code == ExitCode.USAGE


def test_compare_the_same(write: Write) -> None:
    """Equal runs are told to be equal, also without their lists."""
    before, after = write("a", 2), write("b", 2)
    (after / "results.jsonl").unlink()
    result = invoke("compare", before, after, "--strict")
    assert result.exit_code == ExitCode.OK
    assert "every outcome is the same" in result.stderr


def test_compare_other_corpora(write: Write) -> None:
    """Runs over different recordings are refused with the way out."""
    result = invoke("compare", write("a", 2), write("b", 3))
    assert (result.exit_code, result.stdout) == (ExitCode.USAGE, "")
    assert "run both over the same recordings" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("a",),
        ("a", "a", "a"),
        ("a", "--rules", "x.toml"),
        ("--corpus", "a"),
        ("a", "a", "--baseline", "token_overlap"),
        ("a", "--slower", "-1"),
    ],
)
def test_compare_asks_for_the_right_things(write: Write, arguments: tuple[str, ...]) -> None:
    """Anything but two runs, rules with a corpus, or one run with a rule is a usage error of one line."""
    write("a", 1)
    result = invoke("compare", *arguments)
    assert (result.exit_code, result.stdout) == (ExitCode.USAGE, "")
    assert result.stderr.count("\n") == 1


def test_compare_with_token_overlap(root: Path, write: Write) -> None:
    """A run of committed recordings beside the old rule, with balanced accuracy of both; it needs results.jsonl."""
    assert invoke("run", "--recording", root / "recordings", "--name", "r").exit_code == 0
    result = invoke("compare", "reports/r", "--baseline", "token_overlap")
    assert result.exit_code == ExitCode.OK
    assert "balanced accuracy (scenario, n 12): " in result.stdout
    run = write("a", 1)
    (run / "results.jsonl").unlink()
    assert invoke("compare", run, "--baseline", "token_overlap").exit_code == ExitCode.USAGE


def test_compare_rules(root: Path) -> None:
    """A corpus under other rules: these find nothing there, so nothing flips."""
    rules, corpus = root / "fixtures" / "rules" / "airline.toml", root / "recordings" / "bank-lost-card.rec.jsonl"
    result = invoke("compare", "--rules", rules, "--corpus", corpus, "--json")
    assert result.exit_code == ExitCode.OK
    assert json.loads(result.stdout)["flips"] == []


def test_flips_of_one_side(root: Path, write: Write) -> None:
    """A message of one run only is told as such."""
    before, after = write("a", 2), write("b", 2)
    lines = (before / "results.jsonl").read_text().splitlines(keepends=True)
    (after / "results.jsonl").write_text(lines[0])
    assert (
        "flip         1.rec.jsonl message 1 (utterance): in the before run only"
        in invoke("compare", before, after).stdout
    )


def test_selfcheck() -> None:
    """--json has three members; words show the power too."""
    found = json.loads(invoke("selfcheck", "--aa", "3", "--json").stdout)
    assert found.keys() == {"runs", "accuracy_false_alarms", "latency_false_alarms"}
    assert found["runs"] == 3


def test_selfcheck_shows_power(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --json the power stands below, by size."""
    monkeypatch.setattr("harness.metrics.selfcheck.SIZES", (30,))
    result = invoke("selfcheck", "--aa", "2")
    assert result.exit_code == 0
    assert "n = 30    recall 3 points lower: found" in result.stdout


def test_selfcheck_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gate that cries wolf leaves with 1."""
    monkeypatch.setattr("harness.cli.selfcheck.trustworthy", lambda _: False)
    result = invoke("selfcheck", "--aa", "1", "--no-power")
    assert result.exit_code == ExitCode.FAILED
    assert "more false alarms" in result.stderr


def test_history(root: Path, write: Write) -> None:
    """Every run is kept; a run made elsewhere can be added; figures have a trend."""
    recording = root / "recordings" / "bank-lost-card.rec.jsonl"
    for name in ("one", "two"):
        assert invoke("run", "--recording", recording, "--name", name).exit_code == 0
    assert invoke("history", "add", write("a", 2)).stderr == "kept\n"
    listed = invoke("history", "list").stdout.splitlines()
    assert [line.split()[1] for line in listed] == ["one", "two", "a"]
    rows = [json.loads(line) for line in invoke("history", "list", "--json").stdout.splitlines()]
    assert rows[0]["corpus"] == rows[1]["corpus"] != rows[2]["corpus"]
    trend = invoke("history", "trend", "parity.differing").stdout.splitlines()
    assert [line.endswith("(another corpus)") for line in trend] == [False, False, True]
    points = [json.loads(line) for line in invoke("history", "trend", "parity.differing", "--json").stdout.splitlines()]
    assert [point["same_corpus"] for point in points] == [False, True, False]
    unknown = invoke("history", "trend", "nothing")
    assert unknown.exit_code == ExitCode.USAGE
    assert "parity.differing" in unknown.stderr


def test_no_history() -> None:
    """Before the first run there is none."""
    assert invoke("history", "list").exit_code == ExitCode.NOTHING


def test_an_unusable_history_fails_no_run(root: Path, tmp_path: Path) -> None:
    """Where the history cannot be written the run says so and goes on."""
    (tmp_path / "reports").mkdir()
    shutil.copy(root / "README.md", tmp_path / "reports" / "history.sqlite3")
    result = invoke("run", "--recording", root / "recordings" / "bank-lost-card.rec.jsonl")
    assert result.exit_code == 0
    assert "not a history" in result.stderr
