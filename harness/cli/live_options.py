"""Options of the verbs that reach a live service, and the settings they make."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from harness.cli.common import verb
from harness.errors import ConfigError
from harness.settings import Settings, load_settings

__all__ = ["dialect_option", "given_options", "live_options", "settings_from"]

dialect_option = click.option(
    "--dialect",
    "dialect",
    metavar="NAME|FILE.toml",
    help="What the service speaks [default: mediation; of a replay: as recorded].",
)

_NAMES = ("subscription", "environment", "endpoint", "allow_cross_host", "key_file", "env_file")

_GIVEN = "harness.given"

_OPTIONS = (
    click.option("--environment", help="Region domain of the service [default: mypurecloud.com]."),
    click.option("--endpoint", metavar="URL", help="One address for token, gateway and stream (a replay, a proxy)."),
    click.option("--allow-cross-host", is_flag=True, help="Let an address lie outside the environment's domain."),
    click.option("--key-file", type=click.Path(path_type=Path), help="Key of surrogates and audit hashes."),
    click.option(
        "--subscription",
        metavar="JSON",
        help='What to ask for, as in a recorded subscribe message: {"summary_matrix": {"min_tokens": 50}}.',
    ),
    click.option("--env-file", type=click.Path(path_type=Path, exists=True), help="Read settings from this .env too."),
)


def live_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the function is given ``settings`` in their place."""

    @verb
    @functools.wraps(function)
    def wrapped(**kwargs: Any) -> Any:
        given = {name: kwargs.pop(name) for name in _NAMES}
        click.get_current_context().meta[_GIVEN] = dict(given)
        return function(settings=settings_from(given), **kwargs)

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


def settings_from(given: dict[str, Any]) -> Settings:
    """Settings with the command line's options on top; a flag that was not given changes nothing."""
    dotenv, chosen = _chosen(given)
    return load_settings(dotenv=dotenv, **chosen)


def given_options() -> tuple[Path | None, dict[str, Any]]:
    """The ``.env`` file and the settings that were given on the command line of the verb at hand."""
    return _chosen(click.get_current_context().meta[_GIVEN])


def _chosen(given: dict[str, Any]) -> tuple[Path | None, dict[str, Any]]:
    chosen = {name: value for name, value in given.items() if value not in (None, False)}
    dotenv = chosen.pop("env_file", None)
    if "subscription" in chosen:
        chosen["subscription"] = _object(chosen["subscription"])
    return dotenv, chosen


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ConfigError("--subscription", "…", "a JSON object")
    return value
