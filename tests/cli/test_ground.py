"""``harness ground``."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.ground import command

CASE = {
    "id": 7,
    "context": "Agent: The fee is 6 pounds.",
    "summary": "The fee is £6. The fee is 60 pounds. Zebras dance at midnight.",
}


def run(*args: str, text: str = "") -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    done = CliRunner().invoke(command, [*args], input=text)
    return done.exit_code, done.stdout, done.stderr


def test_jsonl() -> None:
    """One verdict a line in the documented shape."""
    turns = {
        "id": "b",
        "context": [{"speaker": "Agent", "text": "Your bill is 9 euros."}],
        "summary": "The bill is 9 euros.",
    }
    code, out, err = run("--jsonl", text=json.dumps(CASE) + "\n\n" + json.dumps(turns) + "\n")
    first, second = map(json.loads, out.splitlines())
    assert (code, err) == (0, "")
    assert list(first) == ["id", "verdict", "band", "score", "claims"]
    assert (first["id"], first["verdict"], second["verdict"]) == (7, "ungrounded", "grounded")
    assert [claim["verdict"] for claim in first["claims"]] == ["grounded", "ungrounded", "ungrounded"]
    assert list(first["claims"][0]) == ["start", "end", "verdict", "reason", "evidence"]


def test_for_people(tmp_path: Path) -> None:
    """A line a case; with --explain the claims and what was said."""
    path = tmp_path / "cases.jsonl"
    path.write_text(json.dumps(CASE), encoding="utf-8")
    code, out, err = run(str(path))
    assert (code, out.count("\n"), err) == (0, 1, "1 checked, 1 ungrounded\n")
    _, out, _ = run("--explain", str(path))
    assert "turn 1: The fee is 6 pounds." in out
    assert "nothing near was said" in out


def test_the_baseline_stands_beside() -> None:
    """What token overlap says of the same case, on redacted text, in both forms of output."""
    text = json.dumps({"id": 1, "context": CASE["context"], "summary": "The fee is 9 pounds."})
    _, out, err = run("--baseline", text=text)
    assert "1: ungrounded" in out
    assert "token overlap: grounded (0.800)" in out
    assert err == "1 checked, 1 ungrounded, 1 unlike token overlap\n"
    _, out, _ = run("--baseline", "--jsonl", text=text)
    assert json.loads(out)["token_overlap"] == {"verdict": "grounded", "score": 0.8}


@pytest.mark.parametrize(
    "line",
    [
        "secret",
        "[" * 100_000,
        "[]",
        '{"id":1,"context":"secret"}',
        '{"id":1,"summary":"secret"}',
        '{"id":1,"summary":"secret","context":[{"speaker":"A"}]}',
        '{"id":1,"summary":"secret","context":["secret"]}',
    ],
)
def test_a_bad_line_is_one_line_and_code_4(line: str) -> None:
    """The error names the line and never repeats its text."""
    code, out, err = run("--jsonl", text=line + "\n")
    assert (code, out, err.count("\n")) == (4, "", 1)
    assert ":1:" in err
    assert "secret" not in err


def test_bytes_that_are_no_utf8(tmp_path: Path) -> None:
    """A file in another encoding is code 4."""
    path = tmp_path / "cases.jsonl"
    path.write_bytes(b"\xff\xfe{}")
    assert run(str(path))[0] == 4


def test_fit_and_check_with_the_model(tmp_path: Path) -> None:
    """A model is written, or printed, and can be checked with."""
    cases = [
        {
            "id": n,
            "context": f"Agent: The fee is {n} pounds.",
            "summary": f"The fee for it is {n + shift} pounds.",
            "label": "hallucinated" if shift else "grounded",
        }
        for n in range(3, 15)
        for shift in (0, 40)
    ]
    text = "".join(json.dumps(case) + "\n" for case in cases)
    path = tmp_path / "model.json"
    code, out, err = run("--fit", "--out", str(path), text=text)
    assert (code, out) == (0, "")
    assert "fitted on 24 claims" in err
    assert run("--fit", text=text)[1] == path.read_text()
    assert run("--model", str(path), "--jsonl", text=text)[0] == 0
    assert run("--model", str(tmp_path / "none"), text=text)[0] == 2
