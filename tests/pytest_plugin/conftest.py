"""Fresh projects in which pytest is started with the plugin, as a user of an installed wheel has it."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import harness
from harness.dialects.mediation import MediationDialect, Subscription
from harness.recording.entry import Header, Redaction, WsAccept, WsClose, WsMessage, WsOpen
from harness.recording.writer import RecordingWriter

ENTRY = "[pytest11]\nharness = harness.pytest_plugin.plugin\n"


def _installed() -> bool:
    return any(point.name == "harness" for point in importlib.metadata.entry_points(group="pytest11"))


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.Pytester:
    """An empty project; where harness is not installed, its entry point is made known by a folder of metadata."""
    assert harness.__file__ is not None
    places = [str(Path(harness.__file__).parent.parent)]
    if not _installed():
        told = tmp_path / "site" / "plugin_of_harness-0.dist-info"
        told.mkdir(parents=True)
        (told / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin-of-harness\nVersion: 0\n")
        (told / "entry_points.txt").write_text(ENTRY)
        places.append(str(told.parent))
    monkeypatch.setenv("PYTHONPATH", ":".join(places))
    for name in ("CI", "HARNESS_RECORD_MODE", "HARNESS_RULES"):
        monkeypatch.delenv(name, raising=False)
    return pytester


@pytest.fixture
def run(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., pytest.RunResult]:
    """Starts pytest in the project, in a process of its own.

    Loading the plugins of everybody takes longer than most of what is tested here: only with ``installed`` are they found
    by their entry points, ours too.
    """

    def start(*arguments: str, installed: bool = False) -> pytest.RunResult:
        named = ["-p", "harness.pytest_plugin.plugin", *(["-p", "xdist"] if "-n" in arguments else [])]
        with monkeypatch.context() as patch:
            if installed:
                patch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", raising=False)
            else:
                patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
            plugins = [] if installed else named
            return project.runpytest_subprocess("-p", "no:cacheprovider", *plugins, *arguments, timeout=300)

    return start


@pytest.fixture
def with_recordings(project: pytest.Pytester, root: Path) -> Callable[..., Path]:
    """Copies committed recordings and their labels into the project's ``recordings``; all if none is named."""

    def copy(*names: str, labels: bool = True) -> Path:
        folder = project.path / "recordings"
        folder.mkdir(exist_ok=True)
        for path in sorted((root / "recordings").glob("*.jsonl")):
            wanted = not names or path.name.partition(".")[0] in names
            if wanted and (labels or path.name.endswith(".rec.jsonl")):
                shutil.copy(path, folder)
        return folder

    return copy


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


@pytest.fixture
def lose_phone(project: pytest.Pytester) -> Callable[[], Path]:
    """A rule of the user's that takes the place of a built-in one and loses its format; in force at once."""

    def lose() -> Path:
        (project.path / "phone.toml").write_text(LOST)
        settings = project.path / "harness.toml"
        settings.write_text('rules = ["phone.toml"]\n')
        return settings

    return lose


PHONE = "415-288-0199"
NAME = "Marta Quell"
TOLD = {
    "type": "utterance",
    "interaction_id": "call-1",
    "seq": 1,
    "speaker": "customer",
    "text": f"This is {NAME}, my number is {PHONE}.",
    "is_final": True,
}
END = {"type": "end", "interaction_id": "call-1", "seq": 2, "reason": "completed"}
SUBSCRIBE = MediationDialect().subscribe_text(Subscription(), "call-1", None)
UNSUBSCRIBE = '{"type":"unsubscribe","interaction_id":"call-1"}'


@pytest.fixture
def small(project: pytest.Pytester) -> Path:
    """``recordings/small.rec.jsonl``: one utterance, with an invented name and number in clear, after a subscription."""
    (project.path / "harness.toml").write_text('generate = "never"\n')
    path = project.path / "recordings" / "small.rec.jsonl"
    path.parent.mkdir(exist_ok=True)
    head = Header(
        id="small",
        created="2026-01-05T09:00:00Z",
        tool="test/1",
        source="synthetic",
        redaction=Redaction(state="fictional"),
    )
    with RecordingWriter(path, head) as writer:
        writer.append(WsOpen(n=0, t=0, conn="w1", url="/api/v2/mediation/conversations/stream"))
        writer.append(WsAccept(n=0, t=1, conn="w1", re=1))
        writer.append(WsMessage(n=0, t=2, conn="w1", dir="out", text=SUBSCRIBE))
        writer.append(WsMessage(n=0, t=3, conn="w1", dir="in", text=json.dumps(TOLD), re=3))
        writer.append(WsMessage(n=0, t=4, conn="w1", dir="in", text=json.dumps(END)))
        writer.append(WsMessage(n=0, t=5, conn="w1", dir="out", text=UNSUBSCRIBE))
        writer.append(WsClose(n=0, t=6, conn="w1", by="us", code=1000))
        writer.seal("composed")
    return path


CLIENT = f"""
import json
from websockets.sync.client import connect

def listen(replay, conversation="call-1"):
    headers = {{"Authorization": f"Bearer {{replay.token()}}"}}
    with connect(replay.url, additional_headers=headers, proxy=None) as ws:
        ws.send({SUBSCRIBE!r}.replace("call-1", conversation))
        first, _ = ws.recv(), ws.recv()
        ws.send({UNSUBSCRIBE!r})
    return json.loads(first)
"""


@pytest.fixture
def client(project: pytest.Pytester) -> Callable[[], Path]:
    """``client.py`` of the project: subscribes, and returns the first message."""

    def write() -> Path:
        return project.makepyfile(client=CLIENT)

    return write
