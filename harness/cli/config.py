"""``harness config``: the settings in force, where each comes from, and their reference."""

from __future__ import annotations

import json
import re
from typing import Any

import click
from pydantic import SecretStr

from harness.cli.common import shown
from harness.cli.live_options import given_options, live_options
from harness.settings import Settings, origins, variable_of

__all__ = ["command", "reference"]

_MASK = "********"
_USER = re.compile(r"(?<=//)[^/@\s]*@")
_SECRET_QUERY = re.compile(r"(?i)(?<=[?&])([^=&#]*(?:token|secret|key|password)[^=&#]*)=[^&#]*")
_HEAD = """# Settings

Every setting, as `harness config reference` prints it. A value comes from the first of: the command line (`--environment`,
`--endpoint`, `--key-file` and others, see `--help` of a verb), the environment, the file `.env` given with `--env-file`
(never read by itself), `harness.toml` in the working folder, `[tool.harness]` in its `pyproject.toml`, the default.
`harness config show --origin` tells which it was. In the two files the names are those of the first column; a name that is
no setting is an error. Lists and tables in the environment are JSON, members of a table also by two underscores:
`HARNESS_SUBSCRIPTION__SUMMARY_MATRIX__MIN_TOKENS=60`.

| setting | variable | what it may be | default | |
|---|---|---|---|---|
"""


@click.group()
def command() -> None:
    """Settings: what is in force, and why."""


@command.command("show")
@click.option("--origin", is_flag=True, help="Say where each value comes from.")
@click.option("--json", "as_json", is_flag=True, help="Print name, value and origin as JSON.")
@live_options
def show(settings: Settings, origin: bool, as_json: bool) -> None:
    """Show the settings a run from here would have; secrets are masked."""
    dotenv, given = given_options()
    found = origins(dotenv=dotenv, **given)
    values = {name: _plain(name, getattr(settings, name)) for name in Settings.model_fields}
    if as_json:
        click.echo(json.dumps({name: {"value": values[name], "origin": found[name]} for name in values}, indent=2))
        return
    for name, value in values.items():
        words = value if isinstance(value, str) else json.dumps(value)
        line = f"{name:22} {words}"
        click.echo(shown(f"{line:60} {found[name]}" if origin else line))


@command.command("reference")
def reference_() -> None:
    """Print the reference of all settings, as Markdown (harness/SETTINGS.md)."""
    click.echo(reference(), nl=False)


def _plain(name: str, value: Any) -> Any:
    """``value`` as JSON, without what is secret in it."""
    if isinstance(value, SecretStr):
        return _MASK
    if isinstance(value, str) and "://" in value:
        return _SECRET_QUERY.sub(rf"\1={_MASK}", _USER.sub(f"{_MASK}@", value))
    if isinstance(value, tuple):
        return [_plain(name, item) for item in value]
    return value if value is None or isinstance(value, str | int | float | dict) else str(value)


def reference() -> str:
    """The page, from the model."""
    schema = Settings.model_json_schema(by_alias=False)["properties"]
    lines = []
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True)
        words = json.dumps(_plain(name, default)).strip('"') if default not in (None, (), {}) else ""
        allowed = " or ".join(dict.fromkeys(_allowed(schema[name])))
        lines.append(f"| `{name}` | `{variable_of(name)}` | {allowed} | {words} | {field.description} |\n")
    return _HEAD + "".join(lines)


def _allowed(schema: dict[str, Any]) -> list[str]:
    """What a value may be, in words."""
    if "anyOf" in schema:
        return [words for part in schema["anyOf"] for words in _allowed(part)]
    if "enum" in schema:
        return [f"`{value}`" for value in schema["enum"]]
    if "const" in schema:
        return [f"`{schema['const']}`"]
    kind = schema.get("type", "")
    if schema.get("format") == "password":
        return ["secret"]
    if kind in ("integer", "number"):
        return [("a whole number" if kind == "integer" else "a number") + _bounds(schema)]
    if kind == "array":
        return ["a list of " + " or ".join(_allowed(schema["items"]))]
    named = {"boolean": "true or false", "object": "a table", "null": "", "string": "text"}
    return [words for words in [named.get(kind, kind)] if words]


def _bounds(schema: dict[str, Any]) -> str:
    low, high, above = schema.get("minimum"), schema.get("maximum"), schema.get("exclusiveMinimum")
    words = "" if low is None else f" from {low:g}"
    words += "" if above is None else f" above {above:g}"
    return words + ("" if high is None else f" to {high:g}")
