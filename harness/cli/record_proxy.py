"""``harness record --listen``: the part of the verb that records somebody else's client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from harness.cli.common import say
from harness.cli.stopping import stop_on_signals
from harness.clock import SystemClock
from harness.errors import ConfigError
from harness.session.keys import load_key
from harness.session.parts import Tools, addresses_of, policy_of
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


def upstreams_of(settings: Settings, given: Sequence[str]) -> dict[str, str]:
    """Role -> URL; without any ``--upstream``, the services of the settings.

    Raises:
        ConfigError: one is not ROLE=URL.
    """
    if not given:
        addresses = addresses_of(settings)
        return {"token": addresses.token_url, "gateway": addresses.gateway_url, "stream": addresses.stream_url}
    found: dict[str, str] = {}
    for one in given:
        role, equals, url = one.partition("=")
        if not equals or role in found:
            raise ConfigError("--upstream", role, "token=URL, gateway=URL and stream=URL, each once")
        found[role] = url
    return found


def proxy_plan(settings: Settings, *, listen: str, upstreams: Sequence[str], path: Path, seed: int | None) -> ProxyPlan:
    """What to run.

    Raises:
        ConfigError: an address or the key file is not usable.
    """
    host, port = listen_address(listen)
    return ProxyPlan(
        upstreams=upstreams_of(settings, upstreams),
        record=RecordTo(path=path, key=load_key(settings.key_file, seed), seed=seed),
        policy=policy_of(settings),
        tools=Tools.default(),
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
        if as_json:
            click.echo(json.dumps({"endpoint": proxy.endpoint, **{f"{role}_url": url for role, url in urls.items()}}))
        else:
            for role, url in urls.items():
                click.echo(f"# {role} {url}")
            click.echo(f"export HARNESS_ENDPOINT='{proxy.endpoint}'")
            say("recording until interrupted")

    async def run() -> SessionRun:
        with stop_on_signals() as stop:
            return await run_proxy(replace(plan), stop, ready)

    return asyncio.run(run())


def _scheme(role: str) -> str:
    return "ws" if role == "stream" else "http"
