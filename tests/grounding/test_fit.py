"""Logistic regression in pure Python."""

import pytest

from harness.errors import ConfigError
from harness.grounding.fit import MIN_SEEN, fit


def test_it_finds_the_sign() -> None:
    """A figure that only the false have weighs against; a rare one is left out."""
    examples = [({"bad": 1000}, False)] * 20 + [({"good": 1000}, True)] * 20 + [({"rare": 1000}, True)] * (MIN_SEEN - 1)
    found = fit(examples)
    assert found["bad"] < 0 < found["good"]
    assert "rare" not in found


def test_labels_weigh_alike() -> None:
    """With nothing to tell them apart the intercept stays at even odds, however many there are of each."""
    assert fit([({}, True)] * 30 + [({}, False)] * 3) == {"": 0}


def test_one_label_is_not_enough() -> None:
    """There is nothing to learn."""
    with pytest.raises(ConfigError, match="both labels"):
        fit([({}, True)])
