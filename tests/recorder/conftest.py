"""A recorder with the real pipeline behind it, as the client wires them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.dialects.mediation import MediationDialect
from harness.pii import Redactor
from harness.pii.surrogate import SurrogateVault
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import GapFound, Outcome
from harness.pipeline.policy import PipelinePolicy
from harness.recorder import Recorder
from harness.recorder.texts import Searcher
from harness.recording.entry import AnyEntry, Header, Redaction
from harness.recording.reader import Recording, read_recording
from harness.recording.writer import RecordingWriter

KEY = b"k" * 32
CONVERSATION = "telco-one-0001"


class Tape:
    """Tells a recorder what a wire brings, feeds the pipeline, and reads the file back."""

    def __init__(self, path: Path, redactor: Redactor | None = None, writer: Any = None) -> None:
        self.path = path
        header = Header(
            id="0" * 26,
            created="2026-01-01T00:00:00.000Z",
            tool="test/1",
            source="live",
            redaction=Redaction(state="surrogate"),
        )
        self.dialect = MediationDialect()
        self.writer = writer or RecordingWriter(path, header)
        self.recorder = Recorder(
            self.writer,
            vault=SurrogateVault(KEY, "k1"),
            redactor=redactor or Redactor(),
            dialect=self.dialect,
            start_ns=0,
            key=KEY,
        )
        policy = PipelinePolicy(gateway_validation=False, generate="never")
        self.pipeline = Pipeline(dialect=self.dialect, redactor=redactor, policy=policy)
        self.outcomes: list[Outcome] = []
        self.now_ns = 0
        self.fed = 0

    def tick(self) -> int:
        self.now_ns += 1_000_000
        return self.now_ns

    def opened(self, conn: str = "w1") -> None:
        self.recorder.ws_open(conn, 1, "/stream", [], self.tick())
        self.recorder.ws_accept(conn, 101, [], self.tick())

    def sends(self, data: str | bytes, conn: str = "w1") -> None:
        self.recorder.ws_message(conn, "out", data, self.tick())

    def hears(self, data: str | bytes, conn: str = "w1", *, judge: bool = True) -> Any:
        handle = self.recorder.ws_message(conn, "in", data, self.tick())
        if judge:
            self.fed += 1
            self.recorder.inbound(handle, self.fed)
            self.judge(self.pipeline.feed(data))
        return handle

    def answers(self, body: bytes | list[bytes], *, status: int = 200, feed: bool = False, conn: str = "h1") -> Any:
        """One exchange with the gateway."""
        self.recorder.http_request(conn, "gateway", "POST", "/summaries", [], b"{}", self.tick())
        self.recorder.http_response(conn, status, [], self.tick())
        pieces = [body] if isinstance(body, bytes) else body
        for piece in pieces:
            self.recorder.http_chunk(conn, piece, False, self.tick())
        handle = self.recorder.http_chunk(conn, b"", True, self.tick())
        if feed:
            self.fed += 1
            self.recorder.inbound(handle, self.fed)
            self.judge(self.pipeline.feed(b"".join(pieces).decode(), service="gateway"))
        return handle

    def judge(self, effects: Any) -> None:
        for effect in effects:
            if isinstance(effect, Outcome):
                self.outcomes.append(effect)
                self.recorder.outcome(effect)
                self.recorder.settled(effect)
            elif isinstance(effect, GapFound):
                self.recorder.gap(effect, self.fed)

    def finish(self) -> Recording:
        self.judge(self.pipeline.finish())
        return self.seal()

    def seal(self) -> Recording:
        self.recorder.seal()
        return read_recording(self.path)

    def written(self) -> list[AnyEntry]:
        """What is on the file before it is sealed."""
        part = self.path.with_name(self.path.name + ".part")
        return read_recording(part, allow_truncated=True).entries

    @staticmethod
    def message(type_: str, seq: int | None, **fields: Any) -> str:
        numbered = {} if seq is None else {"seq": seq}
        return json.dumps({"type": type_, "interaction_id": CONVERSATION, **numbered, **fields})

    def said(self, seq: int, text: str) -> str:
        return self.message("utterance", seq, utterance_id=f"u{seq}", speaker="customer", text=text)

    def delta(self, seq: int, text: str) -> str:
        return self.message("summary.delta", seq, summary_id="s1", index=seq - 1, text=text)


@pytest.fixture
def make_tape(tmp_path: Path) -> Callable[..., Tape]:
    """Makes a :class:`Tape`."""

    def make(redactor: Redactor | None = None, writer: Any = None) -> Tape:
        return Tape(tmp_path / "one.rec.jsonl", redactor, writer)

    return make


@pytest.fixture
def tape(make_tape: Callable[..., Tape]) -> Tape:
    return make_tape()


@pytest.fixture
def searcher() -> Searcher:
    return Searcher(vault=SurrogateVault(KEY, "k1"), redactor=Redactor(), dialect=MediationDialect())
