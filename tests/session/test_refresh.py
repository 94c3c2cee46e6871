"""A recording brought up to date by the client the settings describe."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from harness.dialects.generic import GenericDialect
from harness.session import refresh as module
from harness.session.modes import RecordMode
from harness.session.refresh import live_side, mode_plan, refresh
from harness.session.session import SessionPlan, SessionRun
from harness.settings import load_settings
from harness.wire.dialler import LinkState


def test_the_client_is_as_patient_as_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dials, pings, queue, rates and who is told how the stream fares: all as configured, none left at its default."""
    plans: list[SessionPlan] = []

    async def noted(plan: SessionPlan) -> SessionRun:
        plans.append(plan)
        return SessionRun()

    monkeypatch.setattr(module, "run_session", noted)
    given: dict[str, Any] = {
        "reconnect_attempts": 3,
        "ping_interval_s": 7.0,
        "queue_messages": 99,
        "gap_timeout_s": 2.5,
    }
    settings = load_settings(
        endpoint="http://127.0.0.1:9", client_id="me", client_secret="s", requests_per_s=5.0, **given
    )
    told: list[LinkState] = []
    path = tmp_path / "made.rec.jsonl"
    plan = mode_plan([path], RecordMode.ONCE, None, {})
    asyncio.run(refresh(path, plan, settings, ["i-1"], on_state=told.append))
    options = plans[0].options
    found = (options.attempts, options.ping_interval_s, options.queue_messages, options.gap_timeout_s)
    assert found == tuple(given.values())
    assert options.requests is not None
    assert options.on_state == told.append


def test_what_the_service_speaks(recorded: list[Path], tmp_path: Path) -> None:
    """The dialect is the recording's where there is one; a service without tokens needs no credentials."""
    settings = load_settings(endpoint="http://127.0.0.1:9", client_id="me", client_secret="s")
    assert live_side(settings, recorded[0]).dialect.name == "mediation/2"
    alone = load_settings(endpoint="ws://127.0.0.1:9/captions")
    side = live_side(alone, tmp_path / "none.rec.jsonl", GenericDialect())
    assert (side.addresses.stream_url, side.credentials.client_id) == ("ws://127.0.0.1:9/captions", "")
    assert side.policy.generate == "never"
