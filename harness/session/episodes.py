"""A replay that may go live: what was not recorded is relayed, recorded, and put where the record mode wants it.

1. What is recorded goes through the pipeline, like every recording: its outcomes are the live side of parity.
2. While it is written it has a name of its own beside the file; see the table of :mod:`harness.session.modes`.
3. Only surrogates of one key belong together: new episodes are added to a recording made with the same key, and only
   such a recording can be verified.
"""

from __future__ import annotations

import os
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from harness.clock import SystemClock
from harness.dialects.base import Dialect
from harness.dialects.mediation import MediationDialect
from harness.dialects.mediation_addresses import Addresses
from harness.errors import ConfigError
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import Effect, GapFound, Outcome
from harness.pipeline.policy import PipelinePolicy
from harness.recorder import Recorder
from harness.recording.entry import AnyEntry, Checkpoint, Gap, Unknown, WsMessage
from harness.recording.reader import SUFFIX, Recording, read_recording
from harness.recording.same import traffic_differences
from harness.recording.writer import RecordingWriter
from harness.replayer.service import ReplayService
from harness.session.dialects import one_dialect
from harness.session.keys import SESSION, Key
from harness.session.modes import Ending, Miss, ModePlan
from harness.session.parts import Credentials, Tools
from harness.session.recording import recorder_of
from harness.wire.auth import NoToken, TokenSource
from harness.wire.passthrough import open_relay
from harness.wire.rest import RestClient
from harness.wire.tap import Direction, NullTap, Tap

__all__ = ["Episode", "LiveSide", "episode", "merged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSide:
    """The live service behind a replay, and what it speaks."""

    addresses: Addresses
    credentials: Credentials
    tools: Tools
    key: Key
    policy: PipelinePolicy = field(default_factory=PipelinePolicy)
    dialect: Dialect = field(default_factory=MediationDialect)


@dataclass(slots=True)
class Episode:
    """A running replay; ``differences`` is filled at the end in mode verify, ``written`` with the file that was made."""

    service: ReplayService
    differences: list[str] = field(default_factory=list)
    written: Path | None = None


@asynccontextmanager
async def episode(
    path: Path,
    plan: ModePlan,
    live: LiveSide | None,
    *,
    recordings: Sequence[Recording] = (),
    dialect: Dialect | None = None,
    **options: Any,
) -> AsyncIterator[Episode]:
    """Serve ``path`` as ``plan`` has it; ``options`` are those of the service.

    Without ``dialect`` it is that of the live service, or what the recordings are in.

    Raises:
        ConfigError: the plan needs a live service and there is none.
        RecordingError: a file cannot be read or written.
    """
    if plan.live and live is None:
        raise ConfigError("--upstream", None, "the live service this mode needs", fix="name it, or use --mode none")
    if plan.live and live is not None and plan.ending in (Ending.ADD, Ending.COMPARE):
        _check_key(read_recording(path), live.key)
    served = [*([read_recording(path)] if plan.serve else []), *recordings]
    clock = SystemClock()
    fresh = path.with_name(f".{path.name.removesuffix(SUFFIX)}.{os.getpid()}.new{SUFFIX}")
    recorder: _PipelineTap | None = None
    async with AsyncExitStack() as stack:
        upstream = None
        if plan.live and live is not None:
            recorder = _recording_tap(fresh, live, clock) if plan.miss is Miss.RECORD else None
            tap: Tap = recorder or NullTap()
            rest = RestClient(tap=tap, clock=clock, rng=random.Random(0), direct=live.addresses.loopback)
            tokens = _tokens(live, await stack.enter_async_context(rest), clock)
            relay = open_relay(live.addresses, tokens=tokens, tap=tap, clock=clock)
            upstream = await stack.enter_async_context(relay)
        headers = [recording.header for recording in served]
        spoken = dialect or (one_dialect(headers) if live is None else live.dialect)
        service = ReplayService(served, dialect=spoken, clock=clock, upstream=upstream, **options)
        running = Episode(service)
        well = False
        try:
            async with service:
                yield running
            well = not service.problems
        finally:
            if recorder is not None:
                recorder.seal()
                _put_away(fresh, path, plan.ending, running, well=well)


def _tokens(live: LiveSide, rest: RestClient, clock: SystemClock) -> TokenSource:
    if not live.dialect.needs_token:
        return NoToken()
    return TokenSource(
        token_url=live.addresses.token_url,
        client_id=live.credentials.client_id,
        client_secret=live.credentials.client_secret,
        rest=rest,
        clock=clock,
    )


def _check_key(recording: Recording, key: Key) -> None:
    """Rule 3: a key a session made for itself is another one every time."""
    made_with = recording.header.redaction.key_id
    if recording.header.redaction.state == "surrogate" and (made_with != key.id or key.id == SESSION):
        raise ConfigError("--key-file", key.id, "the key the recording was made with", fix=_KEY_FIX)


_KEY_FIX = (
    "name that key file; without one every session has a key of its own, and its recordings only mode rewrite or all"
)


def _put_away(fresh: Path, path: Path, ending: Ending, running: Episode, *, well: bool) -> None:
    made = read_recording(fresh)
    try:
        if ending is Ending.COMPARE:
            running.differences = traffic_differences(read_recording(path).entries, made.entries)
            return
        if (ending is Ending.SWAP_IF_WELL and not well) or not made.entries:
            return
        if ending is Ending.ADD:
            joined = fresh.with_name(fresh.name.replace(".new", ".joined"))
            merged(read_recording(path), made, joined)
            joined.replace(path)
        else:
            fresh.replace(path)
        running.written = path
    finally:
        fresh.unlink(missing_ok=True)


def merged(old: Recording, new: Recording, path: Path) -> Path:
    """``old`` with the traffic of ``new`` behind it, as a recording at ``path``.

    Raises:
        ConfigError: their surrogates were made with different keys.
        RecordingWriteError: it cannot be written.
    """
    keys = {recording.header.redaction.key_id for recording in (old, new)}
    states = {recording.header.redaction.state for recording in (old, new)}
    if len(keys) > 1 or len(states) > 1:
        raise ConfigError("--mode", "new_episodes", "the key the recording was made with", fix="use that --key-file")
    header = msgspec.structs.replace(old.header, parent=old.digest or old.header.id)
    last = max((entry.n for entry in old.entries), default=0)
    after_us = max((entry.t for entry in old.entries), default=0)
    inbound = sum(isinstance(entry, WsMessage) and entry.dir == "in" for entry in old.entries)
    with RecordingWriter(path, header) as writer:
        numbers: dict[int, int] = {}
        for entry in old.entries:
            if not isinstance(entry, Checkpoint):
                numbers[entry.n] = writer.append(_moved(entry, 0, 0, "", numbers)).n
        numbers = {}
        for entry in new.entries:
            if not isinstance(entry, Checkpoint):
                moved = _moved(entry, after_us, inbound, f"-{last}", numbers)
                numbers[entry.n] = writer.append(moved).n
        return writer.seal("edited")


def _moved(entry: AnyEntry, by_us: int, inbound: int, mark: str, numbers: dict[int, int]) -> AnyEntry:
    """``entry`` with a number of its own, later, and referring to the entries' new numbers."""
    changes: dict[str, Any] = {"n": 0, "t": entry.t + by_us}
    if isinstance(entry, Unknown):
        return msgspec.structs.replace(entry, **changes)
    for name in ("re", "of"):
        if isinstance(value := getattr(entry, name, None), int):
            changes[name] = numbers.get(value, value)
    if mark and getattr(entry, "conn", ""):
        changes["conn"] = f"{entry.conn}{mark}"  # type: ignore[union-attr]  # it was just seen to have one
    if isinstance(entry, Gap):
        changes["after"] = entry.after + inbound
    return msgspec.structs.replace(entry, **changes)


def _recording_tap(path: Path, live: LiveSide, clock: SystemClock) -> _PipelineTap:
    pipeline = Pipeline(
        dialect=live.dialect,
        redactor=live.tools.redactor,
        checker=live.tools.checker,
        policy=replace(live.policy, gateway_validation=False, generate="never"),
    )
    digest = pipeline.policy_digest
    recorder = recorder_of(
        path, key=live.key, clock=clock, tools=live.tools, policy_digest=digest, dialect=live.dialect
    )
    return _PipelineTap(recorder, pipeline)


class _PipelineTap:
    """A recorder whose inbound messages are judged as they pass; what the pipeline asks for is the client's business."""

    def __init__(self, recorder: Recorder, pipeline: Pipeline) -> None:
        self._recorder = recorder
        self._pipeline = pipeline
        self._fed = 0
        self.ws_open = recorder.ws_open
        self.ws_accept = recorder.ws_accept
        self.ws_reject = recorder.ws_reject
        self.ws_control = recorder.ws_control
        self.ws_partial = recorder.ws_partial
        self.ws_close = recorder.ws_close
        self.ws_abort = recorder.ws_abort
        self.http_request = recorder.http_request
        self.http_response = recorder.http_response
        self.http_error = recorder.http_error

    def ws_message(
        self, conn: str, direction: Direction, data: str | bytes, at_ns: int, fragments: Sequence[tuple[int, int]] = ()
    ) -> Any:
        handle = self._recorder.ws_message(conn, direction, data, at_ns, fragments)
        if direction == "in":
            self._fed += 1
            self._recorder.inbound(handle, self._fed)
            self._tell(self._pipeline.feed(data, at_ns, service="stream"))
        return handle

    def http_chunk(self, conn: str, data: bytes, final: bool, at_ns: int) -> Any:
        handle = self._recorder.http_chunk(conn, data, final, at_ns)
        if final:
            self._recorder.unused(handle)
        return handle

    def seal(self) -> None:
        """Judge what is still held back, and seal the recording."""
        self._tell(self._pipeline.finish())
        self._recorder.seal()

    def _tell(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Outcome):
                self._recorder.outcome(effect)
                self._recorder.settled(self._pipeline.settle(effect, {}) if effect.judge_requests else effect)
            elif isinstance(effect, GapFound):
                self._recorder.gap(effect, self._fed)
