"""Every setting of the harness, its type, default and origin.

1. Precedence: command line > environment ``HARNESS_*`` > ``harness.toml`` > ``[tool.harness]`` in pyproject.toml >
   default.
2. Credentials come from ``GENESYS_CLIENT_ID`` and ``GENESYS_CLIENT_SECRET``; ``.env`` is read only when asked for.
3. Secrets are ``SecretStr``; no error shows a secret's value.
4. A key of ``harness.toml`` or ``[tool.harness]`` that is no setting is an error that names the nearest one.
5. A list of files or names may be one text: a JSON list, or names separated by commas.
6. :func:`origins` says where each value comes from, asked of the same sources in the same order.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    PyprojectTomlConfigSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from harness.errors import ConfigError

__all__ = ["DEFAULT", "Settings", "load_settings", "origins", "variable_of"]

DEFAULT = "default"
"""Origin of a value nobody has set."""

_SECRET = ("client_secret", "GENESYS_CLIENT_SECRET", "webhook_token", "judge_key")
_CODE = r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$"


def _listed(value: Any) -> Any:
    """Rule 5."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError("a JSON list, or names separated by commas") from None
    return [name for one in value.split(",") if (name := one.strip())]


class Settings(BaseSettings):
    """What a session runs under."""

    model_config = SettingsConfigDict(
        env_prefix="HARNESS_",
        env_nested_delimiter="__",
        toml_file="harness.toml",
        pyproject_toml_table_header=("tool", "harness"),
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    environment: str = Field(default="mypurecloud.com", description="Region domain of the service.")
    endpoint: str | None = Field(default=None, description="Overrides all three addresses at once.")
    token_url: str | None = Field(default=None, description="Overrides the OAuth token address.")
    gateway_url: str | None = Field(default=None, description="Overrides the AI gateway's address.")
    stream_url: str | None = Field(default=None, description="Overrides the stream's address.")
    allow_cross_host: bool = Field(default=False, description="Let addresses leave the region of `environment`.")
    client_id: str | None = Field(
        default=None,
        validation_alias="GENESYS_CLIENT_ID",
        description="OAuth client id.",
    )
    client_secret: SecretStr | None = Field(
        default=None,
        validation_alias="GENESYS_CLIENT_SECRET",
        description="OAuth client secret.",
    )
    subscription: dict[str, Any] = Field(
        default_factory=dict, description="Fields of the subscription: summary_matrix, extraction_directives."
    )
    fatal_lengths: tuple[Literal["below_min_tokens", "above_max_tokens", "compression_ratio"], ...] = Field(
        default=(), description="Length reasons that reject a summary instead of being noted."
    )
    retain_tokens: int = Field(default=512, ge=0, le=4096, description="Tokens kept at a context-window update.")
    gateway_validation: bool = Field(default=True, description="Have the gateway validate accepted summaries.")
    generate: Literal["end", "never"] | Annotated[int, Field(ge=1)] = Field(
        default="end",
        description="When to ask the gateway for a summary the stream does not bring: end, never, or N customer turns.",
    )
    judges: dict[Annotated[str, Field(pattern=_CODE)], str] = Field(
        default_factory=dict,
        description="Judges asked about accepted summaries: a name each, and onnx:FOLDER, http:URL#MODEL or an entry point.",
    )
    judge_key: SecretStr | None = Field(default=None, description="Bearer token of http judges.")
    judge_answers: Path = Field(
        default=Path("judge-answers.jsonl"), description="Where judges' answers are kept; a replay plays them back."
    )
    gap_timeout_s: float = Field(default=5.0, gt=0, le=3600, description="How long a hole in the order is waited for.")
    connect_timeout_s: float = Field(default=10.0, gt=0, le=600, description="Limit for one dial or request.")
    reconnect_attempts: int = Field(default=30, ge=0, le=1000, description="Dials in a row before giving up.")
    reconnect_s: float = Field(default=900.0, ge=0, le=86400, description="How long the service may be away.")
    ping_interval_s: float = Field(default=20.0, ge=0, le=3600, description="Between our pings; 0 = none.")
    ping_timeout_s: float = Field(default=20.0, gt=0, le=3600, description="For a sign of life after a ping.")
    heartbeat_timeout_s: float = Field(
        default=75.0, ge=0, le=3600, description="For any message of a service that has heartbeats; 0 = no watch."
    )
    max_message_bytes: int = Field(
        default=16 << 20, ge=64 << 10, le=256 << 20, description="A larger message ends the connection with 1009."
    )
    queue_messages: int = Field(default=1024, ge=1, le=1_000_000, description="Messages that may wait to be judged.")
    queue_policy: Literal["block", "drop"] = Field(
        default="block",
        description="When they do: hold the service back, or drop what comes, each with its audit record and a gap.",
    )
    subscriptions_per_s: float = Field(default=10.0, ge=0, le=10_000, description="Our own rate limit; 0 = none.")
    requests_per_s: float = Field(
        default=10.0, ge=0, le=10_000, description="Our own rate limit of REST calls; 0 = none."
    )
    request_s: float = Field(default=120.0, gt=0, le=3600, description="How long one REST call may be tried again.")
    durability: Literal["process", "group", "always"] = Field(
        default="process",
        description="When a recorded entry counts as written: by the system, in batches, on the disk.",
    )
    webhook_url: str | None = Field(default=None, description="POST every delivered summary to this address too.")
    webhook_token: SecretStr | None = Field(default=None, description="Bearer token of the webhook.")
    drain_s: float = Field(default=5.0, ge=0, le=300, description="How long a run may go on delivering at its end.")
    key_file: Path | None = Field(default=None, description="Key of surrogates and audit hashes.")
    rules: Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_listed)] = Field(
        default=(), description="Rule files of your own, merged with the built-in ones."
    )
    detectors: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)] = Field(
        default=(), description="Detectors beside our own: presidio, or an entry point of the group harness.detectors."
    )
    reports_dir: Path = Field(default=Path("reports"), description="Where runs write their reports.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Rule 1, as code."""
        return (
            init_settings,
            env_settings,
            dotenv_settings,
            TomlConfigSettingsSource(settings_cls),
            PyprojectTomlConfigSettingsSource(settings_cls),
        )


def load_settings(*, dotenv: Path | None = None, **overrides: Any) -> Settings:
    """The settings in force; ``overrides`` that are None count as not given.

    Raises:
        ConfigError: the first setting out of bounds, by name; never with a secret's value; or an unknown key (rule 4).
    """
    _refuse_unknown()
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(_env_file=dotenv, **given)
    except ValidationError as error:
        raise _refused(error) from None
    except SettingsError as error:  # names the field and the source, not the value
        raise ConfigError("settings", str(error), "JSON where a list or table is wanted") from None
    except ValueError as error:
        raise _unreadable(error) from None


def origins(*, dotenv: Path | None = None, **overrides: Any) -> dict[str, str]:
    """Setting -> where its value comes from, the strongest source first; a table may have more than one.

    ``flag``, ``HARNESS_X``, ``HARNESS_X in FILE``, ``harness.toml``, ``pyproject.toml``, ``default``.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    sources: list[tuple[str, Mapping[str, Any]]] = [("flag", given), ("", EnvSettingsSource(Settings)())]
    if dotenv is not None:
        sources.append((f" in {dotenv.name}", DotEnvSettingsSource(Settings, env_file=dotenv)()))
    sources += _files()
    return {name: " + ".join(_origins_of(name, sources)) or DEFAULT for name in Settings.model_fields}


def _origins_of(name: str, sources: list[tuple[str, Mapping[str, Any]]]) -> Iterator[str]:
    variable = variable_of(name)
    several = isinstance(Settings.model_fields[name].get_default(call_default_factory=True), dict)
    for label, values in sources:
        if name not in values and variable not in values:
            continue
        yield variable + label if label == "" or label.startswith(" in ") else label
        if not several:
            return


def variable_of(name: str) -> str:
    """The variable of the environment that sets ``name``."""
    alias = Settings.model_fields[name].validation_alias
    return alias if isinstance(alias, str) else f"HARNESS_{name.upper()}"


def _files() -> list[tuple[str, Mapping[str, Any]]]:
    """What the two files say, the stronger first."""
    try:
        own = TomlConfigSettingsSource(Settings).toml_data
        shared = PyprojectTomlConfigSettingsSource(Settings).toml_data
    except ValueError as error:
        raise _unreadable(error) from None
    return [("harness.toml", own), ("pyproject.toml", shared)]


def _refuse_unknown() -> None:
    """Rule 4; the value is not shown, for it may be a secret under a wrong name."""
    aliases = (field.validation_alias for field in Settings.model_fields.values())
    known = {*Settings.model_fields, *(alias for alias in aliases if isinstance(alias, str))}
    for file, values in _files():
        for key in values:
            if key not in known:
                near = difflib.get_close_matches(key, sorted(known), n=1, cutoff=0.4)
                fix = f"did you mean {near[0]}?" if near else "harness config show lists the settings"
                raise ConfigError(f"{file}: {key[:80]}", "…", "a setting", fix=fix)


def _unreadable(error: ValueError) -> ConfigError:
    return ConfigError("harness.toml or pyproject.toml", type(error).__name__, "readable TOML")


def _refused(error: ValidationError) -> ConfigError:
    """The first setting that is out of bounds, with every form it could have."""
    found = error.errors(include_url=False, include_context=False)
    name = found[0]["loc"][0]
    allowed = dict.fromkeys(fault["msg"].removeprefix("Input should be ") for fault in found if fault["loc"][0] == name)
    shown = "…" if name in _SECRET else found[0]["input"]
    return ConfigError(str(name), shown, " or ".join(allowed))
