"""Bad input: one line with the way out, the documented exit code, no traceback, nothing half-written."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Done = subprocess.CompletedProcess[str]
Run = Callable[..., Done]


@pytest.fixture
def harness(tmp_path: Path) -> Run:
    def run(*args: str, **env: str) -> Done:
        command = [sys.executable, "-m", "harness", *args]
        full = {**os.environ, **env}
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=full, timeout=60, check=False)

    return run


@pytest.fixture
def composed(root: Path, tmp_path: Path, harness: Run) -> Path:
    scenario = root / "fixtures" / "scenarios" / "retail-gift-return.yaml"
    assert harness("compose", str(scenario), "-o", "composed").returncode == 0
    return tmp_path / "composed" / "retail-gift-return.rec.jsonl"


@pytest.fixture
def service(composed: Path) -> Iterator[dict[str, str]]:
    """A replay of one composed recording, served by another process; its addresses and credentials."""
    command = [sys.executable, "-m", "harness", "replay", str(composed), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        killer = threading.Timer(60, process.kill)
        killer.start()
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        killer.cancel()
        process.terminate()
        assert process.wait(20) in (0, 1), "1 = a client went wrong, which some tests here mean to"


def _one_line(done: Done, code: int, *words: str) -> None:
    assert done.returncode == code, done.stderr
    lines = done.stderr.strip().splitlines()
    assert "Traceback" not in done.stderr
    assert len(lines) == 1, lines
    for word in words:
        assert word in lines[0]


def _conversation(recording: Path) -> str:
    for line in recording.read_text().splitlines():
        entry = json.loads(line)
        if entry.get("dir") == "out":
            found: str = json.loads(entry["text"])["interaction_id"]
            return found
    raise AssertionError("no send")


def test_wrong_credentials(harness: Run, composed: Path, service: dict[str, str], tmp_path: Path) -> None:
    """A wrong secret is exit code 7 with the variables to check, and leaves no recording behind."""
    env = {"GENESYS_CLIENT_ID": service["client_id"], "GENESYS_CLIENT_SECRET": "not-the-secret"}
    done = harness("record", "-c", _conversation(composed), "--endpoint", service["endpoint"], "-o", "out", **env)
    _one_line(done, 7, "401", "GENESYS_CLIENT_SECRET")
    assert "not-the-secret" not in done.stderr
    assert list((tmp_path / "out").iterdir()) == []


def test_right_credentials(harness: Run, composed: Path, service: dict[str, str], tmp_path: Path) -> None:
    """With the right secret, and the subscription that was recorded, the same command records the session."""
    env = {
        "GENESYS_CLIENT_ID": service["client_id"],
        "GENESYS_CLIENT_SECRET": service["client_secret"],
        "HARNESS_SUBSCRIPTION": '{"summary_matrix":{"min_tokens":50}}',
    }
    options = ("--endpoint", service["endpoint"], "-o", "out", "--audit", "log/audit.jsonl", "--json")
    done = harness("record", "-c", _conversation(composed), *options, **env)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["complete"] is True
    assert Path(tmp_path / facts["recording"]).exists()
    records = [json.loads(line) for line in (tmp_path / "log" / "audit.jsonl").read_text().splitlines()]
    messages = [record for record in records if record["record"] == "message"]
    assert len(messages) == facts["messages"]
    assert {"verdict", "pii_redacted", "audit_hash"} <= messages[0].keys()


def test_an_audit_file_that_cannot_be(harness: Run, tmp_path: Path) -> None:
    """A place that cannot be written, and a session of somebody else's client, are exit code 2."""
    env = {"GENESYS_CLIENT_ID": "x", "GENESYS_CLIENT_SECRET": "y"}
    (tmp_path / "folder").mkdir()
    common = ("record", "-c", "i-1", "--endpoint", "http://127.0.0.1:9", "-o", "out", "--audit")
    (tmp_path / "locked").symlink_to("/dev/null/x")
    _one_line(harness(*common, "locked", **env), 2, "--audit")
    _one_line(harness("record", "--listen", "127.0.0.1:0", "--audit", "a.jsonl", "-o", "out", **env), 2, "--audit")


def test_missing_credentials(harness: Run, tmp_path: Path) -> None:
    """No credentials is exit code 2 before anything is dialled or written."""
    done = harness("record", "-c", "i-1", "-o", "out", GENESYS_CLIENT_ID="", GENESYS_CLIENT_SECRET="")
    _one_line(done, 2, "GENESYS_CLIENT_ID")
    assert not (tmp_path / "out").exists()


def test_bad_bounds_in_a_subscription(harness: Run, tmp_path: Path) -> None:
    """A bound that is not kept is refused locally with the field and the bound."""
    done = harness("record", "-c", "i-1", "-o", "out", HARNESS_SUBSCRIPTION='{"summary_matrix":{"min_tokens":10}}')
    _one_line(done, 2, "summary_matrix.min_tokens", "50")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b"title: [", b"title: only\n"])
def test_unreadable_scenario(harness: Run, tmp_path: Path, content: bytes | None) -> None:
    """A scenario that is missing, binary, no YAML or incomplete is exit code 4, and nothing is composed."""
    if content is not None:
        (tmp_path / "bad.yaml").write_bytes(content)
    done = harness("compose", "bad.yaml", "-o", "out")
    _one_line(done, 4, "bad.yaml")
    assert not (tmp_path / "out").exists() or list((tmp_path / "out").iterdir()) == []


def test_occupied_port(harness: Run, composed: Path) -> None:
    """A port somebody else listens on is exit code 2, and names the option."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        _one_line(harness("replay", str(composed), "--port", str(port)), 2, str(port))


def test_corrupt_recording(harness: Run, composed: Path, tmp_path: Path) -> None:
    """A flipped byte is exit code 4 with file, line and the way out; no report is written."""
    data = bytearray(composed.read_bytes())
    data[len(data) // 2] ^= 1
    composed.write_bytes(bytes(data))
    done = harness("run", "--recording", str(composed))
    _one_line(done, 4, composed.name, "harness seal")
    assert not (tmp_path / "reports").exists()


def test_no_recording(harness: Run) -> None:
    """A folder without recordings is exit code 5."""
    _one_line(harness("run", "--recording", "."), 5)


def test_unknown_verb(harness: Run) -> None:
    """An unknown verb is exit code 2 and points at the help."""
    done = harness("replya")
    assert done.returncode == 2
    assert "replya" in done.stderr
    assert "Traceback" not in done.stderr


def test_foreign_region(harness: Run) -> None:
    """An address of another region is refused before the token could go there."""
    done = harness(
        "record",
        "-c",
        "i-1",
        "--endpoint",
        "https://api.mypurecloud.ie",
        GENESYS_CLIENT_ID="a",
        GENESYS_CLIENT_SECRET="b",
    )
    _one_line(done, 2, "mypurecloud.com", "--allow-cross-host")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("HARNESS_FATAL_LENGTHS", '["x"]', "below_min_tokens"),
        ("HARNESS_SUBSCRIPTION", "junk", "subscription"),
        ("HARNESS_GAP_TIMEOUT_S", "-1", "gap_timeout_s"),
    ],
)
def test_bad_settings(harness: Run, name: str, value: str, words: str) -> None:
    """A setting out of its bounds is exit code 2 for every verb that reads settings."""
    _one_line(harness("record", "-c", "i-1", **{name: value}), 2, words)
    _one_line(harness("run", "--recording", "x", **{name: value}), 2, words)


def test_a_folder_that_cannot_be_made(harness: Run, tmp_path: Path) -> None:
    """An unusable folder is exit code 2 and names it."""
    (tmp_path / "file").write_text("in the way")
    _one_line(harness("demo", "-o", "file/x"), 2, "file/x")


def test_demo_leaves_recordings_of_others_alone(harness: Run, tmp_path: Path) -> None:
    """A folder with recordings no demo made is refused, and so is a speed that cannot be played; nothing is deleted."""
    mine = tmp_path / "precious" / "recordings" / "a.rec.jsonl"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    _one_line(harness("demo", "-o", "precious"), 2, "precious")
    _one_line(harness("demo", "-o", "precious", "--speed", "0"), 2, "speed")
    assert mine.read_text() == "mine"


def test_another_subscription_than_the_recorded_one(harness: Run, composed: Path, service: dict[str, str]) -> None:
    """A replay that refuses what was asked for does not look like wrong credentials."""
    env = {"GENESYS_CLIENT_ID": service["client_id"], "GENESYS_CLIENT_SECRET": service["client_secret"]}
    args = ["record", "-c", _conversation(composed), "--endpoint", service["endpoint"], "-o", "out"]
    _one_line(harness(*args, **env), 7, "close 4400", "subscription")
    done = harness(*args, "--subscription", '{"summary_matrix":{"min_tokens":50}}', **env)
    assert done.returncode == 0, done.stderr
