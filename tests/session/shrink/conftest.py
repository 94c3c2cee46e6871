"""Recordings to shrink, and rules that lose a format."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest

from harness.dialects.mediation import MediationDialect, Subscription
from harness.recording.entry import WsMessage
from harness.recording.writer import RecordingWriter
from harness.session.shrink.failing import parse
from harness.session.shrink.files import open_material
from harness.session.shrink.material import Material
from harness.session.shrink.oracle import Oracle
from harness.session.shrink.search import Budget, Shrunk, shrink
from harness.settings import Settings
from harness.strategies.conversation import recording_of

BROKEN = """[[rule]]
id = "phone.nanp"
type = "PHONE"
kind = "regex"
pattern = '[0-9]{3}-[0-9]{3}-[0-9]{4}'
priority = 50
min_len = 12
max_len = 12
[rule.examples]
match = ["628-232-7719"]
no_match = ["628 232 7719"]

[[rule]]
id = "email.address"
type = "EMAIL"
kind = "regex"
pattern = '[a-z.]{2,20}@[a-z]{2,20}[.]org'
priority = 60
min_len = 8
max_len = 50
[rule.examples]
match = ["orla.finch@brackwater.org"]
no_match = ["orla.finch@brackwater.net"]
"""

ASKED = MediationDialect().subscribe_text(Subscription(), "c-1", None)


@pytest.fixture
def broken(tmp_path: Path) -> Settings:
    """Settings with rules that find telephone numbers with hyphens and addresses in .org only."""
    (tmp_path / "broken.toml").write_text(BROKEN)
    return Settings().model_copy(update={"rules": (tmp_path / "broken.toml",)})


def utterance(seq: int, text: str, conversation: str = "c-1") -> str:
    head = {"type": "utterance", "interaction_id": conversation, "seq": seq, "utterance_id": f"u{seq}"}
    return json.dumps({**head, "speaker": "customer", "text": text, "is_final": True})


@pytest.fixture
def write_session(tmp_path: Path) -> Callable[..., Path]:
    """Writes a recording of one client that is sent messages; a plain text is an utterance."""

    def write(texts: Sequence[str], name: str = "session") -> Path:
        made = [one if one.startswith("{") else utterance(seq, one) for seq, one in enumerate(texts, 1)]
        recording = recording_of(tuple(made), "c-1", seed=7, name=name)
        path = tmp_path / f"{name}.rec.jsonl"
        with RecordingWriter(path, recording.header) as writer:
            for entry in recording.entries:
                asked = isinstance(entry, WsMessage) and entry.dir == "out"
                writer.append(msgspec.structs.replace(entry, text=ASKED, size=len(ASKED)) if asked else entry)
            writer.seal("composed")
        return path

    return write


@pytest.fixture
def gift(root: Path) -> Material:
    """The committed session of a returned gift."""
    return open_material(root / "recordings" / "retail-gift-return.rec.jsonl")


@pytest.fixture
def shrunk() -> Callable[..., Shrunk]:
    """Shrinks."""

    def run(material: Material, expression: str, settings: Settings | None = None, **options: object) -> Shrunk:
        failing = parse(expression)
        budget = options.pop("budget", Budget())
        oracle = Oracle(material, failing, settings or Settings())
        return shrink(material, failing, oracle, budget=budget, **options)  # type: ignore[arg-type]

    return run


@pytest.fixture
def roaming(root: Path) -> Material:
    """The committed session of a bill, in which the client updates its context window."""
    return open_material(root / "recordings" / "telco-roaming-bill.rec.jsonl")
