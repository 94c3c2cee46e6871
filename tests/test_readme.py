"""README keeps its word: its Python block prints what it says, and its table names every verb."""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path

from harness.cli.main import VERBS
from harness.dialects.base import Utterance
from harness.session.dialects import find_dialect


def test_python_block(root: Path) -> None:
    """The Python block runs and prints what the line below it says."""
    text = (root / "README.md").read_text(encoding="utf-8")
    block = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert block is not None
    said = re.search(r"\nprints `([^`]+)` and `([^`]+)`", text)
    assert said is not None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(block[1], "README.md", "exec"), {})
    assert printed.getvalue().splitlines() == [said[1], said[2]]


def test_every_verb_is_in_the_table(root: Path) -> None:
    """No verb is missing from the table of verbs."""
    text = (root / "README.md").read_text(encoding="utf-8")
    assert [verb for verb in VERBS if f"`harness {verb}" not in text] == []


def test_picture_exists(root: Path) -> None:
    """The picture README shows is in the repository."""
    found = re.search(r"!\[[^\]]+\]\(([^)]+)\)", (root / "README.md").read_text(encoding="utf-8"))
    assert found is not None
    assert (root / found[1]).stat().st_size > 10_000


def test_dialect_block(root: Path, tmp_path: Path) -> None:
    """The description of another stream in README is one the loader takes, and reads a message as it says."""
    text = (root / "README.md").read_text(encoding="utf-8")
    block = re.search(r"```toml\n(.*?)```", text, re.DOTALL)
    assert block is not None
    (tmp_path / "captions.toml").write_text(block[1], encoding="utf-8")
    dialect = find_dialect(str(tmp_path / "captions.toml"))
    message = {"event": "caption", "call": {"id": "c-7"}, "n": 2, "result": {"text": "Hello", "final": True}}
    event = dialect.decode(json.dumps(message))
    assert isinstance(event, Utterance)
    assert (event.conversation, event.seq, event.text, event.is_final) == ("c-7", 2, "Hello", True)
