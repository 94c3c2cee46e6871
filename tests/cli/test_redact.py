"""``harness redact`` as a user calls it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.redact import command
from harness.session.keys import new_key_file


def piped(*args: str, text: bytes) -> subprocess.CompletedProcess[bytes]:
    """Run the verb with real standard input."""
    code = "from harness.cli.redact import command; command()"
    return subprocess.run([sys.executable, "-c", code, *args], input=text, capture_output=True, check=False)


def test_standard_input() -> None:
    """Without files it reads standard input and changes nothing but the values."""
    done = piped(text="Kim\r\ncall 628-271-4432 \N{TELEPHONE RECEIVER}\n".encode())
    assert done.stdout.decode() == "Kim\r\ncall [PHONE_REDACTED] \N{TELEPHONE RECEIVER}\n"


def test_jsonl(tmp_path: Path) -> None:
    """Lines in, lines out, spans in code points."""
    path = tmp_path / "in.jsonl"
    path.write_text('{"id": 1, "text": "é 536-22-1478"}\n\n', encoding="utf-8")
    result = CliRunner().invoke(command, ["--jsonl", str(path)])
    assert json.loads(result.stdout) == {
        "id": 1,
        "text": "é [SSN_REDACTED]",
        "spans": [{"start": 2, "end": 13, "type": "SSN", "rule": "ssn.dashed"}],
    }


def test_lines_of_a_conversation(tmp_path: Path) -> None:
    """What one line tells with its cue the later ones of its conversation know, and no others; old ones are forgotten."""
    path = tmp_path / "in.jsonl"
    told = {"text": "my pin is 4417", "conversation": "a"}
    again = [{"text": "4417", "conversation": name} for name in ("a", "b", 1)] + [{"text": "4417"}]
    others = [{"text": "hello", "conversation": number} for number in range(4096)]
    lines = [told, *again, *others, {"text": "4417", "conversation": "a"}]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    done = [
        json.loads(line)["text"] for line in CliRunner().invoke(command, ["--jsonl", str(path)]).stdout.splitlines()
    ]
    assert done[:5] == ["my pin is [PIN_REDACTED]", "[PIN_REDACTED]", "4417", "4417", "4417"]
    assert done[-1] == "4417"


def test_json_and_plain_files(tmp_path: Path) -> None:
    """One object per file, or the text itself."""
    path = tmp_path / "in.txt"
    path.write_text("kim@kestrel.io", encoding="utf-8")
    assert json.loads(CliRunner().invoke(command, ["--json", str(path)]).stdout)["text"] == "[EMAIL_REDACTED]"
    assert CliRunner().invoke(command, [str(path)]).stdout == "[EMAIL_REDACTED]"


@pytest.mark.parametrize("line", ["no json", "[1]", '{"id": 1}', '{"text": 5}', "[" * 100_000])
def test_bad_lines(tmp_path: Path, line: str) -> None:
    """A bad line is named; its text is not shown."""
    path = tmp_path / "in.jsonl"
    path.write_text('{"id": 0, "text": "x"}\n' + line, encoding="utf-8")
    result = CliRunner().invoke(command, ["--jsonl", str(path)])
    assert result.exit_code == 2
    assert "line 2" in result.stderr
    assert result.stderr.count("\n") == 1


def test_bad_files(tmp_path: Path) -> None:
    """Missing files and other encodings give one line."""
    assert CliRunner().invoke(command, [str(tmp_path / "none")]).exit_code == 2
    path = tmp_path / "latin.txt"
    path.write_bytes(b"\xe9\xe8")
    result = CliRunner().invoke(command, [str(path)])
    assert result.exit_code == 2
    assert "UTF-8" in result.stderr


VALUE = "call 628-271-4432 or 628-271-4432\n"


@pytest.mark.parametrize(
    ("operator", "left"),
    [
        ("replace", r"call \[PHONE_REDACTED\] or \[PHONE_REDACTED\]\n"),
        ("mask", r"call \*{3}-\*{3}-\*{4} or \*{3}-\*{3}-\*{4}\n"),
        ("drop", r"call  or \n"),
        ("hash", r"call (\[PHONE:[a-p]{12}\]) or \1\n"),
        ("surrogate", r"call ([0-9]{3}-555-01[0-9]{2}) or \1\n"),
    ],
)
def test_operators(tmp_path: Path, operator: str, left: str) -> None:
    """Each is at hand for text, JSON and JSON lines; a key is made where one is needed and none is given."""
    path = tmp_path / "in.txt"
    path.write_text(VALUE)
    done = CliRunner().invoke(command, ["--operator", operator, str(path)])
    assert re.fullmatch(left, done.stdout)
    assert ("--key-file" in done.stderr) == (operator in ("hash", "surrogate"))
    as_json = CliRunner().invoke(command, ["--operator", operator, "--json", str(path)])
    assert re.fullmatch(left, json.loads(as_json.stdout)["text"])


@pytest.mark.parametrize("operator", ["hash", "surrogate"])
def test_a_key_makes_runs_agree(tmp_path: Path, operator: str) -> None:
    """The same key, the same result; another key, another one; without a key no two runs agree."""
    path = tmp_path / "in.txt"
    path.write_text("mail kim.lee@harborpost.net now")
    keys = [str(tmp_path / name) for name in ("one", "two")]
    for key in keys:
        new_key_file(Path(key))
    out = [
        CliRunner().invoke(command, ["--operator", operator, *(["--key-file", name] if name else []), str(path)]).stdout
        for name in (keys[0], keys[0], keys[1], None, None)
    ]
    assert out[0] == out[1]
    assert len(set(out)) == 4


def test_a_key_that_nobody_needs(tmp_path: Path) -> None:
    """It is refused: the user meant something else."""
    done = CliRunner().invoke(command, ["--key-file", str(tmp_path / "k"), "-"], input="x")
    assert done.exit_code == 2
    assert "--operator" in done.stderr
