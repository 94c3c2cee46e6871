"""Where a setting comes from, and what is never shown of it."""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ConfigError
from harness.settings import Settings, load_settings, origins

SECRET = "s3cr3t-of-the-client"


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder, and no settings in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("HARNESS_", "GENESYS_")):
            monkeypatch.delenv(name)


def test_defaults() -> None:
    """Without anything set."""
    settings = load_settings()
    assert settings.environment == "mypurecloud.com"
    assert settings.client_secret is None
    assert (settings.generate, settings.fatal_lengths, settings.gateway_validation) == ("end", (), True)


def test_every_source_beats_the_one_below_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Command line, environment, harness.toml, pyproject.toml, default."""
    seen = [load_settings().retain_tokens]
    (tmp_path / "pyproject.toml").write_text("[tool.harness]\nretain_tokens = 1\ngap_timeout_s = 9.5\n")
    seen.append(load_settings().retain_tokens)
    (tmp_path / "harness.toml").write_text("retain_tokens = 2\n")
    seen.append(load_settings().retain_tokens)
    monkeypatch.setenv("HARNESS_RETAIN_TOKENS", "3")
    seen.append(load_settings().retain_tokens)
    seen.append(load_settings(retain_tokens=4).retain_tokens)
    assert seen == [512, 1, 2, 3, 4]
    assert load_settings(retain_tokens=None).retain_tokens == 3
    assert load_settings().gap_timeout_s == 9.5


def test_nested_and_listed_values_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables by a double underscore, lists as JSON, unions by what fits."""
    monkeypatch.setenv("HARNESS_SUBSCRIPTION__SUMMARY_MATRIX__MIN_TOKENS", "60")
    monkeypatch.setenv("HARNESS_FATAL_LENGTHS", '["below_min_tokens"]')
    monkeypatch.setenv("HARNESS_GENERATE", "3")
    settings = load_settings()
    assert settings.subscription == {"summary_matrix": {"min_tokens": 60}}
    assert (settings.fatal_lengths, settings.generate) == (("below_min_tokens",), 3)


def test_credentials_come_from_their_own_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """CLIENT_SECRET alone belongs to some other program."""
    monkeypatch.setenv("CLIENT_ID", "other")
    monkeypatch.setenv("CLIENT_SECRET", "other")
    assert (load_settings().client_id, load_settings().client_secret) == (None, None)
    monkeypatch.setenv("GENESYS_CLIENT_ID", "id-1")
    monkeypatch.setenv("GENESYS_CLIENT_SECRET", SECRET)
    settings = load_settings()
    assert settings.client_id == "id-1"
    assert settings.client_secret is not None
    assert settings.client_secret.get_secret_value() == SECRET
    assert load_settings(client_id="id-2").client_id == "id-2"


def test_a_dotenv_file_is_read_only_when_asked_for(tmp_path: Path) -> None:
    """Never by itself."""
    (tmp_path / ".env").write_text(f"GENESYS_CLIENT_ID=id-1\nGENESYS_CLIENT_SECRET={SECRET}\n")
    assert load_settings().client_id is None
    assert load_settings(dotenv=tmp_path / ".env").client_id == "id-1"


@pytest.mark.parametrize(
    "given, name, value",
    [
        ({"retain_tokens": -1}, "retain_tokens", -1),
        ({"generate": 0}, "generate", 0),
        ({"generate": "sometimes"}, "generate", "sometimes"),
        ({"fatal_lengths": ("too_long",)}, "fatal_lengths", "too_long"),
        ({"gap_timeout_s": "soon"}, "gap_timeout_s", "soon"),
    ],
)
def test_a_setting_out_of_bounds_is_named(given: dict[str, Any], name: str, value: object) -> None:
    """With its value and what would do."""
    with pytest.raises(ConfigError) as caught:
        load_settings(**given)
    assert (caught.value.name, caught.value.value) == (name, value)
    assert caught.value.allowed


def test_every_form_of_a_setting_is_told() -> None:
    """A choice of words or a number."""
    with pytest.raises(ConfigError) as caught:
        load_settings(generate=0)
    assert caught.value.allowed == "'end' or 'never' or greater than or equal to 1"


def test_a_secret_is_never_shown() -> None:
    """Neither by a setting nor by the error about one."""
    settings = load_settings(client_secret=SECRET)
    assert SECRET not in repr(settings) + str(settings) + settings.model_dump_json()
    with pytest.raises(ConfigError) as caught:
        load_settings(client_secret=[SECRET])
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert caught.value.value == "…"


@pytest.mark.parametrize("file", ["harness.toml", "pyproject.toml"])
def test_a_broken_file_is_told_without_its_text(tmp_path: Path, file: str) -> None:
    """It may hold a secret."""
    (tmp_path / file).write_text(f'client_secret = "{SECRET}\n')
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert file in caught.value.name
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_broken_list_in_the_environment_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not by its value."""
    monkeypatch.setenv("HARNESS_FATAL_LENGTHS", SECRET)
    with pytest.raises(ConfigError, match="fatal_lengths") as caught:
        load_settings()
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_every_setting_says_what_it_is() -> None:
    """Its description is what help shows."""
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("file, table", [("harness.toml", ""), ("pyproject.toml", "[tool.harness]\n")])
def test_an_unknown_key_is_an_error_that_names_the_nearest(tmp_path: Path, file: str, table: str) -> None:
    """And never its value."""
    (tmp_path / file).write_text(f'{table}retain_tokns = "{SECRET}"\n')
    with pytest.raises(ConfigError, match="did you mean retain_tokens") as caught:
        load_settings()
    assert caught.value.name == f"{file}: retain_tokns"
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_key_like_none_is_refused_too(tmp_path: Path) -> None:
    """With where to look."""
    (tmp_path / "harness.toml").write_text("zzzz = 1\n")
    with pytest.raises(ConfigError, match="config show"):
        load_settings()


def test_credentials_may_stand_in_a_file_under_either_name(tmp_path: Path) -> None:
    """As the setting or as the variable is called."""
    (tmp_path / "harness.toml").write_text('client_id = "a"\nGENESYS_CLIENT_SECRET = "b"\n')
    assert load_settings().client_id == "a"
    assert origins()["client_secret"] == "harness.toml"


def test_every_value_knows_its_origin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The strongest source is named; a table names all that fill it."""
    (tmp_path / "pyproject.toml").write_text("[tool.harness]\nretain_tokens = 1\ngap_timeout_s = 9.5\n")
    (tmp_path / "harness.toml").write_text(
        "retain_tokens = 2\ndrain_s = 1\n[subscription.summary_matrix]\nmin_tokens = 60\n"
    )
    (tmp_path / "my.env").write_text("GENESYS_CLIENT_ID=id-1\n")
    monkeypatch.setenv("HARNESS_DRAIN_S", "3")
    monkeypatch.setenv("HARNESS_SUBSCRIPTION__SUMMARY_MATRIX__MAX_TOKENS", "600")
    found = origins(dotenv=tmp_path / "my.env", environment="mypurecloud.de", endpoint=None)
    said = {name: origin for name, origin in found.items() if origin != "default"}
    assert said == {
        "environment": "flag",
        "drain_s": "HARNESS_DRAIN_S",
        "client_id": "GENESYS_CLIENT_ID in my.env",
        "subscription": "HARNESS_SUBSCRIPTION + harness.toml",
        "retain_tokens": "harness.toml",
        "gap_timeout_s": "pyproject.toml",
    }


def test_origins_of_a_broken_file_are_refused(tmp_path: Path) -> None:
    """As its values are."""
    (tmp_path / "harness.toml").write_text("retain_tokens = \n")
    with pytest.raises(ConfigError):
        origins()


@pytest.mark.parametrize("text", ["one.toml, two.toml", '["one.toml", "two.toml"]'])
def test_a_list_of_files_may_be_one_text(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """In the environment rule files are a JSON list, or names separated by commas; a broken list is refused by name."""
    monkeypatch.setenv("HARNESS_RULES", text)
    monkeypatch.setenv("HARNESS_DETECTORS", "presidio")
    settings = load_settings()
    assert settings.rules == (Path("one.toml"), Path("two.toml"))
    assert settings.detectors == ("presidio",)
    monkeypatch.setenv("HARNESS_RULES", "[one")
    with pytest.raises(ConfigError, match="rules"):
        load_settings()
