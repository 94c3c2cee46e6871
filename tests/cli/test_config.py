"""``harness config``: values, origins, and a reference that keeps step with the model."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.config import command, reference
from harness.settings import Settings

SECRET = "s3cr3t-of-the-client"


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder, and no settings in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("HARNESS_", "GENESYS_")):
            monkeypatch.delenv(name)


def shown(*args: str) -> str:
    done = CliRunner().invoke(command, ["show", *args])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_values_and_origins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Flag, variable, file and default, as JSON and as lines."""
    monkeypatch.setenv("HARNESS_DRAIN_S", "3")
    Path("harness.toml").write_text('retain_tokens = 2\nrules = ["a.toml"]\nkey_file = "my.key"\n')
    found = json.loads(shown("--json", "--endpoint", "http://127.0.0.1:9"))
    assert list(found) == list(Settings.model_fields)
    assert found["endpoint"] == {"value": "http://127.0.0.1:9", "origin": "flag"}
    assert found["drain_s"] == {"value": 3.0, "origin": "HARNESS_DRAIN_S"}
    assert found["retain_tokens"] == {"value": 2, "origin": "harness.toml"}
    assert found["rules"]["value"] == ["a.toml"]
    assert found["key_file"]["value"] == "my.key"
    assert found["durability"] == {"value": "process", "origin": "default"}
    lines = shown("--origin").splitlines()
    assert any(line.split() == ["drain_s", "3.0", "HARNESS_DRAIN_S"] for line in lines)
    assert not any("HARNESS" in line for line in shown().splitlines())


def test_secrets_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are one by type, and those that stand in an address."""
    monkeypatch.setenv("GENESYS_CLIENT_SECRET", SECRET)
    monkeypatch.setenv("HARNESS_WEBHOOK_URL", f"https://me:{SECRET}@hooks.test/a?access_token={SECRET}&x=1")
    text = shown("--json")
    assert SECRET not in text
    found = json.loads(text)
    assert found["client_secret"] == {"value": "********", "origin": "GENESYS_CLIENT_SECRET"}
    assert found["webhook_url"]["value"] == "https://********@hooks.test/a?access_token=********&x=1"


def test_an_env_file_is_read_when_it_is_given() -> None:
    """And named as the origin."""
    Path("my.env").write_text("HARNESS_DRAIN_S=4\n")
    assert json.loads(shown("--json"))["drain_s"]["origin"] == "default"
    found = json.loads(shown("--json", "--env-file", "my.env"))
    assert found["drain_s"] == {"value": 4.0, "origin": "HARNESS_DRAIN_S in my.env"}


def test_the_reference_is_in_step(root: Path) -> None:
    """harness/SETTINGS.md is what ``harness config reference`` prints."""
    done = CliRunner().invoke(command, ["reference"])
    assert done.stdout == reference() == (root / "harness" / "SETTINGS.md").read_text(encoding="utf-8")
    for name in Settings.model_fields:
        assert f"| `{name}` |" in done.stdout
