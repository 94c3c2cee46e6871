"""The package exports on purpose, and late."""

from __future__ import annotations

import subprocess
import sys

import pytest

import harness.scenario


def test_all_names_are_there() -> None:
    """Every exported name can be had."""
    for name in harness.scenario.__all__:
        assert getattr(harness.scenario, name) is not None


def test_other_names_are_not() -> None:
    """A name that is not exported is an AttributeError."""
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = harness.scenario.nothing


def test_importing_it_loads_nothing_heavy() -> None:
    """pydantic and yaml wait until something is composed."""
    code = "import sys, harness.scenario; print({'pydantic', 'yaml'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"
