"""A recording brought up to date before it is replayed: the record modes for the harness's own client.

1. The client goes through the replayer in every mode; what the mode leaves to the live service is relayed and recorded
   there (:mod:`harness.session.episodes`), so that the file is made by the same means as for any other client.
2. In a mode that reaches no live service nothing is done here, and nothing is dialled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import SecretStr

from harness.clock import SystemClock
from harness.dialects.base import Dialect
from harness.dialects.generic import SOLE
from harness.dialects.mediation_addresses import resolve
from harness.errors import ConfigError
from harness.recording.reader import SUFFIX, Recording, read_recording
from harness.session.dialects import one_dialect
from harness.session.episodes import Episode, LiveSide, episode
from harness.session.judging import judging_of
from harness.session.keys import load_key
from harness.session.modes import ModePlan, RecordMode, plan_of
from harness.session.parts import (
    NO_CREDENTIALS,
    Credentials,
    Tools,
    addresses_for,
    credentials_of,
    policy_for,
    policy_of,
)
from harness.session.replay import asked_of
from harness.session.session import SessionPlan, run_session
from harness.session.setup import client_options
from harness.settings import Settings
from harness.wire.dialler import LinkState

__all__ = ["Refreshed", "live_side", "mode_plan", "refresh"]

_PATIENCE_S = 60.0
"""More than the client's own timers: what is served from the file waits for a hole to be given up, as a service would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What became of a file: ``written`` if it was made or changed, and what went wrong or differs."""

    written: Path | None = None
    problems: Sequence[str] = ()


def live_side(settings: Settings, path: Path, dialect: Dialect | None = None) -> LiveSide:
    """The live service the settings name, and the key for the recording at ``path``: that of the settings, else the seed
    a synthetic recording was made with. ``dialect`` is what it speaks; None = what that recording is in, if there is one.

    Raises:
        ConfigError: they name none, or no credentials.
    """
    recorded = _existing(path)
    spoken = dialect or one_dialect([] if recorded is None else [recorded.header])
    return LiveSide(
        addresses=addresses_for(settings, spoken),
        credentials=credentials_of(settings) if spoken.needs_token else NO_CREDENTIALS,
        tools=Tools.of(settings),
        key=load_key(settings.key_file, None if settings.key_file else _seed_of(path)),
        policy=policy_for(policy_of(settings), spoken),
        dialect=spoken,
    )


def _seed_of(path: Path) -> int | None:
    recorded = _existing(path)
    found = None if recorded is None else re.fullmatch(r"seed-(\d{1,18})", recorded.header.redaction.key_id or "")
    return int(found[1]) if found else None


def mode_plan(paths: Sequence[Path], mode: RecordMode, on_miss: str | None, environ: Mapping[str, str]) -> ModePlan:
    """What ``mode`` comes to for the one file in ``paths``.

    Raises:
        ConfigError: there are more, it is no recording's name, or it does not go with the mode.
    """
    if len(paths) != 1 or not paths[0].name.endswith(SUFFIX):
        raise ConfigError("--mode", mode.value, f"one file NAME{SUFFIX}", fix="record each session into its own file")
    ci = environ.get("CI", "").lower() in ("true", "1")
    return plan_of(mode, on_miss, exists=paths[0].exists(), ci=ci)


async def refresh(
    path: Path,
    plan: ModePlan,
    settings: Settings,
    conversations: Sequence[str],
    *,
    dialect: Dialect | None = None,
    on_state: Callable[[LinkState], None] = lambda _: None,
) -> Refreshed:
    """Do what ``plan`` says of ``path``, with the harness's own client, as patient as the settings have it.

    Args:
        conversations: what to follow; those of the file where none is named.
        dialect: as for :func:`live_side`.
        on_state: told how the stream fares.

    Raises:
        ConfigError: the live service, the credentials or the conversations are missing.
    """
    if not plan.live:
        return Refreshed()
    live, clock = live_side(settings, path, dialect), SystemClock()
    recorded = _existing(path)
    policy = live.policy
    if recorded is not None:
        asked, subscription = asked_of(recorded, live.dialect, policy)
        conversations, policy = conversations or asked, replace(policy, subscription=subscription)
    if not live.dialect.needs_token:
        conversations = conversations or (SOLE,)
    if not conversations:
        raise ConfigError("--conversation", "none", "at least one conversation id")
    async with episode(path, plan, live, patience_s=_PATIENCE_S) as running:
        service = running.service
        session = SessionPlan(
            addresses=resolve(endpoint=service.endpoint),
            credentials=Credentials(service.client_id, SecretStr(service.client_secret)),
            conversations=conversations,
            policy=policy,
            tools=live.tools,
            dialect=live.dialect,
            clock=clock,
            stopwatch=clock,
            options=client_options(settings, clock, on_state, judging_of(settings, clock=clock)),
        )
        run = await run_session(session)
    return _came_to(running, None if run.error is None else str(run.error))


def _existing(path: Path) -> Recording | None:
    return read_recording(path) if path.exists() else None


def _came_to(running: Episode, error: str | None) -> Refreshed:
    problems = [str(problem) for problem in running.service.problems]
    problems += [] if error is None else [error]
    problems += [f"differs: {line}" for line in running.differences]
    return Refreshed(written=running.written, problems=problems)
