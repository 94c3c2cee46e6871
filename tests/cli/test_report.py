"""``harness report``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.cli.common import ExitCode
from harness.cli.report import command
from harness.cli.run import command as run_command
from harness.pipeline.outcome import Outcome
from harness.report.run import RunResult, SessionResult
from harness.report.write import VIEWS, write_report


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small report."""
    outcome = Outcome(
        number=1,
        conversation="c",
        seq=1,
        event="utterance",
        verdict="rejected",
        stage="validate",
        reasons=("schema",),
        pii_redacted=True,
    )
    session = SessionResult(recording_id="r", recording_path="a.rec.jsonl", outcomes=[outcome])
    write_report(RunResult(name="demo", mode="replay", sessions=[session], virtual_time=True), tmp_path / "demo")
    return tmp_path / "demo"


def invoke(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments], input=stdin)


@pytest.mark.parametrize("form", VIEWS)
def test_same_bytes_as_written(folder: Path, form: str) -> None:
    """A view made again is the view that was written."""
    result = invoke(folder, "--format", form)
    assert result.exit_code == 0
    assert result.stdout_bytes == (folder / VIEWS[form]).read_bytes()
    assert invoke("show", folder, "--format", form).stdout_bytes == result.stdout_bytes


def test_markdown_is_the_default(folder: Path) -> None:
    """Without a format people get Markdown; --json is for machines."""
    assert invoke(folder / "report.json").stdout.startswith("# Mediation report: demo")
    assert json.loads(invoke(folder, "--json").stdout)["format"] == "mediation-report"


def test_for_other_places(folder: Path) -> None:
    """A size for Markdown, a folder for SARIF; neither for any other form."""
    assert invoke(folder, "--limit-bytes", "1048576").stdout.startswith("# Mediation report: demo")
    assert '"results"' in invoke(folder, "--format", "sarif", "--source-root", "recordings").stdout
    for arguments in (("--limit-bytes", "20000", "--format", "csv"), ("--source-root", "x"), ("--limit-bytes", "5")):
        result = invoke(folder, *arguments)
        assert (result.exit_code, result.stdout) == (ExitCode.USAGE, ""), result.output


def test_to_a_file(folder: Path, tmp_path: Path) -> None:
    """-o writes the file and says so on stderr."""
    result = invoke(folder, "--format", "html", "-o", tmp_path / "x.html")
    assert (result.stdout, result.exit_code) == ("", 0)
    assert "wrote" in result.stderr
    assert (tmp_path / "x.html").read_bytes() == (folder / "report.html").read_bytes()


def test_from_stdin(folder: Path) -> None:
    """- reads report.json; its lists need results.jsonl."""
    result = invoke("-", stdin=(folder / "report.json").read_bytes())
    assert "The lists need results.jsonl" in result.stdout


@pytest.mark.parametrize(
    "content,code",
    [
        (None, ExitCode.NOTHING),
        ("{}", ExitCode.BAD_FILE),
        ('{"format":"mediation-report","version":9}', ExitCode.BAD_FILE),
    ],
)
def test_bad_input(tmp_path: Path, content: str | None, code: int) -> None:
    """One line on stderr, the documented exit code, nothing on stdout."""
    if content is not None:
        (tmp_path / "report.json").write_text(content)
    result = invoke(tmp_path)
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.startswith("harness: ") and result.stderr.count("\n") == 1


def test_unwritable_output(folder: Path, tmp_path: Path) -> None:
    """A folder that is not there is a typed error, and nothing is written."""
    result = invoke(folder, "-o", tmp_path / "none" / "x.md")
    assert result.exit_code == ExitCode.BAD_FILE
    assert not (tmp_path / "none").exists()


def test_broken_results_leave_no_half_view(folder: Path, tmp_path: Path) -> None:
    """A broken line of results is one line on stderr, and the file asked for is not written."""
    with (folder / "results.jsonl").open("a") as file:
        file.write("{\n")
    result = invoke(folder, "--format", "html", "-o", tmp_path / "x.html")
    assert result.exit_code == ExitCode.BAD_FILE and "results.jsonl:2" in result.stderr
    assert not (tmp_path / "x.html").exists()


@pytest.fixture
def corpus(root: Path, tmp_path: Path) -> Path:
    """A folder with one committed recording."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for path in (root / "recordings").glob("telco-broken-stream.*"):
        shutil.copy(path, folder)
    return folder


def test_verify(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report holds with its recordings, wherever they lie; with another one it does not, and what differs is named."""
    monkeypatch.chdir(tmp_path)
    files = [str(path) for path in corpus.glob("*.rec.jsonl")]
    CliRunner().invoke(run_command, ["--recording", *files, "--name", "one"])
    made = tmp_path / "reports" / "one"
    held = invoke("verify", made, "--corpus", corpus)
    assert (held.exit_code, held.stdout) == (0, "") and "holds: 1 recording run again" in held.stderr
    corpus.rename(made / "recordings")
    assert json.loads(invoke("verify", made, "--json").stdout)["holds"] is True
    labels = made / "recordings" / "telco-broken-stream.labels.jsonl"
    labels.write_text("".join(labels.read_text().splitlines(keepends=True)[:-3]))
    changed = invoke("verify", made / "report.json")
    assert changed.exit_code == ExitCode.FAILED
    assert "verdicts: verdicts: accuracy" in changed.stdout.splitlines()
    assert json.loads(invoke("verify", made, "--json").stdout)["differs"][0]["what"] == "verdicts"


def test_verify_without_recordings(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing to run again is no success."""
    monkeypatch.chdir(tmp_path)
    result = invoke("verify", folder)
    assert result.exit_code == ExitCode.NOTHING
    assert "name them with --corpus" in result.stderr


def test_help(tmp_path: Path) -> None:
    """The group's own help is not taken for a folder; nothing at all is a question of usage."""
    assert "verify" in invoke("--help").stdout
    assert invoke().exit_code == ExitCode.USAGE
