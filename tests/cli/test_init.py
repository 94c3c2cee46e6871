"""``harness init``: the files it writes, and every command in them."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from harness.cli.init import RECIPES, recipe_text
from harness.cli.main import main

LIMIT_S = 240
MARK = "<!-- harness: recordings -->"

FAKE = """#!/bin/sh
# Notes what it was asked, answers what the test says, keeps what it was sent.
echo "$(basename "$0") $*" >> "$FAKES/asked"
if [ -f comment.md ]; then cp comment.md "$FAKES/comment.md"; fi
cat "$FAKES/answer" 2>/dev/null || true
"""
PYTHON = """#!/bin/sh
if [ "$1 $2" = "-m pip" ]; then echo "python $*" >> "$FAKES/asked"; else exec {python} "$@"; fi
"""


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["init", *arguments])


@pytest.fixture
def project(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a recording and its labels, and a PATH with our commands and stand-ins for those of the CI."""
    folder, tools, fakes = (tmp_path / name for name in ("project", "bin", "fakes"))
    for made in (folder / "recordings", tools, fakes):
        made.mkdir(parents=True)
    for kind in ("rec", "labels"):
        shutil.copy(root / "recordings" / f"retail-gift-return.{kind}.jsonl", folder / "recordings")
    known = any(point.name == "harness" for point in importlib.metadata.entry_points(group="pytest11"))
    plugin = "" if known else "-p harness.pytest_plugin.plugin "
    programs = {
        "harness": f'#!/bin/sh\nexec {sys.executable} -m harness "$@"\n',
        "pytest": f'#!/bin/sh\nexec {sys.executable} -m pytest {plugin}-p no:cacheprovider "$@"\n',
        "python": PYTHON.format(python=sys.executable),
        "gh": FAKE,
        "curl": FAKE,
    }
    for name, text in programs.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    for name in [name for name in os.environ if name.startswith(("GIT_", "HARNESS_", "PYTEST_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FAKES", str(fakes))
    monkeypatch.setenv("CI", "true")
    monkeypatch.chdir(folder)
    return folder


# The verb


@pytest.mark.parametrize("name", RECIPES)
def test_it_writes_a_file_and_never_over_one(project: Path, name: str) -> None:
    """Into its place, or where -o says, or to stdout; what is there stays without --force."""
    (project / ".git" / "hooks").mkdir(parents=True)
    target = project / RECIPES[name].target
    done = invoke("ci", f"--{name}")
    assert (done.exit_code, done.stdout) == (0, ""), done.output
    assert target.read_text() == recipe_text(name)
    assert bool(target.stat().st_mode & stat.S_IXUSR) == (name == "git-hook")
    target.write_text("mine\n")
    done = invoke("ci", f"--{name}")
    assert (done.exit_code, target.read_text()) == (2, "mine\n")
    assert "--force replaces it; -o - prints the text" in done.stderr
    assert invoke("ci", f"--{name}", "--force").exit_code == 0
    assert target.read_text() == invoke("ci", f"--{name}", "-o", "-").stdout == recipe_text(name)
    assert invoke("ci", f"--{name}", "-o", "other/file").exit_code == 0
    assert (project / "other" / "file").read_text() == recipe_text(name)


def test_calls_that_do_not_go(project: Path) -> None:
    """Nothing chosen; a hook where there is no repository; a place that cannot be written."""
    assert "--github | --gitlab | --pre-commit | --git-hook" in invoke("ci").stderr
    assert "the top folder of a repository" in invoke("ci", "--git-hook").stderr
    (project / "file").write_text("")
    done = invoke("ci", "--github", "-o", "file/x.yml")
    assert (done.exit_code, len(done.stderr.splitlines())) == (4, 1)


# What the texts are


def test_github_is_a_workflow() -> None:
    """Jobs of steps that run or use something, with least rights; every expression is closed."""
    text = recipe_text("github")
    flow = yaml.safe_load(text)
    assert set(flow) == {"name", True, "permissions", "concurrency", "defaults", "jobs"}  # YAML reads `on` as a truth
    assert set(flow[True]) == {"pull_request", "push"}
    assert flow["permissions"] == {"contents": "read", "pull-requests": "write", "security-events": "write"}
    (job,) = flow["jobs"].values()
    assert set(job) == {"runs-on", "timeout-minutes", "steps"}
    for step in job["steps"]:
        assert set(step) <= {"name", "if", "run", "uses", "with", "env"}
        assert ("run" in step) != ("uses" in step)
        assert re.fullmatch(r"[\w-]+/[\w/-]+@v\d+", step.get("uses", "a/b@v1"))
    assert text.count("${{") == text.count("}}") == len(re.findall(r"\$\{\{ [^{}]+ \}\}", text))
    commands = "\n".join(step["run"] for step in job["steps"] if "run" in step)
    assert "${{" not in commands, "text of an event must reach the shell by the environment only"


def test_gitlab_is_a_job() -> None:
    """One job with rules, commands as text, and reports GitLab reads."""
    (job,) = yaml.safe_load(recipe_text("gitlab")).values()
    assert set(job) == {"stage", "image", "timeout", "rules", "before_script", "script", "after_script", "artifacts"}
    assert all(isinstance(line, str) for part in ("before_script", "script", "after_script") for line in job[part])
    assert job["artifacts"]["reports"] == {"junit": "junit-recordings.xml"}
    assert job["artifacts"]["when"] == "always"


def test_pre_commit_is_a_local_hook(project: Path) -> None:
    """The pattern takes recordings and nothing else, and the entry is a command of ours."""
    (repo,) = yaml.safe_load(recipe_text("pre-commit"))["repos"]
    (hook,) = repo["hooks"]
    assert (repo["repo"], hook["language"]) == ("local", "system")
    assert set(hook) == {"id", "name", "entry", "language", "files"}
    names = ["a.rec.jsonl", "x/a.rec.jsonl.gz", "a.labels.jsonl", "a.rec.jsonl.bak"]
    assert [name for name in names if re.search(hook["files"], name)] == names[:2]
    path = "recordings/retail-gift-return.rec.jsonl"
    assert subprocess.run([*hook["entry"].split(), path], check=False, capture_output=True).returncode == 0


# What they do


def github(project: Path, **changes: str) -> dict[str, subprocess.CompletedProcess[str]]:
    """Every command of the workflow, as the runner starts it; by the step's name."""
    (job,) = yaml.safe_load(recipe_text("github"))["jobs"].values()
    done = {}
    for step in job["steps"]:
        if "run" in step:
            env = {**os.environ, "GITHUB_STEP_SUMMARY": str(project / "summary.md"), **step.get("env", {}), **changes}
            command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
            done[step["name"]] = subprocess.run(
                command, env=env, check=False, capture_output=True, text=True, timeout=LIMIT_S
            )
    return done


def codes(done: dict[str, subprocess.CompletedProcess[str]]) -> dict[str, int]:
    return {name: one.returncode for name, one in done.items() if one.returncode}


def asked() -> list[str]:
    return Path(os.environ["FAKES"], "asked").read_text().splitlines()


def test_github_runs(project: Path) -> None:
    """Every command of the workflow, green: a summary, findings under the recordings' folder, one comment made."""
    done = github(project, COMMENTS="repos/me/it/issues/7/comments")
    assert codes(done) == {}, {name: one.stdout + one.stderr for name, one in done.items()}
    assert (project / "summary.md").read_text().startswith("# Mediation report: ci")
    assert (project / "summary.md").stat().st_size <= 1 << 20
    log = json.loads((project / "findings.sarif").read_text())
    places = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in log["runs"][0]["results"]}
    assert places <= {"recordings/retail-gift-return.rec.jsonl"}
    assert "<testsuite" in (project / "junit-recordings.xml").read_text()
    install, look, post = asked()
    assert install == "python -m pip install mediation-harness[test]"
    assert look.startswith("gh api --paginate repos/me/it/issues/7/comments --jq .[] | select(.body | startswith(")
    assert post == "gh api --method POST repos/me/it/issues/7/comments --field body=@comment.md --silent"
    comment = Path(os.environ["FAKES"], "comment.md").read_text()
    assert comment.startswith(f"{MARK}\n# Mediation report: ci\n")
    assert len(comment) < 65_536


@pytest.mark.prove
def test_a_lost_format_turns_github_red_and_green_again(project: Path) -> None:
    """A rule that loses a telephone format: tests and gate are red, with message, rule and command; then it is put back."""
    assert codes(github(project)) == {}
    assert (
        subprocess.run(["harness", "approve", "reports/ci", "--baseline", "pinned.json"], check=False).returncode == 0
    )
    Path(os.environ["FAKES"], "answer").write_text("https://example.invalid/comments/9\n")
    (project / "phone.toml").write_text(LOST)
    (project / "harness.toml").write_text('rules = ["phone.toml"]\n')
    done = github(project)
    assert codes(done) == {"Replay as tests": 1, "Gate": 1}, {n: one.stdout + one.stderr for n, one in done.items()}
    said = done["Replay as tests"].stdout
    assert re.search(
        r"message \d+ \(seq \d+, utterance\) at /text: PHONE of \d+ characters from \d+ on is missed", said
    )
    assert "the built-in rule phone.nanp finds it; a rule of yours has taken its place" in said
    assert "replay it: harness run --recording recordings/retail-gift-return.rec.jsonl" in said
    assert re.search(r"^new leak +\S+\|\d+\|/\S+\|\d+\|\d+\|PHONE$", done["Gate"].stdout, re.MULTILINE)
    assert asked()[-1].startswith("gh api --method PATCH https://example.invalid/comments/9 ")
    leaks = json.loads((project / "findings.sarif").read_text())["runs"][0]["results"]
    assert "leak/PHONE" in {one["ruleId"] for one in leaks}
    again = said[said.index("replay it: ") + len("replay it: ") :].splitlines()[0].split()
    replayed = subprocess.run(again, check=False, capture_output=True, text=True, timeout=LIMIT_S)
    assert re.search(r" [1-9]\d* differing", replayed.stderr)
    (project / "harness.toml").unlink()
    assert codes(github(project)) == {}


LOST = """
[[rule]]
id = "phone.nanp"
type = "PHONE"
kind = "run"
pattern = 'x[0-9]{10}'
priority = 1
min_len = 11
max_len = 11
[rule.examples]
match = ["x0123456789"]
no_match = ["0123456789"]
"""


def gitlab(**variables: str) -> tuple[subprocess.CompletedProcess[str], subprocess.CompletedProcess[str]]:
    """The job as a runner starts it: its script in one shell, what comes after in another."""
    (job,) = yaml.safe_load(recipe_text("gitlab")).values()
    first, second = ("\n".join(lines) for lines in (job["before_script"] + job["script"], job["after_script"]))
    done = [
        subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text],
            env={**os.environ, "HARNESS_COMMENT_TOKEN": "", "CI_MERGE_REQUEST_IID": "", **variables},
            check=False,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
        for text in (first, second)
    ]
    return done[0], done[1]


@pytest.mark.prove
def test_gitlab_runs(project: Path) -> None:
    """Every command of the job: green, one note made, then the same note changed; red with the names of what failed."""
    job, after = gitlab()
    assert (job.returncode, after.returncode) == (0, 0), job.stdout + job.stderr + after.stderr
    assert asked() == ["python -m pip install mediation-harness[test]"]
    assert (project / "junit-recordings.xml").exists()
    assert json.loads((project / "reports" / "ci" / "findings.sarif").read_text())["version"] == "2.1.0"
    api = {"HARNESS_COMMENT_TOKEN": "t0ken", "CI_MERGE_REQUEST_IID": "5", "CI_PROJECT_ID": "3"}
    api["CI_API_V4_URL"] = "https://example.invalid/api/v4"
    answer = Path(os.environ["FAKES"], "answer")
    for notes, said in (
        ([], "--request POST .* body@comment.md .*/merge_requests/5/notes"),
        ([{"id": 8, "body": "hi"}, {"id": 9, "body": MARK}], "--request PUT .* body@comment.md .*/notes/9"),
    ):
        answer.write_text(json.dumps(notes))
        job, after = gitlab(**api)
        assert (job.returncode, after.returncode) == (0, 0), after.stderr
        assert re.search(said, asked()[-1])
    assert Path(os.environ["FAKES"], "comment.md").read_text().startswith(MARK)
    path = project / "recordings" / "retail-gift-return.rec.jsonl"
    path.write_bytes(path.read_bytes()[:-500])
    job, _ = gitlab()
    assert job.returncode == 1
    assert "red: scan tests run" in job.stdout


# Hooks


@pytest.fixture
def repository(project: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """A git repository with the hook; runs git in it."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")

    def git(*arguments: str) -> subprocess.CompletedProcess[str]:
        named = ["-c", "user.name=x", "-c", "user.email=x@example.invalid", "-c", "core.hooksPath=.git/hooks"]
        return subprocess.run(["git", *named, *arguments], check=False, capture_output=True, text=True, timeout=LIMIT_S)

    assert git("init", "-q").returncode == 0
    assert invoke("ci", "--git-hook").exit_code == 0
    return git


def leaking(path: Path) -> bytes:
    """The recording with a telephone number in a message, sealed anew."""
    before = path.read_bytes()
    text = before.decode()
    at = text.index('\\"text\\":\\"') + len('\\"text\\":\\"')
    path.write_text(text[:at] + "Call 415-288-0199. " + text[at:])
    assert CliRunner().invoke(main, ["seal", str(path)]).exit_code == 0
    return before


def test_a_commit_with_personal_data_is_refused(
    project: Path, repository: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """By git itself: what is staged decides, not what lies in the folder; other files pass unseen."""
    path = project / "recordings" / "retail-gift-return.rec.jsonl"
    clean = leaking(path)
    (project / "notes.txt").write_text("415-288-0199\n")
    repository("add", ".")
    done = repository("commit", "-m", "leaks")
    assert done.returncode != 0
    assert "PHONE" in done.stdout + done.stderr
    assert "415-288-0199" not in done.stdout + done.stderr
    path.write_bytes(clean)
    assert repository("commit", "-m", "still staged").returncode != 0
    repository("add", "recordings")
    done = repository("commit", "-m", "clean")
    assert done.returncode == 0, done.stderr
    (project / "notes.txt").write_text("other\n")
    assert repository("commit", "-qam", "no recording").returncode == 0
    assert repository("log", "--format=%s").stdout.split("\n")[:2] == ["no recording", "clean"]
    shutil.rmtree(project / "recordings")
    assert repository("commit", "-qam", "recordings removed").returncode == 0


def test_answers_of_stand_ins_are_known() -> None:
    """What the workflow asks of gh is a jq expression that picks our comment by its first line."""
    (job,) = yaml.safe_load(recipe_text("github"))["jobs"].values()
    (step,) = [one for one in job["steps"] if one.get("name") == "Comment"]
    found: dict[str, Any] = step["env"]
    assert set(found) == {"GH_TOKEN", "COMMENTS"}
    assert step["run"].count(MARK) == 2
