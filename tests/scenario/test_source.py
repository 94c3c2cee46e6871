"""Files are bounded before anything is built from them, and errors never show what they hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ScenarioError
from harness.scenario.source import MAX_BYTES, read_mapping

SECRET = "Zebra-4471"


def write(folder: Path, text: str | bytes, name: str = "s.yaml") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(
    "text,problem",
    [
        (f"a: &x {SECRET}\nb: *x", "anchor"),
        (f"a: *{SECRET}", "anchor"),
        ("[" * 40, "deeper than 32"),
        (f"a: !!python/object:os.{SECRET} x", "tag"),
        (f"a: {SECRET}: b", "YAML: mapping values"),
        (f"a: '{SECRET}", "YAML"),
        ("a: \x01", "YAML"),
        ("a: 2026-13-45", "does not exist"),
        (f"- {SECRET}", "not a mapping"),
        ("", "not a mapping"),
        (b"a: \xff\xfe", "not UTF-8 at byte 3"),
        (b"x" * (MAX_BYTES + 1), "larger than"),
        ("a: [" + "1," * 200_001 + "]", "values"),
    ],
)
def test_bad_yaml_is_one_error_without_content(tmp_path: Path, text: str | bytes, problem: str) -> None:
    """Each kind of damage is a ScenarioError that names the file, not what is in it."""
    with pytest.raises(ScenarioError, match=problem) as caught:
        read_mapping(write(tmp_path, text))
    assert SECRET not in str(caught.value)
    assert "s.yaml" in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    """A path that is not there gives the system's words."""
    with pytest.raises(ScenarioError, match="cannot be read: No such file"):
        read_mapping(tmp_path / "none.yaml")


def test_jsonl_is_a_header_and_steps(tmp_path: Path) -> None:
    """The first line is the header, each later one a step; blank lines and a byte order mark do not matter."""
    path = write(tmp_path, '\ufeff{"title":"t"}\n\n{"end":{"at":1}}\n', "s.jsonl")
    assert read_mapping(path) == {"title": "t", "script": [{"end": {"at": 1}}]}


@pytest.mark.parametrize(
    "text,problem",
    [
        ("", "is empty"),
        ("[1]\n", "line 1: is not an object"),
        (f'{{"title":"t"}}\n{{"{SECRET}"\n', "line 2: is not usable JSON \\(not_json at character"),
        ('{"a":1,"a":2}\n', "duplicate_keys"),
        ("[" * 100, "too_deep"),
        ('{"id":"x","turns":[]}\n', "--dialogues"),
    ],
)
def test_bad_jsonl_names_the_line(tmp_path: Path, text: str, problem: str) -> None:
    """A bad line is named by its number and reason."""
    with pytest.raises(ScenarioError, match=problem) as caught:
        read_mapping(write(tmp_path, text, "s.jsonl"))
    assert SECRET not in str(caught.value)
