"""The small calibrated model: a sum of integers and one logistic curve.

1. A model is JSON: ``version``, ``digest`` of the data it was fitted on, ``examples``, and ``coefficients`` in 1/1000
   logit per 1000 of a figure (see ``features.py``); "" is the intercept.
2. A verdict rests on the integer logit alone; the score is the curve's value, rounded to 1e-6.
3. Figures that the model does not know weigh nothing; coefficients of figures that no longer exist do no harm.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from harness.errors import ConfigError
from harness.grounding.fit import fit

__all__ = ["Model", "data_digest", "default_model", "fitted", "load_model", "score_of"]

VERSION = 1
_LIMIT = 9_000
_WAY_OUT = "a model written by `harness ground --fit`"


@dataclass(frozen=True, slots=True)
class Model:
    """Coefficients and where they are from."""

    coefficients: Mapping[str, int]
    digest: str
    examples: int

    def logit(self, figures: Mapping[str, int]) -> int:
        """1/1000 logit that a claim is grounded."""
        known = self.coefficients
        return known.get("", 0) + sum(known[name] * value for name, value in figures.items() if name in known) // 1000

    def dump(self) -> str:
        """The model as JSON text, the same for the same model."""
        value = {
            "version": VERSION,
            "digest": self.digest,
            "examples": self.examples,
            "coefficients": dict(sorted(self.coefficients.items())),
        }
        return json.dumps(value, indent=1) + "\n"


def score_of(logit: int) -> float:
    """The probability behind a logit, rounded to 1e-6."""
    held = max(-_LIMIT, min(_LIMIT, logit))
    return round(1 / (1 + math.exp(-held / 1000)), 6)


def data_digest(cases: Sequence[Mapping[str, Any]]) -> str:
    """``sha256:…`` over labelled cases."""
    lines = (json.dumps(case, sort_keys=True, ensure_ascii=True) for case in cases)
    return "sha256:" + hashlib.sha256("\n".join(lines).encode()).hexdigest()


def fitted(cases: Sequence[Mapping[str, Any]], examples: Sequence[tuple[Mapping[str, int], bool]]) -> Model:
    """A model of ``examples`` (figures, grounded), which were read from ``cases``."""
    return Model(fit(examples), data_digest(cases), len(examples))


def load_model(path: Path | str) -> Model:
    """The model in a file.

    Raises:
        ConfigError: it is not there or not a model.
    """
    try:
        return parse(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError("model", type(error).__name__, _WAY_OUT) from None


def parse(text: str) -> Model:
    """A model from JSON text."""
    value = json.loads(text)
    coefficients = {str(name): int(number) for name, number in value["coefficients"].items()}
    if value["version"] != VERSION:
        raise ValueError("another version")
    return Model(coefficients, str(value["digest"]), int(value["examples"]))


@lru_cache(maxsize=1)
def default_model() -> Model:
    """The model that ships; ``make fit`` makes it anew."""
    return parse((files("harness.grounding") / "data" / "en" / "model.json").read_text(encoding="utf-8"))
