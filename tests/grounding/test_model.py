"""The small model."""

import json
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.grounding.model import Model, data_digest, default_model, load_model, score_of

MODEL = Model({"": 100, "near": -500}, "sha256:0", 3)


def test_a_logit_is_a_sum_of_integers() -> None:
    """Unknown figures weigh nothing."""
    assert MODEL.logit({"near": 1000, "other": 1000}) == -400
    assert Model({}, "", 0).logit({"near": 1000}) == 0


def test_scores() -> None:
    """The curve, rounded and held within bounds."""
    assert (score_of(0), score_of(1000), score_of(10**9), score_of(-(10**9))) == (0.5, 0.731059, 0.999877, 0.000123)


def test_a_model_reads_back(tmp_path: Path) -> None:
    """Dump and load are inverse."""
    path = tmp_path / "model.json"
    path.write_text(MODEL.dump())
    assert load_model(path) == MODEL


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 9, "digest": "", "examples": 0, "coefficients": {}}'])
def test_what_is_no_model_is_refused(tmp_path: Path, text: str) -> None:
    """Typed error with the way out."""
    path = tmp_path / "model.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match="--fit"):
        load_model(path)


def test_the_shipped_model_is_small_and_whole() -> None:
    """A few kB, with the digest of its data."""
    assert len(default_model().dump()) < 8000
    assert default_model().digest.startswith("sha256:")
    assert json.loads(default_model().dump())["examples"] > 2000


def test_the_digest_is_of_the_cases() -> None:
    """Key order does not count; content does."""
    assert data_digest([{"a": 1, "b": 2}]) == data_digest([{"b": 2, "a": 1}]) != data_digest([{"a": 1}])
