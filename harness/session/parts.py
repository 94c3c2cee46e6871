"""The parts every session is made of, from settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pydantic import SecretStr

from harness.clock import Clock
from harness.dialects.base import Dialect
from harness.dialects.mediation import make_subscription
from harness.dialects.mediation_addresses import Addresses, resolve
from harness.errors import ConfigError
from harness.grounding import Checker
from harness.metrics.latency import LatencyBook
from harness.pii import Redactor
from harness.pipeline.policy import PipelinePolicy
from harness.session.detectors import redactor_of
from harness.settings import Settings

__all__ = [
    "NO_CREDENTIALS",
    "Credentials",
    "StageTimer",
    "Tools",
    "addresses_for",
    "addresses_of",
    "credentials_of",
    "policy_for",
    "policy_of",
    "tool_name",
]


@dataclass(frozen=True, slots=True)
class Credentials:
    """An OAuth client."""

    client_id: str
    client_secret: SecretStr


NO_CREDENTIALS = Credentials("", SecretStr(""))
"""For services that ask for none."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What is costly to make and shared by all sessions of a run."""

    redactor: Redactor
    checker: Checker

    @staticmethod
    def default() -> Tools:
        """The built-in rules and checker."""
        return Tools(Redactor(), Checker())

    @staticmethod
    def of(settings: Settings) -> Tools:
        """The rules the settings name, merged with the built-in ones, and the detectors they name beside them.

        Raises:
            ConfigError: a rule file is refused, or a detector is not to be had.
        """
        return Tools(redactor_of(settings.rules, settings.detectors), Checker())


def addresses_of(settings: Settings) -> Addresses:
    """The service's addresses.

    Raises:
        ConfigError: one of them is not allowed.
    """
    return resolve(
        settings.environment,
        token_url=settings.token_url,
        gateway_url=settings.gateway_url,
        stream_url=settings.stream_url,
        endpoint=settings.endpoint,
        allow_cross_host=settings.allow_cross_host,
    )


def addresses_for(settings: Settings, dialect: Dialect) -> Addresses:
    """The addresses of a service of ``dialect``: where it has no tokens, its stream is all there is.

    ``endpoint`` may then be the stream's own address, and no region is asked for: no tenant's token is sent.

    Raises:
        ConfigError: an address is not allowed.
    """
    if dialect.needs_token:
        return addresses_of(settings)
    url = settings.stream_url or settings.endpoint or ""
    if url.startswith("http"):
        return addresses_of(settings.model_copy(update={"allow_cross_host": True}))
    if not url:
        raise ConfigError("--endpoint", None, "the address of the stream, such as wss://host/path")
    found = resolve(settings.environment, stream_url=url, allow_cross_host=True)
    return Addresses(token_url="", gateway_url="", stream_url=found.stream_url)


def credentials_of(settings: Settings) -> Credentials:
    """The OAuth client.

    Raises:
        ConfigError: it is not set.
    """
    fix = "set GENESYS_CLIENT_ID and GENESYS_CLIENT_SECRET in the environment, or pass --env-file .env"
    if not settings.client_id:
        raise ConfigError("GENESYS_CLIENT_ID", None, "the id of an OAuth client", fix=fix)
    if settings.client_secret is None or not settings.client_secret.get_secret_value():
        raise ConfigError("GENESYS_CLIENT_SECRET", None, "the secret of that OAuth client", fix=fix)
    return Credentials(settings.client_id, settings.client_secret)


def policy_of(settings: Settings) -> PipelinePolicy:
    """The pipeline's choices.

    Raises:
        ConfigError: a field of the subscription is out of its bounds.
    """
    return PipelinePolicy(
        subscription=make_subscription(settings.subscription),
        fatal_lengths=settings.fatal_lengths,
        retain_tokens=settings.retain_tokens,
        gateway_validation=settings.gateway_validation,
        generate=settings.generate,
    )


def policy_for(policy: PipelinePolicy, dialect: Dialect) -> PipelinePolicy:
    """``policy`` without what only a service with a gateway can do."""
    return policy if dialect.needs_token else replace(policy, generate="never", gateway_validation=False)


class StageTimer:
    """Measures the stages of a pipeline; pass :meth:`mark` as its ``on_stage``.

    Args:
        book: where durations go.
        clock: a real clock; a simulated one would measure nothing.
    """

    def __init__(self, book: LatencyBook, clock: Clock) -> None:
        self._book = book
        self._now: Callable[[], int] = clock.monotonic_ns
        self._last_ns = clock.monotonic_ns()

    def mark(self, stage: str) -> None:
        """``stage`` is done ("" = a message came in)."""
        now_ns = self._now()
        if stage:
            self._book.record(stage, now_ns - self._last_ns)
        self._last_ns = now_ns


def tool_name(version: str) -> str:
    """How the harness calls itself in recordings and reports."""
    return f"mediation-harness/{version}"
