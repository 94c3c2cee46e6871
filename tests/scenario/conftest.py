"""Scenarios and readers that the tests of this folder share, as fixtures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.recording.entry import AnyEntry, WsMessage
from harness.scenario.compose import Composed, compose
from harness.scenario.model import Scenario, load_scenario

HEAD = "title: A try\nline: telco\ndate: 2026-03-14\n"


@pytest.fixture
def scenario(tmp_path: Path) -> Callable[..., Scenario]:
    """Call it with the steps as YAML flow mappings, one a line, and extra header lines."""

    def make(script: str, head: str = "", name: str = "telco-try") -> Scenario:
        path = tmp_path / f"{name}.yaml"
        steps = "".join(f"  - {line.strip()}\n" for line in script.strip().splitlines())
        path.write_text(f"{HEAD}{head}script:\n{steps}", encoding="utf-8")
        return load_scenario(path)

    return make


@pytest.fixture
def played(scenario: Callable[..., Scenario]) -> Callable[..., Composed]:
    """As ``scenario``, composed with seed 7."""

    def play(script: str, head: str = "", name: str = "telco-try") -> Composed:
        return compose(scenario(script, head, name), seed=7)

    return play


@pytest.fixture
def inbound() -> Callable[[Composed], list[dict[str, Any]]]:
    """The decoded JSON messages of the service; what is no JSON object is left out."""

    def decode(composed: Composed) -> list[dict[str, Any]]:
        found = []
        for entry in composed.entries:
            if isinstance(entry, WsMessage) and entry.dir == "in" and entry.text is not None:
                try:
                    value = json.loads(entry.text)
                except ValueError:
                    continue
                if isinstance(value, dict):
                    found.append(value)
        return found

    return decode


@pytest.fixture
def outbound() -> Callable[[Composed], list[dict[str, Any]]]:
    """The decoded messages of the client."""

    def decode(composed: Composed) -> list[dict[str, Any]]:
        return [
            json.loads(entry.text or "")
            for entry in composed.entries
            if isinstance(entry, WsMessage) and entry.dir == "out"
        ]

    return decode


@pytest.fixture
def of_kind() -> Callable[..., list[Any]]:
    """Entries of one class."""

    def pick(composed: Composed, kind: type[AnyEntry]) -> list[Any]:
        return [entry for entry in composed.entries if isinstance(entry, kind)]

    return pick
