"""From a setting to a judge."""

import importlib.metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.clock import SystemClock
from harness.errors import ConfigError
from harness.judges import FakeJudge, HttpJudge, load_judge


def test_http() -> None:
    """Address and model are parted by the last hash sign."""
    judge = load_judge("http:https://judge.invalid/v1#small", clock=SystemClock())
    assert isinstance(judge, HttpJudge)
    assert judge.version == "small"


def test_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed judge is called without arguments."""
    entry = SimpleNamespace(load=lambda: FakeJudge)
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group, name: [entry] if name == "mine" else [])
    assert load_judge("mine", clock=SystemClock()).name == "fake"


@pytest.mark.parametrize("setting", ["", "mine", "http:https://judge.invalid", "onnx:"])
def test_unknown(setting: str) -> None:
    """The way out is named."""
    with pytest.raises(ConfigError, match="entry point"):
        load_judge(setting, clock=SystemClock())


def test_onnx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder is handed on."""
    monkeypatch.setattr("harness.judges.load.OnnxJudge", lambda folder: SimpleNamespace(name=folder.name))
    assert load_judge(f"onnx:{tmp_path}", clock=SystemClock()).name == tmp_path.name
