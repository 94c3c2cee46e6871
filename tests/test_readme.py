"""README keeps its word: its Python block prints what it says, and its table names every verb."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.main import VERBS, main
from harness.clock import SystemClock
from harness.dialects.base import Utterance
from harness.dialects.mediation import MediationDialect
from harness.replayer.service import ReplayService
from harness.session.chaos.campaign import call
from harness.session.dialects import find_dialect
from harness.session.replay import conversations_of


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
    block = re.search(r"`captions.toml`:\n\n```toml\n(.*?)```", text, re.DOTALL)
    assert block is not None
    (tmp_path / "captions.toml").write_text(block[1], encoding="utf-8")
    dialect = find_dialect(str(tmp_path / "captions.toml"))
    message = {"event": "caption", "call": {"id": "c-7"}, "n": 2, "result": {"text": "Hello", "final": True}}
    event = dialect.decode(json.dumps(message))
    assert isinstance(event, Utterance)
    assert (event.conversation, event.seq, event.text, event.is_final) == ("c-7", 2, "Hello", True)


def test_fuzz_blocks(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule file in README passes its examples, its fuzzing finds what README says, and the repair ends that."""
    text = (root / "README.md").read_text(encoding="utf-8")
    section = text[text.index("## Fuzz your rules") : text.index("## Is the summary true?")]
    block = re.search(r"```toml\n(.*?)```", section, re.DOTALL)
    assert block is not None
    monkeypatch.chdir(tmp_path)
    Path("badge.toml").write_text(block[1], encoding="utf-8")
    test, fuzz = (line.split()[1:] for line in section.splitlines() if line.startswith("    harness "))
    assert CliRunner().invoke(main, test).exit_code == 0
    done = CliRunner().invoke(main, fuzz)
    assert done.exit_code == 1
    assert "leak  badge.number" in done.stdout
    assert sorted(path.name for path in Path("found").iterdir()) == ["cases.jsonl", "leak-badge-number.rec.jsonl"]
    repaired = block[1].replace("EMP-[0-9]{5}", "EMP[- ]?[0-9]{5}").replace("min_len = 9", "min_len = 8")
    Path("badge.toml").write_text(repaired, encoding="utf-8")
    assert CliRunner().invoke(main, fuzz).exit_code == 0
    for line in section.splitlines():
        if line.startswith("    from "):
            exec(line.strip(), {})


def test_gate_blocks(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands of "Gate your CI" run as they stand, over recordings in a folder of that name, and pass."""
    text = (root / "README.md").read_text(encoding="utf-8")
    section = text[text.index("## Gate your CI") : text.index("## In CI")]
    rules = re.search(r"`badge.toml`:\n\n```toml\n(.*?)```", text, re.DOTALL)
    assert rules is not None
    monkeypatch.chdir(tmp_path)
    Path("badge.toml").write_text(rules[1], encoding="utf-8")
    Path("recordings").mkdir()
    for kind in ("rec", "labels"):
        shutil.copy(root / "recordings" / f"bank-lost-card.{kind}.jsonl", "recordings")
    commands = [line.split()[1:] for line in section.splitlines() if line.startswith("    harness ")]
    assert [command[0] for command in commands] == ["run", "approve", "run", "gate", "compare"]
    for command in commands:
        done = CliRunner().invoke(main, command)
        assert done.exit_code == 0, done.output


def test_ci_blocks(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands of "In CI" run as they stand, over recordings in a folder of that name."""
    text = (root / "README.md").read_text(encoding="utf-8")
    section = text[text.index("## In CI") : text.index("## Where things are")]
    monkeypatch.chdir(tmp_path)
    Path("recordings").mkdir()
    for kind in ("rec", "labels"):
        shutil.copy(root / "recordings" / f"airline-misspelled-name.{kind}.jsonl", "recordings")
    commands = [line.partition(" #")[0].split()[1:] for line in section.splitlines() if line.startswith("    harness ")]
    assert [command[0] for command in commands] == ["init", "doctor", "run", "run", "report"]
    done = [CliRunner().invoke(main, command) for command in commands]
    assert [one.exit_code for one in done] == [0] * len(commands), [one.output for one in done]
    assert Path(".github/workflows/recordings.yml").exists()
    assert done[-1].stdout.startswith("# Mediation report: nightly")


def test_streamer_block(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dozen lines with ``SummaryStreamer`` run as they stand against the embedded service."""
    text = (root / "README.md").read_text(encoding="utf-8")
    (block,) = [one for one in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "SummaryStreamer" in one]
    recording = call()
    (conversation,) = conversations_of(recording)
    monkeypatch.chdir(tmp_path)
    printed = io.StringIO()

    async def main() -> None:
        async with ReplayService([recording], dialect=MediationDialect(), clock=SystemClock(), lenient=True) as service:
            monkeypatch.setenv("HARNESS_ENDPOINT", service.endpoint)
            monkeypatch.setenv("GENESYS_CLIENT_ID", service.client_id)
            monkeypatch.setenv("GENESYS_CLIENT_SECRET", service.client_secret)
            code = compile(block.replace("INTERACTION-ID", conversation), "README.md", "exec")
            with contextlib.redirect_stdout(printed):
                await asyncio.to_thread(exec, code, {})

    asyncio.run(main())
    said = printed.getvalue().splitlines()
    assert said[0].startswith(f"{conversation} The customer's router shows a red light")
    assert said[1] == "1 of 1 delivered, 0 held back"
    assert (tmp_path / "reports" / "stream" / "audit.jsonl").exists()
