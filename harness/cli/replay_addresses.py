"""What ``harness replay`` prints: where to point a client, and what to ask for there."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path

from harness.cli.common import shown
from harness.dialects.mediation import Subscription, dump
from harness.recording.reader import Recording
from harness.replayer.service import ReplayService
from harness.session.replay import subscriptions

__all__ = ["addresses_json", "asked_lines", "export_lines"]


def asked_lines(recordings: Sequence[Recording]) -> list[str]:
    """For each recording what a client must ask for to hear it."""
    lines = []
    for recording in recordings:
        for conversation, subscription in subscriptions(recording).items():
            asked = "" if subscription == Subscription() else f" --subscription {shlex.quote(_json(subscription))}"
            lines.append(f"# {shown(recording.path.name)}: -c {shlex.quote(shown(conversation))}{asked}")
    return lines


def _json(subscription: Subscription) -> str:
    return dump(subscription.model_dump(mode="json", exclude_defaults=True))


def export_lines(service: ReplayService, certificate: Path | None) -> str:
    """Addresses as comments, and the lines that point a client there."""
    trust = {} if certificate is None else {"SSL_CERT_FILE": str(certificate)}
    exports = {
        "HARNESS_ENDPOINT": service.endpoint,
        "GENESYS_CLIENT_ID": service.client_id,
        "GENESYS_CLIENT_SECRET": service.client_secret,
        **trust,
    }
    lines = [f"# {name} {url}" for name, url in _urls(service).items()]
    return "\n".join(lines + [f"export {name}={shlex.quote(value)}" for name, value in exports.items()])


def addresses_json(service: ReplayService, certificate: Path | None) -> str:
    """The same as one line of JSON."""
    credentials = {"client_id": service.client_id, "client_secret": service.client_secret}
    trust = {} if certificate is None else {"certificate": str(certificate)}
    return json.dumps({"endpoint": service.endpoint, **_urls(service), **credentials, **trust})


def _urls(service: ReplayService) -> dict[str, str]:
    return {
        "token_url": service.token_url,
        "gateway_url": service.gateway_url,
        "stream_url": service.stream_url,
    }
