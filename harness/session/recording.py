"""A recorder for a session: the same header wherever one is made."""

from __future__ import annotations

import importlib.metadata
import platform
import random
from pathlib import Path

from harness._version import __version__
from harness.clock import Clock
from harness.dialects.base import Dialect
from harness.dialects.mediation import MediationDialect
from harness.pii.surrogate import SurrogateVault
from harness.recorder import Recorder
from harness.recording.entry import Header, Redaction
from harness.recording.steady import SteadyWriter
from harness.recording.ulid import ulid
from harness.recording.writer import Durability, RecordingWriter
from harness.session.dialects import stored
from harness.session.folders import made_folder
from harness.session.keys import Key
from harness.session.parts import Tools, tool_name

__all__ = ["recorder_of"]


def recorder_of(
    path: Path,
    *,
    key: Key,
    clock: Clock,
    tools: Tools,
    policy_digest: str,
    dialect: Dialect | None = None,
    durability: Durability = "process",
    scenario: str | None = None,
    seed: int | None = None,
) -> Recorder:
    """A recorder that writes to ``path``.

    Args:
        policy_digest: of the pipeline whose outcomes it records.
        dialect: what the service speaks; the mediation dialect if None.
        durability: when an entry counts as written.
        scenario: name of what the service plays, None for real traffic.
        seed: noted in the header.

    Raises:
        RecordingWriteError: the file exists or cannot be made.
    """
    spoken = dialect or MediationDialect()
    header = Header(
        id=ulid(clock.wall(), random.SystemRandom()),
        created=clock.wall().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        tool=tool_name(__version__),
        python=platform.python_version(),
        libraries={name: importlib.metadata.version(name) for name in ("httpx", "websockets")},
        dialect=spoken.name,
        source="live",
        scenario=scenario,
        redaction=Redaction(state="surrogate", policy=policy_digest, key_id=key.id),
        seed=seed,
        labels=stored(spoken),
    )
    made_folder(path.parent)
    return Recorder(
        SteadyWriter(RecordingWriter(path, header, durability=durability)),
        vault=SurrogateVault(key.secret, key.id),
        redactor=tools.redactor,
        dialect=spoken,
        start_ns=clock.monotonic_ns(),
        key=key.secret,
    )
