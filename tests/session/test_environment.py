"""What a machine has and lacks."""

from __future__ import annotations

import importlib.metadata
import os
import re
import resource
import shutil
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.errors import ConfigError
from harness.session import environment
from harness.session.environment import CORE, EXTRAS, Check, examine_environment
from harness.settings import Settings


def bounds(lines: list[str]) -> dict[str, str]:
    found = {}
    for line in lines:
        name, least = re.fullmatch(r"([\w-]+)>=([\w.]+)(?:;.*)?", line.replace(" ", ""), re.DOTALL).groups()  # type: ignore[union-attr]
        found[name] = least
    return found


def test_the_tables_are_those_of_the_project(root: Path) -> None:
    """Every dependency and extra of pyproject.toml with its bound; ``dev`` is for builders, who have a Makefile."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert bounds(project["dependencies"]) == CORE
    extras = {name: bounds(lines) for name, lines in project["optional-dependencies"].items() if name != "dev"}
    assert extras == {name: dict(wanted) for name, (_, wanted) in EXTRAS.items()}


def named(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def test_this_machine(tmp_path: Path) -> None:
    """The core is whole where tests run; whatever is missing names the line that mends it."""
    checks = examine_environment(Settings(reports_dir=tmp_path / "not" / "yet"))
    assert {check.state for check in checks if check.area == "core"} == {"ok"}
    assert {check.area for check in checks} == {"core", "extra", "program", "system"}
    assert {*EXTRAS, "node", "chromium", "git", "files", "timerfd", "disk"} <= set(named(checks))
    assert all(bool(check.fix) == (check.state != "ok") for check in checks)


def test_what_is_not_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A dependency that is old breaks the core; an extra that is not there is missing, with the line for pip."""

    def version(name: str) -> str:
        if name == "scipy":
            raise importlib.metadata.PackageNotFoundError(name)
        return {"msgspec": "0.18.6rc1", "numpy": "1.30+local"}.get(name, "9999")

    monkeypatch.setattr(importlib.metadata, "version", version)
    found = named(examine_environment(Settings(reports_dir=tmp_path)))
    assert found["dependencies"].state == "broken"
    assert found["dependencies"].detail == "msgspec 0.18.6rc1 (at least 0.19)"
    assert found["oracle"].state == "missing"
    assert found["oracle"].detail.startswith("scipy: for ")
    assert found["oracle"].fix == "pip install 'mediation-harness[oracle]'"
    assert found["onnx"].state == "ok"


def test_a_machine_with_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No programs, few files, no timer, a full disk, no loopback: each is told; only loopback breaks the core."""

    async def no() -> bool:
        return False

    def refuse(*_: object) -> None:
        raise ConfigError("port", 0, "a port that can be opened")

    monkeypatch.delenv("HARNESS_CHROMIUM", raising=False)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 256))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1 << 20))
    monkeypatch.setattr(environment, "_has_timerfd", no)
    monkeypatch.setattr(environment, "listening_socket", refuse)
    checks = examine_environment(Settings(reports_dir=tmp_path))
    assert [check.name for check in checks if check.state == "broken"] == ["loopback"]
    found = named(checks)
    assert {found[name].state for name in ("node", "chromium", "git", "files", "timerfd", "disk")} == {"missing"}
    assert "little for reports" in found["disk"].detail
    assert found["files"].fix == "ulimit -n 8192"
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    found = named(examine_environment(Settings(reports_dir=tmp_path)))
    assert "cannot be written" in found["disk"].detail
    assert (found["files"].state, found["files"].detail) == ("ok", "any number of open files")


def test_rules_that_do_not_load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A rule file that is refused says so; anything else that goes wrong goes by its type, and means a new installation."""
    found = named(examine_environment(Settings(rules=(tmp_path / "absent.toml",), reports_dir=tmp_path)))
    assert found["rules"].state == "broken"
    assert "absent.toml" in found["rules"].detail

    class Broken:
        @staticmethod
        def of(_: Settings) -> None:
            raise ImportError("some words")

    monkeypatch.setattr(environment, "Tools", Broken)
    found = named(examine_environment(Settings(reports_dir=tmp_path)))
    assert found["rules"].detail == "ImportError"
    assert "--force-reinstall" in found["rules"].fix
