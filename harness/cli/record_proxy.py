"""``harness record --listen``: the part of the verb that records somebody else's client."""

from __future__ import annotations

import asyncio
import json
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import click

from harness.cli.common import say
from harness.cli.stopping import stop_on_signals
from harness.clock import SystemClock
from harness.dialects.base import Dialect
from harness.dialects.mediation import MediationDialect
from harness.errors import ConfigError
from harness.session.keys import load_key
from harness.session.parts import Tools, addresses_for, policy_for, policy_of
from harness.session.proxy import ProxyPlan, run_proxy
from harness.session.session import RecordTo, SessionRun
from harness.settings import Settings
from harness.wire.proxy import Proxy

__all__ = ["listen_address", "proxy_plan", "record_through_proxy", "upstreams_of"]


def listen_address(text: str) -> tuple[str, int]:
    """Host and port of ``--listen``.

    Raises:
        ConfigError: it is not HOST:PORT.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not host or not (port.isascii() and port.isdigit()):
        raise ConfigError("--listen", text, "HOST:PORT, such as 127.0.0.1:0")
    return host.strip("[]"), int(port)


def upstreams_of(settings: Settings, given: Sequence[str], dialect: Dialect) -> dict[str, str]:
    """Role -> URL; without any ``--upstream``, the services of the settings, as far as ``dialect`` has them.

    Raises:
        ConfigError: one is not ROLE=URL.
    """
    if not given:
        addresses = addresses_for(settings, dialect)
        all_ = {"token": addresses.token_url, "gateway": addresses.gateway_url, "stream": addresses.stream_url}
        return {role: url for role, url in all_.items() if dialect.needs_token or role == "stream"}
    found: dict[str, str] = {}
    for one in given:
        role, equals, url = one.partition("=")
        if not equals or role in found:
            raise ConfigError("--upstream", role, "token=URL, gateway=URL and stream=URL, each once")
        found[role] = url
    return found


def proxy_plan(
    settings: Settings,
    *,
    listen: str,
    upstreams: Sequence[str],
    path: Path,
    seed: int | None,
    dialect: Dialect | None = None,
) -> ProxyPlan:
    """What to run; ``dialect`` is what the service speaks, mediation if None.

    Raises:
        ConfigError: an address or the key file is not usable.
    """
    host, port = listen_address(listen)
    spoken = dialect or MediationDialect()
    return ProxyPlan(
        upstreams=upstreams_of(settings, upstreams, spoken),
        dialect=spoken,
        record=RecordTo(path=path, key=load_key(settings.key_file, seed), seed=seed),
        policy=policy_for(policy_of(settings), spoken),
        tools=Tools.of(settings),
        clock=SystemClock(),
        host=host,
        port=port,
        remote=True,
        gap_timeout_s=settings.gap_timeout_s,
    )


def record_through_proxy(plan: ProxyPlan, *, as_json: bool) -> SessionRun:
    """Relay until interrupted; the addresses go to stdout."""

    def ready(proxy: Proxy) -> None:
        urls = {role: f"{_scheme(role)}://{plan.host}:{port}" for role, port in proxy.ports.items()}
        alone = list(urls) == ["stream"]
        if alone:  # nothing but the stream: its address is all a client needs, path and all
            urls["stream"] += urlsplit(plan.upstreams["stream"]).path
        if as_json:
            click.echo(json.dumps({"endpoint": proxy.endpoint, **{f"{role}_url": url for role, url in urls.items()}}))
        else:
            for role, url in urls.items():
                click.echo(f"# {role} {url}")
            endpoint = urls["stream"] if alone and not plan.dialect.needs_token else proxy.endpoint
            click.echo(f"export HARNESS_ENDPOINT={shlex.quote(endpoint)}")
            say("recording until interrupted")

    async def run() -> SessionRun:
        with stop_on_signals() as stop:
            return await run_proxy(replace(plan), stop, ready)

    return asyncio.run(run())


def _scheme(role: str) -> str:
    return "ws" if role == "stream" else "http"
