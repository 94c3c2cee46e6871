"""A model that the user supplies, run by onnxruntime: an exported natural-language-inference or grounding classifier.

1. The folder holds ``model.onnx``, ``tokenizer.json`` and, optionally, ``judge.json``: ``{"name", "version",
   "supported": index of the class that means supported (default 1), "max_tokens": 512}``.
2. A conversation longer than the model reads is cut into pieces of whole turns; the best piece counts.
3. onnxruntime, numpy and tokenizers are imported when a judge is made; where one is missing the error says so.
"""

from __future__ import annotations

import importlib
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.errors import ConfigError
from harness.grounding.judge import Pair

__all__ = ["OnnxJudge"]

_CHARS_A_TOKEN = 3


def _needed(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ConfigError("judge", f"onnx, without {name}", "pip install 'mediation-harness[onnx]'") from None


class OnnxJudge:
    """Runs the model in ``folder``.

    Raises:
        ConfigError: a package or a file is missing.
    """

    deterministic = True
    cost = 0.0

    def __init__(self, folder: Path) -> None:
        runtime, tokenizers, self._numpy = _needed("onnxruntime"), _needed("tokenizers"), _needed("numpy")
        for file in ("model.onnx", "tokenizer.json"):
            if not (folder / file).is_file():
                raise ConfigError("judge", f"a folder without {file}", "a folder with model.onnx and tokenizer.json")
        about = folder / "judge.json"
        facts = json.loads(about.read_text(encoding="utf-8")) if about.is_file() else {}
        self.name = str(facts.get("name", "onnx"))
        self.version = str(facts.get("version", (folder / "model.onnx").stat().st_size))
        self._supported = int(facts.get("supported", 1))
        self._max_tokens = int(facts.get("max_tokens", 512))
        self._session = runtime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
        self._inputs = [node.name for node in self._session.get_inputs()]
        self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(self._max_tokens)

    def score(self, pairs: Sequence[Pair]) -> list[float]:
        """Support of each pair."""
        return [max(self._one(piece, claim) for piece in self._pieces(turns)) for turns, claim in pairs]

    def _pieces(self, turns: Sequence[str]) -> Iterator[str]:
        room = self._max_tokens * _CHARS_A_TOKEN
        kept: list[str] = []
        for turn in turns:
            if kept and sum(map(len, kept)) + len(turn) > room:
                yield "\n".join(kept)
                kept = kept[-2:]
            kept.append(turn)
        yield "\n".join(kept)

    def _one(self, piece: str, claim: str) -> float:
        encoded = self._tokenizer.encode(piece, claim)
        given = {
            "input_ids": encoded.ids,
            "attention_mask": encoded.attention_mask,
            "token_type_ids": encoded.type_ids,
        }
        feed = {name: self._numpy.array([given[name]], dtype="int64") for name in self._inputs if name in given}
        logits = [float(value) for value in self._session.run(None, feed)[0][0]]
        if len(logits) == 1:
            return 1 / (1 + math.exp(-logits[0]))
        top = max(logits)
        powers = [math.exp(value - top) for value in logits]
        return powers[self._supported] / sum(powers)
