"""A user's model, with a stand-in for its runtime."""

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from harness.errors import ConfigError
from harness.judges import OnnxJudge


def fake_runtime(monkeypatch: pytest.MonkeyPatch, logits: list[float]) -> list[dict[str, Any]]:
    """Stand-ins for the three packages; returns what the model was fed."""
    fed: list[dict[str, Any]] = []

    def run(_: None, feed: dict[str, Any]) -> Any:
        fed.append(feed)
        return [[logits]]

    def encode(piece: str, claim: str) -> Any:
        return SimpleNamespace(ids=[len(piece), len(claim)], attention_mask=[1, 1], type_ids=[0, 1])

    session = SimpleNamespace(get_inputs=lambda: [SimpleNamespace(name="input_ids")], run=run)
    tokenizer = SimpleNamespace(enable_truncation=lambda _: None, encode=encode)
    modules: dict[str, dict[str, Any]] = {
        "onnxruntime": {"InferenceSession": lambda *_, **__: session},
        "tokenizers": {"Tokenizer": SimpleNamespace(from_file=lambda _: tokenizer)},
        "numpy": {"array": lambda value, dtype: value},
    }
    for name, members in modules.items():
        module = ModuleType(name)
        module.__dict__.update(members)
        monkeypatch.setitem(sys.modules, name, module)
    return fed


def folder(tmp_path: Path, **facts: Any) -> Path:
    """A folder as a user supplies it."""
    (tmp_path / "model.onnx").write_bytes(b"model")
    (tmp_path / "tokenizer.json").write_text("{}")
    if facts:
        (tmp_path / "judge.json").write_text(json.dumps(facts))
    return tmp_path


def test_two_classes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The share of the class that means supported; long conversations go in pieces, the best counts."""
    fed = fake_runtime(monkeypatch, [0.0, 0.0])
    judge = OnnxJudge(folder(tmp_path, name="nli", version="3", max_tokens=4))
    assert (judge.name, judge.version) == ("nli", "3")
    assert judge.score([(["Agent: one", "Customer: two", "Agent: three"], "claim")]) == [0.5]
    assert len(fed) == 3
    assert list(fed[0]) == ["input_ids"]


def test_one_logit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A single logit is a logistic score; without judge.json the size of the model is its version."""
    fake_runtime(monkeypatch, [0.0])
    judge = OnnxJudge(folder(tmp_path))
    assert (judge.name, judge.version, judge.score([([], "claim")])) == ("onnx", "5", [0.5])


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A package, then a file."""
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ConfigError, match="without onnxruntime"):
        OnnxJudge(tmp_path)
    fake_runtime(monkeypatch, [0.0])
    with pytest.raises(ConfigError, match=r"model\.onnx"):
        OnnxJudge(tmp_path)
