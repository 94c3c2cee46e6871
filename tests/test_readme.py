"""README keeps its word: its Python block prints what it says, and its table names every verb."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import io
import json
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import harness
from harness.cli.main import VERBS, main
from harness.clock import SystemClock
from harness.dialects.base import Utterance
from harness.dialects.mediation import MediationDialect
from harness.recording.reader import read_recording
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


@contextlib.contextmanager
def _service(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    """The embedded service on a thread, its credentials in the environment: address and conversation."""
    recording = call()
    ready, told = threading.Event(), dict[str, Any]()

    async def serve() -> None:
        stop = asyncio.Event()
        async with ReplayService([recording], dialect=MediationDialect(), clock=SystemClock(), lenient=True) as service:
            loop = asyncio.get_running_loop()
            told.update(at=service.endpoint, stop=lambda: loop.call_soon_threadsafe(stop.set))
            monkeypatch.setenv("GENESYS_CLIENT_ID", service.client_id)
            monkeypatch.setenv("GENESYS_CLIENT_SECRET", service.client_secret)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(60)
    yield told["at"], conversations_of(recording)[0]
    told["stop"]()
    thread.join(60)


def test_record_block(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands of "Record a session of your own" record a session of the embedded service, as the text says."""
    text = (root / "README.md").read_text(encoding="utf-8")
    section = text[text.index("## Record a session") : text.index("## Any other JSON stream")]
    lines = [line.strip() for line in section.splitlines() if line.startswith("    harness ")]
    assert len(lines) == 2
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    with _service(monkeypatch) as (address, conversation):
        for line in lines:
            words = line.replace("~", str(tmp_path)).replace("INTERACTION-ID", conversation).split()[1:]
            words = [*words, "--endpoint", address] if words[0] == "record" else words
            done = CliRunner().invoke(main, words)
            assert done.exit_code == 0, done.output
    assert [path.name for path in Path("recordings").iterdir()] == [f"{conversation}.rec.jsonl"]


def test_pytest_block(root: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests of "In pytest" pass as they stand, with a client of the user's in the place of ``my_client``."""
    text = (root / "README.md").read_text(encoding="utf-8")
    (block,) = [one for one in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "pytest.mark" in one]
    pytester.makepyfile(
        my_client="""
        import asyncio
        from harness import SummaryStreamer

        async def keep(summary):
            pass

        def run(endpoint, client_id, client_secret):
            given = dict(endpoint=endpoint, client_id=client_id, client_secret=client_secret, folder="out")
            asyncio.run(SummaryStreamer(keep, [CONVERSATION], **given).run())
        """
    )
    folder = pytester.mkdir("recordings")
    for kind in ("rec", "labels"):
        shutil.copy(root / "recordings" / f"retail-gift-return.{kind}.jsonl", folder)
    (conversation,) = conversations_of(read_recording(folder / "retail-gift-return.rec.jsonl"))
    client = pytester.path / "my_client.py"
    client.write_text(client.read_text().replace("CONVERSATION", repr(conversation)))
    pytester.makepyfile(test_it="import my_client\n" + block)
    assert harness.__file__ is not None
    monkeypatch.setenv("HARNESS_SUBSCRIPTION", '{"summary_matrix": {"min_tokens": 50}}')
    monkeypatch.setenv("PYTHONPATH", f"{Path(harness.__file__).parent.parent}:{pytester.path}")
    known = any(point.name == "harness" for point in importlib.metadata.entry_points(group="pytest11"))
    plugin = () if known else ("-p", "harness.pytest_plugin.plugin")
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider", *plugin, "test_it.py", timeout=300)
    done.assert_outcomes(passed=2)
